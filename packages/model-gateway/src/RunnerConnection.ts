import { Upstream } from '@model-platform/model-wire';
import { Dispatcher, Pool } from 'undici';

/** A runner that could not be reached, broke off, was too slow or fails is asked last for so long. */
const AVOID_MS = 1_000;
/** So many failures in a row are the runner's rather than those of its calls. */
const MAX_FAILURES = 3;
const FAILURES = new Set([500, 502, 503]);

/** The kept-alive connections to one runner. */
export class RunnerConnection {
  readonly runner: string;
  readonly url: string;
  readonly secret: string | undefined;
  inFlight = 0;
  /** Of these, those that it is there for. */
  #calls = 0;
  #busyMs = 0;
  #countedAt = performance.now();
  readonly #pool: Pool;
  #routes = 0;
  #failedAt = -Infinity;
  /** Answers in a row that were failures. */
  #failures = 0;
  readonly #onIdle: (connection: RunnerConnection) => void;

  constructor(
    upstream: Upstream,
    onIdle: (connection: RunnerConnection) => void,
  ) {
    this.runner = upstream.runner;
    this.url = upstream.url;
    this.secret = upstream.secret;
    this.#onIdle = onIdle;
    this.#pool = new Pool(upstream.url, {
      connections: 256,
      pipelining: 1,
      connect: { timeout: 2_000, noDelay: true, keepAlive: true },
      // The gateway's own clock decides, with the endpoint's limit.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Below the 5 s after which uvicorn and Node close an idle connection.
      keepAliveTimeout: 4_000,
    });
  }

  static key(upstream: Upstream): string {
    return `${upstream.runner}\n${upstream.url}\n${upstream.secret ?? ''}`;
  }

  dispatch(
    options: Dispatcher.DispatchOptions,
    handler: Dispatcher.DispatchHandler,
  ): void {
    this.#pool.dispatch(options, handler);
  }

  /** Calls times how long they have been here, milliseconds. */
  busyMs(): number {
    const now = performance.now();
    this.#busyMs += this.#calls * (now - this.#countedAt);
    this.#countedAt = now;
    return this.#busyMs;
  }

  /** @param options - `isAnonymous`: anybody could keep it from sleeping, if it counted */
  started(options: { isAnonymous?: boolean } = {}): void {
    this.busyMs();
    this.inFlight += 1;
    this.#calls += options.isAnonymous ? 0 : 1;
  }

  /** @param options - as it was started */
  finished(options: { isAnonymous?: boolean } = {}): void {
    this.busyMs();
    this.inFlight -= 1;
    this.#calls -= options.isAnonymous ? 0 : 1;
    this.#closeIfIdle();
  }

  /** One that fails at once has the fewest calls: it would draw the most of them. */
  answered(status: number): void {
    this.#failures = FAILURES.has(status) ? this.#failures + 1 : 0;
    if (this.#failures >= MAX_FAILURES) {
      this.avoid();
    }
  }

  /** It could not be reached, broke off, or was too slow: whoever can be asked instead is. */
  avoid(): void {
    this.#failedAt = performance.now();
  }

  get isAvoided(): boolean {
    return performance.now() - this.#failedAt < AVOID_MS;
  }

  retain(): void {
    this.#routes += 1;
  }

  release(): void {
    this.#routes -= 1;
    this.#closeIfIdle();
  }

  #closeIfIdle(): void {
    if (this.#routes === 0 && this.inFlight === 0) {
      this.#onIdle(this);
      // Nothing is in flight: what could fail here is of no interest to anyone.
      this.#pool.destroy().catch(() => {});
    }
  }
}
