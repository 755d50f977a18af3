import {
  IncomingMessage,
  OutgoingHttpHeaders,
  ServerResponse,
} from 'node:http';
import { Row, StreamEvent } from './flavors/Flavor';
import { RequestError } from './RequestError';

/** So often somebody on the way hears that the answer is still to come. */
const SIGN_OF_LIFE_MS = 10_000;
const EVENT_STREAM = 'text/event-stream';

/**
 * Whether a stream is wanted, by the header `accept` or by `stream` beside
 * `inputs`, and the body without that.
 *
 * @throws RequestError 400 where `stream` is neither true nor false
 */
export function readStreamWish(
  request: IncomingMessage,
  body: unknown,
): { isStream: boolean; body: unknown } {
  const isAccepted = request.headers.accept?.includes(EVENT_STREAM) ?? false;
  if (typeof body !== 'object' || body === null || !('stream' in body))
    return { isStream: isAccepted, body };
  const { stream, ...rest } = body;
  if (typeof stream !== 'boolean') {
    const message = 'must be true or false';
    throw new RequestError(400, `stream ${message}.`, [
      { path: 'stream', message },
    ]);
  }
  return { isStream: stream, body: rest };
}

/**
 * Answers with server-sent events: `delta` for each piece of text, `outputs`
 * at last, or `error`. The head goes out with the first of them, so that what
 * fails before has its own status.
 *
 * @throws what failed before the head went out, or when the caller had gone
 */
export async function answerStream(
  response: ServerResponse,
  events: AsyncIterable<StreamEvent>,
  options: {
    headers: OutgoingHttpHeaders;
    /** Data of the event `outputs`. */
    complete(outputs: Row): unknown;
    /** Status and data of the event `error`. */
    fail(error: unknown): { status: number; body: unknown };
  },
): Promise<void> {
  const write = (text: string) => {
    if (!response.headersSent)
      response.writeHead(200, {
        ...options.headers,
        'content-type': `${EVENT_STREAM}; charset=utf-8`,
        'cache-control': 'no-store',
      });
    return response.write(text);
  };
  const send = async (event: string, data: unknown) => {
    if (write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)) return;
    await drained(response);
  };
  const timer = setInterval(() => {
    if (!response.destroyed) write(': waiting\n\n');
  }, SIGN_OF_LIFE_MS);
  try {
    for await (const event of events) {
      if (response.destroyed) throw new Error('The caller is gone.');
      if ('delta' in event) await send('delta', { text: event.delta });
      else await send('outputs', options.complete(event.outputs));
    }
  } catch (error) {
    if (!response.headersSent || response.destroyed) throw error;
    const { status, body } = options.fail(error);
    // Sent is 200 already; this is what is counted.
    response.statusCode = status;
    await send('error', body);
  } finally {
    clearInterval(timer);
  }
  response.end();
}

/** A caller that reads slowly is waited for; one that is gone is not. */
async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
    if (response.destroyed) done();
  });
}
