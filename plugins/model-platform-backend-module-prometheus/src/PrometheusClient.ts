import { ServiceUnavailableError } from '@backstage/errors';
import { Agent, Dispatcher, request } from 'undici';
import { z } from 'zod';

/** More than any page or analysis asks for. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const vector = z.object({
  resultType: z.literal('vector'),
  result: z.array(z.object({ metric: labels, value: point })),
});
const matrix = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(point) })),
});

const answerSchema = z.object({
  status: z.enum(['success', 'error']),
  data: z.unknown().optional(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});

/** Labels, and `[time in seconds, value]`. */
export interface PrometheusSeries {
  labels: Record<string, string>;
  points: Array<[number, number]>;
}

/** One server's HTTP API, as far as it is asked. Everything that is not a whole answer is an error that says what to do. */
export class PrometheusClient {
  private readonly dispatcher: Dispatcher;

  private readonly base: string;

  constructor(
    private readonly options: {
      url: string;
      headers: Record<string, string>;
      timeoutMs: number;
      ca?: string;
      /** In the configuration. */
      place: string;
    },
  ) {
    this.base = options.url.replace(/\/+$/, '');
    this.dispatcher = new Agent({
      connect: { ca: options.ca, timeout: options.timeoutMs },
      maxResponseSize: MAX_ANSWER_BYTES,
    });
  }

  /** @throws ServiceUnavailableError */
  async query(expression: string, at: Date): Promise<PrometheusSeries[]> {
    const { result } = await this.ask(
      'query',
      { query: expression, time: seconds(at) },
      vector,
    );
    return result.map(({ metric, value }) => ({
      labels: metric,
      points: [toPoint(value)],
    }));
  }

  /** @throws ServiceUnavailableError */
  async queryRange(
    expression: string,
    range: { start: Date; end: Date; stepSeconds: number },
  ): Promise<PrometheusSeries[]> {
    const { result } = await this.ask(
      'query_range',
      {
        query: expression,
        start: seconds(range.start),
        end: seconds(range.end),
        step: String(range.stepSeconds),
      },
      matrix,
    );
    return result.map(({ metric, values }) => ({
      labels: metric,
      points: values.map(toPoint),
    }));
  }

  private async ask<T>(
    path: 'query' | 'query_range',
    parameters: Record<string, string>,
    schema: z.ZodType<T>,
  ): Promise<T> {
    const { timeoutMs } = this.options;
    const { status, text } = await this.send(path, {
      ...parameters,
      timeout: `${timeoutMs}ms`,
    });
    const answer = answerSchema.safeParse(parseJson(text));
    if (!answer.success) throw this.failed(whatStatusSays(status));
    const { data, error, errorType, warnings = [] } = answer.data;
    if (status !== 200 || answer.data.status !== 'success') {
      throw this.failed(
        status === 200 || errorType
          ? whatErrorSays(errorType, error)
          : whatStatusSays(status),
      );
    }
    const missing = warnings.filter(warning => !isOfExpression(warning));
    if (missing.length > 0) {
      throw this.failed(
        `answers in part only, which would be too little: ${missing.join(
          '; ',
        )}. Look at what it reads from (remote read, stores, rulers)`,
      );
    }
    const parsed = schema.safeParse(data);
    if (!parsed.success)
      throw this.failed('does not answer as Prometheus does');
    return parsed.data;
  }

  private async send(
    path: string,
    parameters: Record<string, string>,
  ): Promise<{ status: number; text: string }> {
    const { headers, timeoutMs } = this.options;
    try {
      const { statusCode, body } = await request(
        `${this.base}/api/v1/${path}`,
        {
          method: 'POST',
          headers: {
            ...headers,
            'content-type': 'application/x-www-form-urlencoded',
          },
          body: new URLSearchParams(parameters).toString(),
          dispatcher: this.dispatcher,
          signal: AbortSignal.timeout(timeoutMs),
        },
      );
      return { status: statusCode, text: await body.text() };
    } catch (error) {
      throw this.failed(whatKeepsFromIt(error, timeoutMs));
    }
  }

  private failed(what: string): ServiceUnavailableError {
    const { url, place } = this.options;
    return new ServiceUnavailableError(
      `Prometheus at ${url} (${place}) ${what}`,
    );
  }
}

function seconds(at: Date): string {
  return String(at.getTime() / 1000);
}

/** Prometheus writes what JSON has no number for as text. */
function toPoint([at, value]: [number, string]): [number, number] {
  return [at, value.endsWith('Inf') ? NaN : Number(value)];
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What is said of how an expression is written, and not of what was read for it. */
function isOfExpression(warning: string): boolean {
  return /^PromQL (info|warning)/.test(warning);
}

function whatErrorSays(type: string | undefined, error = ''): string {
  switch (type) {
    case 'timeout':
    case 'canceled':
      return `took too long for a query: ${error}. Give it more time (timeoutSeconds, --query.timeout), or ask for a shorter range`;
    case 'execution':
      return `cannot answer a query: ${error}. If it has too many samples to read, ask for a shorter range or raise --query.max-samples`;
    default:
      return `refuses a query: ${type}: ${error}`;
  }
}

function whatStatusSays(status: number): string {
  if (status === 401 || status === 403)
    return `does not let the portal in (${status}): look at token, basicAuth and headers`;
  if (status >= 300 && status < 400)
    return `leads elsewhere (${status}), perhaps to where people sign in: give the address of its API, with token or basicAuth`;
  if (status === 404 || status === 405)
    return `has no such API (${status}): url is what /api/v1/query is appended to`;
  if (status === 429)
    return `is asked too much (429): raise its limits for the portal`;
  if (status >= 500) return `fails (${status}): look at its own log`;
  return `does not answer as Prometheus does (${status}): look at url`;
}

function whatKeepsFromIt(error: unknown, timeoutMs: number): string {
  const name = Reflect.get(Object(error), 'name');
  const code = String(Reflect.get(Object(error), 'code') ?? '');
  const message = Reflect.get(Object(error), 'message') || code || error;
  if (name === 'TimeoutError' || code === 'UND_ERR_CONNECT_TIMEOUT')
    return `has not answered within ${
      timeoutMs / 1000
    } s: is it overloaded? timeoutSeconds gives it more time`;
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE')
    return 'answers with more than 64 MiB: ask for a shorter range, or drop labels with many values when it scrapes';
  if (/CERT|SELF_SIGNED|ISSUER|ERR_TLS/.test(code))
    return `has a certificate that is not trusted (${code}): name its authority in caFile`;
  return `cannot be reached (${message}): is it up, and url right?`;
}
