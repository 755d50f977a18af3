import { createHash } from 'node:crypto';
import {
  canonicalTrafficPlan,
  GatewayRoute,
  PlanToken,
  trafficPlanSchema,
} from '@model-platform/model-wire';
import { RunnerConnection } from './RunnerConnection';
import { VariantMetrics } from './VariantMetrics';

/** One variant of a route, ready for use. */
export interface RouteVariant {
  /** Place among those of its revision. */
  index: number;
  /** Another one than the route's where it is tried beside that. */
  revision: number;
  name: string;
  version: string;
  weight: number;
  metrics: VariantMetrics;
  runners: RunnerConnection[];
}

/** An endpoint's route, compiled for the look-ups of a request. Never changed: replaced. */
export class Route {
  readonly endpoint: string;
  readonly revision: number;
  readonly hash: string;
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  readonly variants: readonly RouteVariant[];
  readonly #tokens: Map<string, PlanToken>;
  #turn = 0;

  constructor(route: GatewayRoute, variants: RouteVariant[]) {
    this.endpoint = route.endpoint;
    this.revision = route.revision;
    this.hash = createHash('sha256')
      .update(canonicalTrafficPlan(trafficPlanSchema.parse(route)))
      .digest('hex');
    this.maxBodyBytes = route.limits.maxBodyBytes;
    this.timeoutMs = route.limits.timeoutMs;
    this.variants = variants;
    this.#tokens = new Map(
      route.tokens.map(token => [token.hash.toLowerCase(), token]),
    );
  }

  get isOff(): boolean {
    return this.variants.length === 0;
  }

  token(hash: string): PlanToken | undefined {
    return this.#tokens.get(hash);
  }

  /** A variant by weight, of those that have a runner. Undefined if none has. */
  chooseVariant(random: number): RouteVariant | undefined {
    let total = 0;
    for (const variant of this.variants) {
      total += variant.runners.length > 0 ? variant.weight : 0;
    }
    let left = random * total;
    let chosen: RouteVariant | undefined;
    for (const variant of this.variants) {
      if (variant.runners.length > 0 && variant.weight > 0) {
        chosen = variant;
        left -= variant.weight;
        if (left < 0) {
          break;
        }
      }
    }
    return chosen;
  }

  /** The least busy runner, in turn among equals; one not tried before. */
  chooseRunner(
    variant: RouteVariant,
    tried?: ReadonlySet<RunnerConnection>,
  ): RunnerConnection | undefined {
    const { runners } = variant;
    if (runners.length === 1) {
      return tried?.has(runners[0]) ? undefined : runners[0];
    }
    this.#turn = (this.#turn + 1) % 0x3fffffff;
    let best: RunnerConnection | undefined;
    let bestLoad = Infinity;
    for (let step = 0; step < runners.length; step += 1) {
      const runner = runners[(this.#turn + step) % runners.length];
      if (!tried?.has(runner)) {
        const load = runner.inFlight + (runner.isAvoided ? 1_000_000 : 0);
        if (load < bestLoad) {
          best = runner;
          bestLoad = load;
        }
      }
    }
    return best;
  }

  retain(): void {
    for (const variant of this.variants) {
      variant.metrics.retain();
      for (const runner of variant.runners) {
        runner.retain();
      }
    }
  }

  release(): void {
    for (const variant of this.variants) {
      variant.metrics.release();
      for (const runner of variant.runners) {
        runner.release();
      }
    }
  }
}
