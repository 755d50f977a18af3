import { IncomingMessage } from 'node:http';
import { parseText } from './parseText';
import { RequestError } from './RequestError';
import { textOf } from './textOf';

/**
 * The whole body, in memory. Rejects with {@link RequestError} 413 as soon as
 * it is larger than the limit, and 415 where it is compressed.
 */
export function readBody(
  request: IncomingMessage,
  limitBytes: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const tooLarge = () =>
      new RequestError(
        413,
        `The body is larger than ${limitBytes} bytes.`,
        undefined,
        { connection: 'close' },
      );
    // An empty one says nothing.
    const coding = request.headers['content-encoding'] || 'identity';
    if (coding.toLowerCase() !== 'identity') {
      reject(
        new RequestError(
          415,
          'Bodies are taken as they are, not compressed: leave content-encoding out.',
          undefined,
          { connection: 'close' },
        ),
      );
      return;
    }
    if (Number(request.headers['content-length']) > limitBytes) {
      reject(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > limitBytes) {
        request.removeAllListeners('data');
        request.resume();
        reject(tooLarge());
        return;
      }
      chunks.push(chunk);
    });
    request.on('end', () =>
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)),
    );
    request.on('error', reject);
    request.on('aborted', () =>
      reject(new RequestError(400, 'The caller went away.')),
    );
  });
}

/** @throws RequestError 400 where the body is not JSON in UTF-8 */
export function parseJson(body: Buffer): unknown {
  const text = textOf(body);
  try {
    if (text !== undefined) return parseText(text);
  } catch {
    // Told as bytes that are no text are.
  }
  throw new RequestError(400, 'The body is not valid JSON.');
}
