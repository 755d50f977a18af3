import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { AddressGuard, RefusedAddressError } from './AddressGuard';

/** More of an answer is not read. */
const MAX_ANSWER_BYTES = 16 * 1024;

/** What is sent, and where to. */
export interface Outgoing {
  id: string;
  url: string;
  secret?: string;
  body: string;
}

export interface Answer {
  status: number;
  /** Its begin. */
  body: string;
  /** How long it asks to be left alone. */
  retryAfterMs?: number;
}

/** `X-MLflow-Signature`, as MLflow makes it (`mlflow/webhooks/delivery.py`). */
export function signatureOf(
  secret: string,
  id: string,
  timestamp: string,
  body: string,
): string {
  const signature = createHmac('sha256', secret)
    .update(`${id}.${timestamp}.${body}`)
    .digest('base64');
  return `v1,${signature}`;
}

/** Sends one message once: signed, to allowed addresses only, following nothing. */
export class WebhookSender {
  private readonly guard: AddressGuard;
  private readonly agent: Agent;
  private readonly timeoutMs: number;
  private readonly now: () => number;

  constructor(options: {
    guard: AddressGuard;
    /** For all of it: connecting, sending, answering. */
    timeoutMs: number;
    now?: () => number;
  }) {
    this.guard = options.guard;
    this.timeoutMs = options.timeoutMs;
    this.now = options.now ?? Date.now;
    this.agent = new Agent({
      connect: { lookup: this.guard.lookup, timeout: options.timeoutMs },
      headersTimeout: options.timeoutMs,
      bodyTimeout: options.timeoutMs,
      // A connection is no proof for long that the name still leads there.
      keepAliveTimeout: 1000,
      keepAliveMaxTimeout: 1000,
    });
  }

  /** Throws `RefusedAddressError` for addresses that are not allowed, and what the network throws. */
  async send(message: Outgoing, stop?: AbortSignal): Promise<Answer> {
    const url = new URL(message.url);
    this.guard.check(url);
    const timestamp = String(Math.floor(this.now() / 1000));
    const { id, secret, body } = message;
    const timeout = AbortSignal.timeout(this.timeoutMs);
    try {
      const response = await request(url, {
        method: 'POST',
        dispatcher: this.agent,
        signal: stop ? AbortSignal.any([stop, timeout]) : timeout,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'model-platform-webhooks',
          'x-mlflow-delivery-id': id,
          'x-mlflow-timestamp': timestamp,
          ...(secret
            ? {
                'x-mlflow-signature': signatureOf(secret, id, timestamp, body),
              }
            : {}),
        },
        body,
      });
      const begin: Buffer[] = [];
      let size = 0;
      for await (const chunk of response.body) {
        begin.push(chunk);
        size += chunk.length;
        if (size >= MAX_ANSWER_BYTES) break;
      }
      return {
        status: response.statusCode,
        body: Buffer.concat(begin).subarray(0, MAX_ANSWER_BYTES).toString(),
        retryAfterMs: retryAfterMs(response.headers['retry-after']),
      };
    } catch (error) {
      if (timeout.aborted && !stop?.aborted) {
        throw new Error(`No answer within ${this.timeoutMs / 1000} s`);
      }
      throw refusalIn(error) ?? error;
    }
  }

  async close(): Promise<void> {
    await this.agent.destroy();
  }
}

/** Where several addresses were tried, it is among their errors. */
function refusalIn(error: unknown): RefusedAddressError | undefined {
  const all =
    error instanceof AggregateError ? [error, ...error.errors] : [error];
  return all.find(one => one instanceof RefusedAddressError);
}

function retryAfterMs(
  header: string | string[] | undefined,
): number | undefined {
  return typeof header === 'string' && /^\d{1,6}$/.test(header)
    ? Number(header) * 1000
    : undefined;
}
