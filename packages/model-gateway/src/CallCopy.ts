import { IncomingMessage } from 'node:http';
import { Dispatcher } from 'undici';
import { CopyBudget } from './CopyBudget';
import { CopyExchange } from './CopyExchange';
import { requestHeaders } from './forwardedHeaders';
import { Route, ShadowVariant } from './Route';

/** Copies on their way to one variant: a slow one is not let pile them up. */
const MAX_IN_FLIGHT = 64;

/** What a copy says of the call it is of. */
interface CopyFacts {
  requestId: string;
  correlationId: string | undefined;
}

/**
 * A call's copy for variants whose answers nobody gets. It is taken from the
 * bytes that pass by and sent after the call itself, waits for nothing and
 * tells nobody but the counters.
 */
export class CallCopy {
  readonly #request: IncomingMessage;
  readonly #shadows: ShadowVariant[];
  readonly #budget: CopyBudget;
  #chunks: Buffer[] = [];
  #heldBytes = 0;
  #users = 1;
  #isOver = false;

  private constructor(
    request: IncomingMessage,
    shadows: ShadowVariant[],
    budget: CopyBudget,
  ) {
    this.#request = request;
    this.#shadows = shadows;
    this.#budget = budget;
  }

  /** Undefined where this call is none of those that are copied. */
  static of(
    request: IncomingMessage,
    route: Route,
    budget: CopyBudget,
  ): CallCopy | undefined {
    if (route.shadows.length === 0) {
      return undefined;
    }
    const shadows = route.shadows.filter(
      ({ shadow }) => Math.random() * 100 < shadow.share,
    );
    return shadows.length > 0
      ? new CallCopy(request, shadows, budget)
      : undefined;
  }

  add(chunk: Buffer): void {
    if (this.#isOver) {
      return;
    }
    if (this.#budget.take(chunk.length)) {
      this.#heldBytes += chunk.length;
      this.#chunks.push(chunk);
      return;
    }
    for (const { shadow } of this.#shadows) {
      shadow.metrics.lost('memory');
    }
    this.cancel();
  }

  /** The call is whole, and has gone by this route. */
  send(route: Route, facts: CopyFacts): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    const chunks = this.#chunks;
    const body = chunks.length > 1 ? Buffer.concat(chunks) : chunks[0];
    this.#chunks = [];
    const names = new Set(this.#shadows.map(({ name }) => name));
    for (const variant of route.shadows) {
      if (names.has(variant.name)) {
        this.#sendTo(variant, route, body, facts);
      }
    }
    this.#release();
  }

  /** The call ended before it was whole. */
  cancel(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#chunks = [];
      this.#release();
    }
  }

  #sendTo(
    variant: ShadowVariant,
    route: Route,
    body: Buffer | undefined,
    facts: CopyFacts,
  ): void {
    const { metrics } = variant.shadow;
    if (metrics.inFlight.value >= MAX_IN_FLIGHT) {
      metrics.lost('busy');
      return;
    }
    const runner = route.chooseRunner(variant);
    if (!runner) {
      metrics.lost('no_runner');
      return;
    }
    this.#users += 1;
    const exchange = new CopyExchange({
      runner,
      metrics,
      timeoutMs: route.timeoutMs,
      onOver: () => this.#release(),
    });
    runner.dispatch(
      {
        path: this.#request.url ?? '/',
        method: this.#request.method as Dispatcher.HttpMethod,
        headers: requestHeaders(this.#request, {
          ...facts,
          secret: runner.secret,
        }),
        body,
      },
      exchange,
    );
  }

  #release(): void {
    this.#users -= 1;
    if (this.#users === 0) {
      this.#budget.give(this.#heldBytes);
    }
  }
}
