import {
  IncomingHttpHeaders,
  IncomingMessage,
  OutgoingHttpHeaders,
} from 'node:http';
import {
  CORRELATION_ID_HEADER,
  MODEL_VARIANT_HEADER,
  MODEL_VERSION_HEADER,
  REQUEST_ID_HEADER,
  RUNNER_SECRET_HEADER,
} from '@model-platform/model-wire';

const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

// Runners run other people's code: what proves who the caller is (a browser
// sends the portal's cookies too, they know no ports) ends here.
const NOT_TO_RUNNERS = new Set([
  ...HOP_BY_HOP,
  'authorization',
  'cookie',
  'expect',
  'host',
  REQUEST_ID_HEADER,
  CORRELATION_ID_HEADER,
  // In a request it is what its caller asks the gateway for.
  MODEL_VARIANT_HEADER,
  RUNNER_SECRET_HEADER,
]);

const NOT_TO_CALLERS = new Set([
  ...HOP_BY_HOP,
  'set-cookie',
  REQUEST_ID_HEADER,
  CORRELATION_ID_HEADER,
  MODEL_VERSION_HEADER,
  MODEL_VARIANT_HEADER,
  RUNNER_SECRET_HEADER,
]);

const CORRELATION_ID = /^[\w.:/+=@-]{1,128}$/;

/** The caller's own id if it is fit for logs and headers. */
export function correlationId(request: IncomingMessage): string | undefined {
  const value = request.headers[CORRELATION_ID_HEADER];
  return typeof value === 'string' && CORRELATION_ID.test(value)
    ? value
    : undefined;
}

/** Name and value in turn, as undici takes them. */
export function requestHeaders(
  request: IncomingMessage,
  add: { requestId: string; correlationId?: string; secret?: string },
): string[] {
  const { rawHeaders } = request;
  const named = request.headers.connection
    ? connectionHeaders(request.headers.connection)
    : undefined;
  const headers: string[] = [REQUEST_ID_HEADER, add.requestId];
  if (add.secret) {
    headers.push(RUNNER_SECRET_HEADER, add.secret);
  }
  if (add.correlationId) {
    headers.push(CORRELATION_ID_HEADER, add.correlationId);
  }
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index].toLowerCase();
    if (!NOT_TO_RUNNERS.has(name) && !named?.has(name)) {
      headers.push(name, rawHeaders[index + 1]);
    }
  }
  return headers;
}

/** Headers of an answer, with the platform's own set by the plan, not by the runner. */
export function responseHeaders(
  headers: IncomingHttpHeaders,
  add: {
    requestId: string;
    correlationId?: string;
    version: string;
    variant: string;
  },
): OutgoingHttpHeaders {
  const named = headers.connection
    ? connectionHeaders(String(headers.connection))
    : undefined;
  const out: OutgoingHttpHeaders = {
    [REQUEST_ID_HEADER]: add.requestId,
    [MODEL_VERSION_HEADER]: add.version,
    [MODEL_VARIANT_HEADER]: add.variant,
  };
  if (add.correlationId) {
    out[CORRELATION_ID_HEADER] = add.correlationId;
  }
  for (const name of Object.keys(headers)) {
    if (!NOT_TO_CALLERS.has(name) && !named?.has(name)) {
      out[name] = headers[name];
    }
  }
  return out;
}

function connectionHeaders(value: string): Set<string> | undefined {
  if (value === 'keep-alive' || value === 'close') {
    return undefined;
  }
  return new Set(value.split(',').map(name => name.trim().toLowerCase()));
}
