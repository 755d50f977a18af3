import { hash } from 'node:crypto';
import {
  createServer,
  IncomingMessage,
  Server,
  ServerResponse,
} from 'node:http';
import { AddressInfo } from 'node:net';
import {
  CORRELATION_ID_HEADER,
  MODEL_VARIANT_HEADER,
  MODEL_VERSION_HEADER,
  REQUEST_ID_HEADER,
  scoringErrorCode,
  WireErrorBody,
} from '@model-platform/model-wire';
import { CallCopy } from './CallCopy';
import { CopyBudget } from './CopyBudget';
import { Choice, Exchange } from './Exchange';
import { correlationId } from './forwardedHeaders';
import { GatewayError } from './GatewayError';
import { GatewayMetrics } from './GatewayMetrics';
import { HostNames } from './HostNames';
import { makeRequestId } from './requestId';
import {
  isDocsPath,
  isModelCall,
  isServedPath,
  parseRequestTarget,
  RequestTarget,
} from './requestTarget';
import { mayAnswer, Route, RouteToken, RouteVariant } from './Route';
import { RouteTable } from './RouteTable';

const BEARER = /^bearer +([\x21-\x7e]{1,512})$/i;
const BASIC = /^basic +([A-Za-z0-9+/]{1,1024}={0,2})$/i;
/** Who reads documents that need no token. */
const ANONYMOUS = 'anonymous';
/** How long a refused caller may go on sending its body before the connection is cut. */
const LINGER_MS = 1_000;
/** How long nobody may have asked before a gateway that ends cuts the connections that are left. */
const QUIET_MS = 500;
/** Unread bodies up to here are read away, so that the connection can be used again. */
const DISCARD_BYTES = 64 * 1024;

/** What a caller gets instead of an answer, in the shape of the protocol it speaks. */
const errorBodies: Record<
  RequestTarget['protocol'],
  (error: GatewayError, requestId: string) => object
> = {
  simple: ({ name, message }, requestId): WireErrorBody => ({
    error: { name, message },
    requestId,
  }),
  oip: ({ message }) => ({ error: message }),
  scoring: ({ status, message }) => ({
    error_code: scoringErrorCode(status),
    message,
  }),
};

/** One line a call, without payloads. */
export interface AccessLine {
  requestId: string;
  endpoint: string;
  variant?: string;
  consumer?: string;
  method: string;
  code: number;
  durationMs: number;
  /** Of it, how long it has waited for a runner to start. */
  heldMs?: number;
}

