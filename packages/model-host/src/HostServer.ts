import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import {
  FENCING_HEADER,
  runnerSpecSchema,
  trafficPlanSchema,
  WireErrorBody,
} from '@model-platform/model-wire';
import { z } from 'zod';
import { Host, HostLog } from './Host';
import { HostError } from './HostError';
import { LogFilter } from './LogFilter';
import { RunnerLogs } from './RunnerLogs';
import { SearchBudget } from './SearchBudget';

/** Plans hold one line per token: this is room for a hundred thousand. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
const MAX_TAIL = 10_000;

const runnersSchema = z.object({ runners: z.array(runnerSpecSchema) });
const fencingSchema = z.coerce.number().int().optional();
const releaseSchema = z.object({ keep: z.array(z.string()) });
const logQuerySchema = z.object({
  tail: z.coerce.number().int().min(0).max(MAX_TAIL).default(100),
  follow: z.enum(['true', 'false']).default('false'),
  since: z.iso.datetime({ offset: true }).optional(),
  grep: z.string().optional(),
});

const DEPLOYMENT_CALL =
  /^(\S+) \/v1\/deployments\/([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)(?:\/([a-z]+))?$/;
const LOG_CALL = /^GET \/v1\/runners\/([a-z0-9][a-z0-9-]{0,120})\/logs$/;

/** HTTP in front of the {@link Host}; see HostApi of model-wire. */
export class HostServer {
  readonly #server: Server;
  readonly #host: Host;
  readonly #logs: RunnerLogs;
  readonly #secretHash: Buffer;
  readonly #log: HostLog;
  readonly #searches = new SearchBudget();

  constructor(options: {
    host: Host;
    logs: RunnerLogs;
    secret: string;
    log: HostLog;
  }) {
    this.#host = options.host;
    this.#logs = options.logs;
    this.#secretHash = digest(options.secret);
    this.#log = options.log;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(error =>
        this.#failed(response, error),
      );
    });
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    this.#authenticate(request);
    const url = new URL(request.url ?? '/', 'http://host');
    const call = `${request.method} ${url.pathname}`;
    const log = LOG_CALL.exec(call);
    if (call === 'GET /v1/state') {
      const endpoint = url.searchParams.get('endpoint') ?? undefined;
      this.#answer(response, 200, this.#host.state(endpoint));
    } else if (call === 'GET /metrics') {
      const { contentType, text } = await this.#host.metrics();
      response.writeHead(200, { 'content-type': contentType });
      response.end(text);
    } else if (log) {
      await this.#sendLogs(log[1], url, response);
    } else {
      await this.#change(call, request);
      this.#answer(response, 200, {});
    }
  }

  async #change(call: string, request: IncomingMessage): Promise<void> {
    const [, method, endpoint, part] = DEPLOYMENT_CALL.exec(call) ?? [];
    const what = `${method} ${part ?? ''}`;
    const fencing = this.#checked(
      fencingSchema,
      request.headers[FENCING_HEADER],
    );
    if (what === 'PUT runners') {
      const { runners } = await this.#body(request, runnersSchema);
      this.#host.fence(fencing);
      this.#host.putRunners(endpoint, runners);
    } else if (what === 'PUT route') {
      const plan = await this.#body(request, trafficPlanSchema);
      this.#host.fence(fencing);
      await this.#host.putRoute(endpoint, plan);
    } else if (what === 'POST release') {
      const { keep } = await this.#body(request, releaseSchema);
      this.#host.fence(fencing);
      await this.#host.release(endpoint, keep);
    } else if (what === 'DELETE ') {
      this.#host.fence(fencing);
      await this.#host.remove(endpoint);
    } else {
      throw HostError.notFound(`The host has no ${call}`);
    }
  }

  async #sendLogs(
    id: string,
    url: URL,
    response: ServerResponse,
  ): Promise<void> {
    const query = this.#checked(
      logQuerySchema,
      Object.fromEntries(url.searchParams),
    );
    if (!this.#logs.has(id)) {
      throw HostError.notFound(`There are no logs of runner '${id}'`);
    }
    const filter = LogFilter.of(query, this.#searches);
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    // First the place in the file: what is written once the answer has begun is followed.
    const lines = await this.#logs.read(id, {
      tail: query.tail,
      follow: query.follow === 'true',
      filter,
      signal: gone.signal,
    });
    response.writeHead(200, {
      'content-type': 'application/jsonl; charset=utf-8',
    });
    response.flushHeaders();
    for await (const line of lines) {
      if (!response.write(`${line}\n`)) {
        await once(response, 'drain', { signal: gone.signal });
      }
    }
    response.end();
  }

  #authenticate(request: IncomingMessage): void {
    const given =
      /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
    if (!timingSafeEqual(digest(given), this.#secretHash)) {
      throw new HostError(
        401,
        'AuthenticationError',
        'The secret of host.json is missing or wrong',
      );
    }
  }

  async #body<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) {
        throw new HostError(
          413,
          'PayloadTooLargeError',
          `A body may have ${MAX_BODY_BYTES} bytes`,
        );
      }
      chunks.push(chunk);
    }
    let value: unknown;
    try {
      value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      throw HostError.input(
        `The body is not JSON: ${(error as Error).message}`,
      );
    }
    return this.#checked(schema, value);
  }

  #checked<T>(schema: z.ZodType<T>, value: unknown): T {
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      throw HostError.input(
        'The request is not a valid one',
        parsed.error.issues.map(({ path, message }) => ({
          path: path.join('.'),
          message,
        })),
      );
    }
    return parsed.data;
  }

  #answer(response: ServerResponse, status: number, body: unknown): void {
    response.writeHead(status, {
      'content-type': 'application/json; charset=utf-8',
    });
    response.end(JSON.stringify(body));
  }

  #failed(response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy();
      return;
    }
    const { name, message } = error as Error;
    const known = error instanceof HostError ? error : undefined;
    if (!known) {
      this.#log('error', `a call failed: ${message}`);
    }
    if (known?.status === 401 || known?.status === 413) {
      response.setHeader('connection', 'close');
    }
    const body: WireErrorBody = {
      error: { name, message, fields: known?.fields },
    };
    this.#answer(response, known?.status ?? 500, body);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
