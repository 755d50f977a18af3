import { IncomingMessage, ServerResponse } from 'node:http';
import {
  MODEL_VARIANT_HEADER,
  MODEL_VERSION_HEADER,
  REQUEST_ID_HEADER,
  scoringErrorCode,
} from '@model-platform/model-wire';
import { errorName } from './errorName';
import { Logger } from './Logger';
import { ModelOutputError } from './ModelOutputError';
import { failureFacts } from './privacy/failureFacts';
import { RequestError } from './RequestError';
import { writeLine } from './writeLine';

/** nginx's number for a caller that left before the answer. */
export const CALLER_LEFT = 499;
export const JSON_TYPE = 'application/json';
/** Paths of MLflow's scoring protocol, which has its own shape of errors. */
const SCORING_PATHS = new Set(['/invocations', '/ping', '/health', '/version']);

/** An error in the shape of the protocol that the path is of. */
function errorBody(
  path: string,
  requestId: string,
  name: string,
  error: Pick<RequestError, 'status' | 'message' | 'fields'>,
): Record<string, unknown> {
  const { status, message, fields } = error;
  const told = fields ? { fields } : {};
  if (path === '/v2' || path.startsWith('/v2/')) return { error: message };
  return SCORING_PATHS.has(path)
    ? { error_code: scoringErrorCode(status), message, ...told }
    : { error: { name, message, ...told }, requestId };
}

/** Writes what a runner answers, errors in the shape of their protocol, and what is logged of it. */
export class Answers {
  private isEnding = false;
  /** Of those that are logged. */
  private readonly answerBytes = new WeakMap<ServerResponse, number>();

  constructor(
    private readonly about: {
      version: string;
      variant: string;
      logger: Logger;
    },
  ) {}

  /** From now on each answer is its connection's last. */
  endConnections() {
    this.isEnding = true;
  }

  /**
   * What was refused or failed can be found by its request id; what was answered only where asked for.
   *
   * @param call - `route` has nothing that the caller chose
   */
  log(
    request: IncomingMessage,
    response: ServerResponse,
    call: { requestId: string; route: string; seconds: number },
  ) {
    const { statusCode: code } = response;
    if (code < 400 && !this.about.logger.isDebugEnabled) return;
    const { requestId, route, seconds } = call;
    const length = request.headers['content-length'];
    const facts = {
      path: route,
      code,
      durationMs: seconds * 1000,
      requestBytes: length === undefined ? undefined : Number(length),
      answerBytes: this.answerBytes.get(response),
    };
    // Past the filter, which would look through all requests in hand for each refusal.
    if (code >= 500)
      writeLine('info', requestId, { message: 'failed', ...facts });
    else if (code >= 400)
      writeLine('info', requestId, { message: 'refused', ...facts });
    else writeLine('debug', requestId, { message: 'answered', ...facts });
  }

  error(
    path: string,
    response: ServerResponse,
    requestId: string,
    error: unknown,
  ) {
    if (response.destroyed) {
      // For the count alone; nobody is there to read it.
      response.statusCode = CALLER_LEFT;
      return;
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { status, body, headers } = this.describeError(
      path,
      requestId,
      error,
    );
    this.json(response, status, requestId, body, headers);
  }

  /** An error as it is answered; what is the model's own fault goes to the log. */
  describeError(
    path: string,
    requestId: string,
    error: unknown,
  ): { status: number; body: unknown; headers?: Record<string, string> } {
    if (error instanceof RequestError) {
      const { status, headers } = error;
      const body = errorBody(path, requestId, errorName(status), error);
      return { status, body, headers };
    }
    writeLine('error', requestId, {
      message: 'the model failed',
      ...failureFacts(error),
    });
    // Names of fields are the model's, values are the caller's: only those are told.
    const isWrong = error instanceof ModelOutputError;
    const reason = isWrong ? `: ${error.message}` : '';
    const message = `The model failed on this request${reason}; its logs tell why under request id ${requestId}.`;
    const body = errorBody(path, requestId, 'ModelError', {
      status: 500,
      message,
      fields: isWrong ? error.fields : undefined,
    });
    return { status: 500, body };
  }

  /** For a failure that cannot be told: what was thrown may fail at every look at it. */
  untold(path: string, response: ServerResponse, requestId: string) {
    writeLine('error', requestId, {
      message: 'the model failed, and what it threw is untellable',
      error: 'ModelError',
    });
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const body = errorBody(path, requestId, 'ModelError', {
      status: 500,
      message: `The model failed on this request; its logs have request id ${requestId}.`,
    });
    this.json(response, 500, requestId, body);
  }

  json(
    response: ServerResponse,
    status: number,
    requestId: string,
    body: unknown,
    headers?: Record<string, string>,
  ) {
    this.send(
      response,
      status,
      requestId,
      Buffer.from(JSON.stringify(body)),
      JSON_TYPE,
      headers,
    );
  }

  send(
    response: ServerResponse,
    status: number,
    requestId: string,
    body: Buffer,
    type: string,
    headers: Record<string, string> = {},
  ) {
    if (status >= 400 || this.about.logger.isDebugEnabled)
      this.answerBytes.set(response, body.length);
    response.writeHead(status, {
      'content-type': type,
      'content-length': body.length,
      ...this.headers(requestId),
      ...headers,
    });
    response.end(body);
  }

  /** What every answer carries. */
  headers(requestId: string): Record<string, string> {
    return {
      [REQUEST_ID_HEADER]: requestId,
      [MODEL_VERSION_HEADER]: this.about.version,
      [MODEL_VARIANT_HEADER]: this.about.variant,
      // Whoever keeps the connection shall not send a further call into its end.
      ...(this.isEnding ? { connection: 'close' } : undefined),
    };
  }
}
