import { timingSafeEqual, createHash } from 'node:crypto';
import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import {
  gatewayRouteSchema,
  gatewayRoutesSchema,
  GatewayLoad,
  GatewayRouteState,
  GatewayState,
  WireErrorBody,
} from '@model-platform/model-wire';
import { z } from 'zod';
import { GatewayMetrics } from './GatewayMetrics';
import { Route } from './Route';
import { RouteTable } from './RouteTable';

/** Plans hold one line per token: this is room for hundreds of thousands. */
const MAX_PLAN_BYTES = 64 * 1024 * 1024;
/** Longer than that nobody waits for news of held calls. */
const MAX_WAIT_MS = 5_000;

class AdminError extends Error {
  constructor(
    readonly status: number,
    name: string,
    message: string,
    readonly fields?: WireErrorBody['error']['fields'],
  ) {
    super(message);
    this.name = name;
  }
}

/** The listener for the gateway's parent and the collector. */
export class AdminServer {
  readonly #server: Server;
  readonly #routes: RouteTable;
  readonly #metrics: GatewayMetrics;
  readonly #secretHash: Buffer;
  readonly #metricsSecretHash: Buffer;
  readonly #publicUrl: () => string;

  constructor(options: {
    routes: RouteTable;
    metrics: GatewayMetrics;
    secret: string;
    /** Opens the figures alone. */
    metricsSecret: string;
    publicUrl: () => string;
  }) {
    this.#routes = options.routes;
    this.#metrics = options.metrics;
    this.#secretHash = digest(options.secret);
    this.#metricsSecretHash = digest(options.metricsSecret);
    this.#publicUrl = options.publicUrl;
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch(error =>
        this.#failed(response, error),
      );
    });
  }

  /** @throws NodeJS.ErrnoException if the address cannot be bound. */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return `http://${host}:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>(resolve =>
      this.#server.close(() => resolve()),
    );
    this.#server.closeAllConnections();
    await closed;
  }

  async #handle(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const path = (request.url ?? '/').split('?')[0];
    if (path === '/health/live' || path === '/health/ready') {
      const isWell = path === '/health/live' || this.#routes.isPlanned;
      this.#answer(response, isWell ? 200 : 503, { [path.slice(8)]: isWell });
      return;
    }
    const call = `${request.method} ${path}`;
    if (call === 'GET /metrics') {
      // Whoever collects figures is not let near the routes.
      requireSecret(request, 'metrics', this.#metricsSecretHash);
      response.writeHead(200, { 'content-type': this.#metrics.contentType });
      response.end(await this.#metrics.text());
      return;
    }
    requireSecret(request, 'admin', this.#secretHash);
    const endpoint = /^\/routes\/([a-z0-9-]+)$/.exec(path)?.[1];
    if (call === 'GET /load') {
      await this.#tellLoad(request, response);
    } else if (call === 'GET /routes') {
      this.#answer(response, 200, this.#state());
    } else if (call === 'PUT /routes') {
      this.#routes.putAll(
        (await this.#body(request, gatewayRoutesSchema)).routes,
      );
      this.#answer(response, 200, this.#state());
    } else if (endpoint && request.method === 'PUT') {
      const route = await this.#body(request, gatewayRouteSchema);
      if (route.endpoint !== endpoint) {
        throw new AdminError(
          400,
          'InputError',
          `The route is of endpoint '${route.endpoint}', the path of '${endpoint}'`,
        );
      }
      this.#answer(response, 200, stateOf(this.#routes.put(route)));
    } else if (endpoint && request.method === 'DELETE') {
      this.#routes.delete(endpoint);
      this.#answer(response, 200, {});
    } else {
      throw new AdminError(
        404,
        'NotFoundError',
        `The gateway's admin listener has no ${call}`,
      );
    }
  }

  #state(): GatewayState {
    return {
      pid: process.pid,
      url: this.#publicUrl(),
      planned: this.#routes.isPlanned,
      routes: Array.from(this.#routes.values(), stateOf),
      inFlight: this.#routes.inFlight(),
    };
  }

  async #tellLoad(
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const { searchParams } = new URL(request.url ?? '/', 'http://gateway');
    const { waiting } = this.#routes;
    await waiting.news(
      Number(searchParams.get('seen') ?? -1),
      Math.min(Number(searchParams.get('waitMs') ?? 0) || 0, MAX_WAIT_MS),
    );
    const load: GatewayLoad = {
      pid: process.pid,
      at: performance.now(),
      held: waiting.arrivals,
      busyMs: this.#routes.busyMs(),
      inFlight: this.#routes.inFlight(),
      waiting: waiting.counts(),
    };
    this.#answer(response, 200, load);
  }

  async #body<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_PLAN_BYTES) {
        throw new AdminError(
          413,
          'PayloadTooLargeError',
          `A plan may have ${MAX_PLAN_BYTES} bytes`,
        );
      }
      chunks.push(chunk);
    }
    let value: unknown;
    try {
      value = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      throw new AdminError(
        400,
        'InputError',
        `The body is not JSON: ${(error as Error).message}`,
      );
    }
    const parsed = schema.safeParse(value);
    if (!parsed.success) {
      throw new AdminError(
        400,
        'InputError',
        'The plan is not a valid one',
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
    const known = error instanceof AdminError ? error : undefined;
    const body: WireErrorBody = {
      error: { name, message, fields: known?.fields },
    };
    if ((known?.status ?? 500) >= 401) {
      response.setHeader('connection', 'close');
    }
    this.#answer(response, known?.status ?? 500, body);
  }
}

function stateOf(route: Route): GatewayRouteState {
  return {
    endpoint: route.endpoint,
    revision: route.revision,
    hash: route.hash,
    runners: route.variants.flatMap(variant =>
      variant.runners.map(({ runner }) => runner),
    ),
  };
}

function requireSecret(
  { headers }: IncomingMessage,
  name: string,
  hash: Buffer,
): void {
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  if (!timingSafeEqual(digest(given), hash)) {
    throw new AdminError(
      401,
      'AuthenticationError',
      `The ${name} secret is missing or wrong`,
    );
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