/** The public listener: who may call, which variant and runner answers. */
export class Gateway {
  readonly #server: Server;
  readonly #routes: RouteTable;
  readonly #metrics: GatewayMetrics;
  readonly #requestIdSecret: string;
  readonly #hostNames: HostNames;
  readonly #onAccess: ((line: AccessLine) => void) | undefined;
  readonly #copyBudget = new CopyBudget();
  #isStopping = false;
  /** Requests whose answer is not sent yet. */
  #underWay = 0;
  readonly #over = () => {
    this.#underWay -= 1;
  };

  constructor(options: {
    routes: RouteTable;
    metrics: GatewayMetrics;
    requestIdSecret: string;
    hostNames: HostNames;
    /** Called once per call, if given. */
    onAccess?: (line: AccessLine) => void;
  }) {
    this.#routes = options.routes;
    this.#metrics = options.metrics;
    this.#requestIdSecret = options.requestIdSecret;
    this.#hostNames = options.hostNames;
    this.#onAccess = options.onAccess;
    this.#server = createServer({
      noDelay: true,
      maxHeaderSize: 16 * 1024,
      headersTimeout: 10_000,
      // The endpoint's own limit comes first; this one is for what never ends.
      requestTimeout: 600_000,
      keepAliveTimeout: 65_000,
      connectionsCheckingInterval: 5_000,
    });
    this.#server.maxHeadersCount = 100;
    this.#server.on('request', (request, response) =>
      this.#handle(request, response, false),
    );
    this.#server.on('checkContinue', (request, response) =>
      this.#handle(request, response, true),
    );
  }

  /** @throws NodeJS.ErrnoException if the address cannot be bound. */
  async listen(host: string, port: number): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, 1024, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    const { port: bound } = this.#server.address() as AddressInfo;
    return `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** Takes no more connections and waits for the requests in flight, bounded, milliseconds. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStopping = true;
    const closed = new Promise<void>(resolve =>
      this.#server.close(() => resolve()),
    );
    this.#server.closeIdleConnections();
    const deadline = performance.now() + timeoutMs;
    let isQuiet = false;
    const timer = setInterval(() => {
      const wasQuiet = isQuiet;
      isQuiet = this.#underWay === 0;
      // A connection on which nothing was asked yet is not idle to the server.
      if ((isQuiet && wasQuiet) || performance.now() > deadline) {
        this.#server.closeAllConnections();
      }
    }, Math.min(QUIET_MS, timeoutMs));
    await closed;
    clearInterval(timer);
  }

  #handle(
    request: IncomingMessage,
    response: ServerResponse,
    expectsContinue: boolean,
  ): void {
    const startedAt = performance.now();
    this.#underWay += 1;
    response.on('close', this.#over);
    if (this.#isStopping) {
      response.shouldKeepAlive = false;
    }
    const target = parseRequestTarget(request.url ?? '');
    let route: Route | undefined;
    let token: RouteToken | undefined;
    try {
      route = this.#route(request, target);
      token = this.#token(request, route, target as RequestTarget);
      this.#exchange(request, response, {
        route,
        target: target as RequestTarget,
        token,
        expectsContinue,
        startedAt,
      });
    } catch (error) {
      const refusal =
        error instanceof GatewayError ? error : GatewayError.internal();
      const requestId = makeRequestId(
        this.#requestIdSecret,
        route?.endpoint ?? '',
        {
          revision: route?.revision ?? 0,
        },
      );
      this.#metrics.refused(
        route?.endpoint ?? 'unknown',
        token?.consumer,
        refusal.status,
      );
      this.#refuse(request, response, refusal, {
        requestId,
        protocol: target?.protocol ?? 'simple',
        isBodyPending: hasLargeBody(request),
      });
      this.#onAccess?.({
        requestId,
        endpoint: route?.endpoint ?? 'unknown',
        consumer: token?.consumer,
        method: request.method ?? '',
        code: refusal.status,
        durationMs: performance.now() - startedAt,
      });
    }
  }

  #route(request: IncomingMessage, target: RequestTarget | undefined): Route {
    if (!this.#hostNames.has(request.headers.host)) {
      throw GatewayError.unknownHost();
    }
    if (!target) {
      throw GatewayError.badPath();
    }
    const route = this.#routes.get(target.endpoint);
    if (!route) {
      throw this.#routes.isPlanned
        ? GatewayError.unknownEndpoint()
        : GatewayError.noPlan();
    }
    if (!isServedPath(target.rest)) {
      throw GatewayError.unknownPath(route.endpoint);
    }
    if (
      request.method !== 'POST' &&
      request.method !== 'GET' &&
      request.method !== 'HEAD'
    ) {
      throw GatewayError.methodNotAllowed();
    }
    return route;
  }

  /**
   * Whose token it is; undefined where documents are read that need none.
   *
   * @throws GatewayError 401, 403, 404
   */
  #token(
    request: IncomingMessage,
    route: Route,
    target: RequestTarget,
  ): RouteToken | undefined {
    const { authorization } = request.headers;
    if (isDocsPath(target.rest) && request.method !== 'POST') {
      if (route.isOff) {
        throw GatewayError.unknownEndpoint();
      }
      return undefined;
    }
    if (!authorization) {
      throw GatewayError.unauthenticated(
        `Endpoint '${route.endpoint}' needs a token: send 'Authorization: Bearer mpe_…'`,
      );
    }
    const given = tokenOf(authorization);
    if (!given) {
      throw GatewayError.unauthenticated(
        "The Authorization header must read 'Bearer mpe_…'",
      );
    }
    const tokenHash = hash('sha256', given, 'hex');
    const token = route.token(tokenHash);
    if (!token) {
      throw this.#routes.isTokenOfAnother(tokenHash)
        ? GatewayError.notAllowed(route.endpoint)
        : GatewayError.unauthenticated(
            'This token is not known: it is mistyped, or was revoked',
          );
    }
    if (token.expiresAt !== undefined && token.expiresAt <= Date.now()) {
      throw GatewayError.unauthenticated(
        `This token expired at ${new Date(token.expiresAt).toISOString()}`,
      );
    }
    return token;
  }

  /** @throws GatewayError 400, 403, 429, 503 */
  #exchange(
    request: IncomingMessage,
    response: ServerResponse,
    options: {
      route: Route;
      target: RequestTarget;
      token: RouteToken | undefined;
      expectsContinue: boolean;
      startedAt: number;
    },
  ): void {
    const { route, target, token, startedAt } = options;
    const waitMs = token?.limit?.take(startedAt) ?? 0;
    if (token?.limit && waitMs > 0) {
      throw GatewayError.overRate(token.limit.rate, waitMs);
    }
    if (route.isOff) {
      throw GatewayError.switchedOff(route.endpoint);
    }
    const wanted = token && wantedVariant(request, route, token);
    const first = pick(route, request, { wanted });
    if (!first) {
      throw GatewayError.nothingReady(route.endpoint);
    }
    const isCounted = isModelCall(request.method ?? '', target.rest);
    if (isCounted && route.load.calls >= route.concurrentCalls) {
      throw GatewayError.tooManyAtOnce(route.endpoint, route.concurrentCalls);
    }
    const consumer = token?.consumer ?? ANONYMOUS;
    if (isCounted) {
      route.load.calls += 1;
    }
    new Exchange({
      request,
      response,
      route,
      correlationId: correlationId(request),
      expectsContinue: options.expectsContinue,
      isAnonymous: token === undefined,
      copy:
        isCounted && wanted === undefined
          ? CallCopy.of(request, route, this.#copyBudget)
          : undefined,
      choose: body => {
        const choice = this.#choose(request, { route, first, wanted, body });
        if (isCounted) {
          choice.variant.metrics.started();
        }
        return choice;
      },
      hold: ({ variant }, resume) =>
        variant.held &&
        this.#routes.waiting.enter(
          {
            endpoint: route.endpoint,
            key: variant.key,
            resume,
          },
          variant.held.calls,
        ),
      chooseAgain: (before, body) => {
        const now = this.#routes.get(route.endpoint);
        if (now === before.route) {
          return before;
        }
        const variant = now && pick(now, request, { wanted, body });
        if (!now || !variant) {
          return undefined;
        }
        return this.#choice(now, variant);
      },
      moved: (from, to) => {
        if (isCounted && to.variant.metrics !== from.variant.metrics) {
          from.variant.metrics.moved();
          to.variant.metrics.started();
        }
      },
      refuse: ({ requestId, variant }, error, { isBodyPending }) =>
        this.#refuse(request, response, error, {
          requestId,
          protocol: target.protocol,
          isBodyPending,
          headers: {
            [MODEL_VERSION_HEADER]: variant.version,
            [MODEL_VARIANT_HEADER]: variant.name,
          },
        }),
      finished: ({ requestId, variant }, code, heldMs) => {
        const durationMs = performance.now() - startedAt;
        if (isCounted) {
          route.load.calls -= 1;
          // That it slept is not the model's slowness.
          const seconds = (durationMs - heldMs) / 1000;
          variant.metrics.finished(consumer, code, seconds);
        }
        this.#onAccess?.({
          requestId,
          endpoint: route.endpoint,
          variant: variant.name,
          consumer,
          method: request.method ?? '',
          code,
          durationMs,
          heldMs: heldMs || undefined,
        });
      },
    }).start();
  }

  /**
   * By the route that is in force now, not by the one that was when the request
   * began: its runners may be gone before the body has come.
   */
  #choose(
    request: IncomingMessage,
    options: {
      route: Route;
      /** By that route, without the body. */
      first: RouteVariant;
      wanted: string | undefined;
      body: Buffer | undefined;
    },
  ): Choice {
    const { wanted, body } = options;
    let { route, first: variant } = options;
    const now = this.#routes.get(route.endpoint);
    if (now && (now !== route || (body && now.callerKey?.isInBody))) {
      const again = pick(now, request, { wanted, body });
      if (again) {
        route = now;
        variant = again;
      }
    }
    return this.#choice(route, variant);
  }

  #choice(route: Route, variant: RouteVariant): Choice {
    return {
      route,
      variant,
      requestId: makeRequestId(this.#requestIdSecret, route.endpoint, {
        revision: variant.revision,
        variantIndex: variant.index,
      }),
    };
  }

  #refuse(
    request: IncomingMessage,
    response: ServerResponse,
    error: GatewayError,
    options: {
      requestId: string;
      protocol: RequestTarget['protocol'];
      isBodyPending: boolean;
      headers?: Record<string, string>;
    },
  ): void {
    const body = Buffer.from(
      JSON.stringify(errorBodies[options.protocol](error, options.requestId)),
    );
    const echoed = correlationId(request);
    response.writeHead(error.status, {
      'content-type': 'application/json',
      'content-length': body.length,
      [REQUEST_ID_HEADER]: options.requestId,
      ...(echoed ? { [CORRELATION_ID_HEADER]: echoed } : {}),
      ...options.headers,
      ...error.headers,
      ...(options.isBodyPending ? { connection: 'close' } : {}),
    });
    if (!options.isBodyPending) {
      response.end(body);
      return;
    }
    // Closed at once, the connection would be reset while the caller still
    // sends, and many clients then never read the answer.
    response.write(body);
    const timer = setTimeout(() => response.end(), LINGER_MS);
    const end = () => {
      clearTimeout(timer);
      response.end();
    };
    request.removeAllListeners('data');
    request.on('end', end);
    request.on('error', end);
    request.resume();
  }
}

/** The variant that the caller asks for. @throws GatewayError 400, 403 */
function wantedVariant(
  request: IncomingMessage,
  route: Route,
  token: RouteToken,
): string | undefined {
  const given = request.headers[MODEL_VARIANT_HEADER];
  if (typeof given !== 'string') {
    return undefined;
  }
  if (!token.mayChooseVariant) {
    throw GatewayError.mayNotChoose(route.endpoint);
  }
  if (!route.variant(given)) {
    throw GatewayError.unknownVariant(
      route.endpoint,
      given,
      route.variants.map(({ name }) => name),
    );
  }
  return given;
}

/** The variant that shall answer, of those that may. */
function pick(
  route: Route,
  request: IncomingMessage,
  options: { wanted: string | undefined; body?: Buffer },
): RouteVariant | undefined {
  if (options.wanted === undefined) {
    return route.chooseVariant(route.callerKey?.of(request, options.body));
  }
  const variant = route.variant(options.wanted);
  return variant && mayAnswer(variant) ? variant : undefined;
}

/** Of clients that know no bearer tokens it is the password; the user's name is anybody's. */
function tokenOf(authorization: string): string | undefined {
  const bearer = BEARER.exec(authorization);
  if (bearer) return bearer[1];
  const basic = BASIC.exec(authorization);
  if (!basic) return undefined;
  const pair = Buffer.from(basic[1], 'base64').toString('latin1');
  const [, password] = /^[^:]*:(.+)$/.exec(pair) ?? [];
  return password;
}

function hasLargeBody({ headers, complete }: IncomingMessage): boolean {
  return (
    !complete &&
    (headers['transfer-encoding'] !== undefined ||
      Number(headers['content-length'] ?? 0) > DISCARD_BYTES ||
      headers.expect !== undefined)
  );
}
