import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import { version } from '../../package.json';
import { CliError } from '../errors/CliError';
import { describeNetworkError } from './describeNetworkError';
import { isRepeatable } from './isRepeatable';
import { Connection } from './resolveConnection';
import { sleep } from './sleep';
import { TransientError } from './TransientError';
import { proxyHint } from './useProxies';

/** Control calls answer within milliseconds; a large version's `complete` reads its files again. */
const ANSWER_TIMEOUT_MS = 300_000;
const RETRIED_STATUS = [429, 502, 503, 504];

/** @internal */
export interface PlatformFetchOptions {
  connection: Connection;
  /** The token of the CI job that this runs in; asked where the connection has none. */
  ciToken?: () => Promise<string | undefined>;
  signal: AbortSignal;
  /** Tries of a call that may be repeated. */
  attempts?: number;
}

/**
 * `fetch` as the CLI speaks to the platform: with the token, never following
 * a redirect with it, and with every failure as a {@link CliError}: what comes
 * back is an answer that succeeded, and that has arrived whole but for streams
 * of events. Calls that change nothing, or change the same thing however often
 * they are made, are tried again when the connection is cut.
 */
export function createPlatformFetch({
  connection,
  ciToken,
  signal,
  attempts = 4,
}: PlatformFetchOptions): typeof fetch {
  return async (input, init) => {
    const url = String(input instanceof Request ? input.url : input);
    const sendsStream = init?.body instanceof ReadableStream;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(url, init, sendsStream);
      } catch (error) {
        if (
          !(error instanceof TransientError) ||
          !isRepeatable(url, init) ||
          attempt >= attempts
        )
          throw error;
        await sleep(error.retryAfterMs ?? 250 * 2 ** attempt, signal);
      }
    }
  };

  async function once(
    url: string,
    init: RequestInit | undefined,
    sendsStream: boolean,
  ): Promise<Response> {
    const headers = new Headers(init?.headers);
    headers.set('user-agent', `model-platform-cli/${version}`);
    const token = connection.token ?? (await ciToken?.());
    if (token) headers.set('authorization', `Bearer ${token}`);
    const signals = [signal, init?.signal].filter(
      one => one !== undefined && one !== null,
    );
    // Waiting for an answer may end; sending a large file may take as long as it takes.
    const timeout = new AbortController();
    const timer = sendsStream
      ? undefined
      : setTimeout(
          () =>
            timeout.abort(
              new DOMException('no answer in time', 'TimeoutError'),
            ),
          ANSWER_TIMEOUT_MS,
        );
    let response: Response;
    let body: Buffer | undefined;
    try {
      response = await fetch(url, {
        ...init,
        headers,
        // Else `fetch` keeps all of a stream in memory, to send it once more.
        ...(sendsStream
          ? { window: null, redirect: 'error' }
          : { redirect: 'manual' }),
        signal: AbortSignal.any([...signals, timeout.signal]),
      });
      if (!typeOf(response).startsWith('text/event-stream'))
        body = Buffer.from(await response.arrayBuffer());
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (init?.signal?.aborted) throw init.signal.reason;
      const known = findCliError(error);
      if (known) throw known;
      throw new TransientError(
        `Cannot reach the platform at ${
          connection.portalUrl
        }: ${describeNetworkError(error)}.`,
        {
          cause: error,
          details: [
            'Is MODEL_PLATFORM_URL right, and is the platform running?',
            ...proxyHint(connection.portalUrl, process.env),
          ],
        },
      );
    } finally {
      clearTimeout(timer);
    }
    if (typeOf(response).startsWith('text/html'))
      throw notAPlatform(connection);
    if (!response.ok) throw toError(response, body, connection, token);
    if (!body) return response;
    const wantsJson = headers.get('accept') === 'application/json';
    if (wantsJson && body.length > 0 && parse(body) === undefined)
      throw notAPlatform(connection);
    return new Response(body.length > 0 ? body : null, response);
  }
}

function typeOf({ headers }: Response): string {
  return headers.get('content-type') ?? '';
}

function toError(
  response: Response,
  content: Buffer | undefined,
  connection: Connection,
  token: string | undefined,
): CliError {
  const { status } = response;
  if (status >= 300 && status < 400) {
    const target = response.headers.get('location') ?? 'somewhere else';
    return new CliError(
      'Unreachable',
      `${connection.portalUrl} redirects to ${target}; the token was not sent there.`,
      {
        details: ['Set MODEL_PLATFORM_URL to the address that answers itself.'],
      },
    );
  }
  const body = content && readErrorBody(content);
  const message = body?.message;
  if (status === 401) {
    return new CliError(
      'NotAllowed',
      token
        ? `The platform does not accept this token${
            message ? `: ${message}` : '.'
          }`
        : 'The platform asks for a token: set MODEL_PLATFORM_TOKEN.',
      { details: [whatToDo(connection, token)] },
    );
  }
  if (status === 403)
    return new CliError('NotAllowed', message ?? 'Not allowed.');
  if (RETRIED_STATUS.includes(status)) {
    const seconds = Number(response.headers.get('retry-after'));
    return new TransientError(
      `The platform at ${connection.portalUrl} cannot answer now (${status})${
        message ? `: ${message}` : '.'
      }`,
      { retryAfterMs: seconds > 0 ? Math.min(seconds, 60) * 1000 : undefined },
    );
  }
  if (!body?.isPlatform && status === 404) return notAPlatform(connection);
  if (!body) {
    return new CliError(
      'Failed',
      `The platform answered ${status} without saying why.`,
    );
  }
  if (body.problems?.length)
    return new CliError('Refused', body.message, {
      problems: body.problems,
      status,
    });
  return new CliError(status < 500 ? 'Refused' : 'Failed', body.message, {
    status,
  });
}

function whatToDo({ token: own }: Connection, token: string | undefined) {
  if (!token) {
    return 'In CI a job can act with its own token (docs: Publish, From CI).';
  }
  return own
    ? 'It may have expired or been revoked. Ask who made it for a new one (docs: Publish, tokens).'
    : 'It is the token of this CI job: a platform admin says what jobs may do (docs: Access, CI jobs).';
}

function notAPlatform({ portalUrl }: Connection): CliError {
  return new CliError(
    'Unreachable',
    `No model platform answers at ${portalUrl}.`,
    { details: ['Set MODEL_PLATFORM_URL to the address of the portal.'] },
  );
}

interface ErrorBody {
  message: string;
  problems?: FieldProblem[];
  /** Whether it has the shape of the portal's errors. */
  isPlatform: boolean;
}

/** What JSON says, or `undefined` where it is none. */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}

/** The standard error body, or `undefined` where something else answered. */
function readErrorBody(body: Buffer): ErrorBody | undefined {
  const content = parse(body) as
    | { error?: { message?: unknown; problems?: unknown }; response?: unknown }
    | null
    | undefined;
  if (typeof content?.error?.message !== 'string') return undefined;
  return {
    message: content.error.message,
    problems: Array.isArray(content.error.problems)
      ? (content.error.problems as FieldProblem[])
      : undefined,
    isPlatform: content.response !== undefined,
  };
}

/** What a body's stream threw, where `fetch` has wrapped it. */
export function findCliError(error: unknown): CliError | undefined {
  let current = error;
  for (let depth = 0; current instanceof Error && depth < 5; depth += 1) {
    if (current instanceof CliError) return current;
    current = current.cause;
  }
  return undefined;
}
