import { createHash } from 'node:crypto';
import {
  canonicalTrafficPlan,
  GatewayRoute,
  HeldCalls,
  PlanToken,
  trafficPlanSchema,
} from '@model-platform/model-wire';
import { CallerKey } from './CallerKey';
import { CopyMetrics } from './CopyMetrics';
import { RateLimit } from './RateLimit';
import { RepeatBudget } from './RepeatBudget';
import { RunnerConnection } from './RunnerConnection';
import { VariantLottery } from './VariantLottery';
import { VariantMetrics } from './VariantMetrics';

/** Of how many calls a variant gets copies, in percent, and what is counted of them. */
export interface CopySettings {
  share: number;
  metrics: CopyMetrics;
}

/** One variant of a route, ready for use. */
export interface RouteVariant {
  /** As the runners' parent knows it, whatever the route calls it. */
  key: string;
  /** Place among those of its revision. */
  index: number;
  /** Another one than the route's where it is tried beside that. */
  revision: number;
  name: string;
  version: string;
  weight: number;
  /** Which calls may be made again that a runner may have taken; none where absent. */
  repeats?: RepeatBudget;
  metrics: VariantMetrics;
  runners: RunnerConnection[];
  /** How calls wait while it has no runner; they are refused where absent. */
  held?: HeldCalls;
  shadow?: CopySettings;
}

/** A variant that gets copies. */
export type ShadowVariant = RouteVariant & { shadow: CopySettings };

/** A token that may call, with its limit. */
export interface RouteToken extends Omit<PlanToken, 'rate'> {
  limit?: RateLimit;
}

/** An endpoint's route, compiled for the look-ups of a request. Never changed: replaced. */
export class Route {
  readonly endpoint: string;
  readonly revision: number;
  readonly hash: string;
  readonly maxBodyBytes: number;
  readonly timeoutMs: number;
  readonly concurrentCalls: number;
  readonly variants: readonly RouteVariant[];
  readonly shadows: readonly ShadowVariant[];
  readonly callerKey: CallerKey | undefined;
  /** Calls that are being answered, whatever route they came by. */
  readonly load: { calls: number };
  readonly #tokens: Map<string, RouteToken>;
  readonly #lottery: VariantLottery<RouteVariant>;
  #turn = 0;

  /** @param previous - of the same endpoint: what was counted against limits goes on */
  constructor(
    route: GatewayRoute,
    variants: RouteVariant[],
    previous: Route | undefined,
  ) {
    this.endpoint = route.endpoint;
    this.revision = route.revision;
    this.hash = createHash('sha256')
      .update(canonicalTrafficPlan(trafficPlanSchema.parse(route)))
      .digest('hex');
    this.maxBodyBytes = route.limits.maxBodyBytes;
    this.timeoutMs = route.limits.timeoutMs;
    this.concurrentCalls = route.limits.concurrentCalls ?? Infinity;
    this.variants = variants;
    this.shadows = variants.flatMap(variant =>
      variant.shadow ? [{ ...variant, shadow: variant.shadow }] : [],
    );
    this.callerKey = route.stickiness && new CallerKey(route.stickiness);
    this.load = previous?.load ?? { calls: 0 };
    this.#tokens = new Map(
      route.tokens.map(({ rate, ...token }) => {
        const hash = token.hash.toLowerCase();
        return [
          hash,
          {
            ...token,
            limit:
              rate && (previous?.token(hash)?.limit ?? new RateLimit(rate)),
          },
        ];
      }),
    );
    this.#lottery = new VariantLottery(
      route.endpoint,
      variants.filter(mayAnswer),
    );
  }

  get isOff(): boolean {
    return this.variants.length === 0;
  }

  token(hash: string): RouteToken | undefined {
    return this.#tokens.get(hash);
  }

  variant(name: string): RouteVariant | undefined {
    return this.variants.find(variant => variant.name === name);
  }

  /**
   * A variant that may answer, always the same for a key, else by weight.
   * Undefined if none may.
   */
  chooseVariant(key: string | undefined): RouteVariant | undefined {
    return key === undefined
      ? this.#lottery.draw(Math.random())
      : this.#lottery.drawFor(key);
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
    for (const { metrics, shadow, runners } of this.variants) {
      metrics.retain();
      shadow?.metrics.retain();
      for (const runner of runners) {
        runner.retain();
      }
    }
  }

  release(): void {
    for (const { metrics, shadow, runners } of this.variants) {
      metrics.release();
      shadow?.metrics.release();
      for (const runner of runners) {
        runner.release();
      }
    }
  }
}

/** Whether it has a runner, or calls wait until it has one. */
export function mayAnswer({ runners, held }: RouteVariant): boolean {
  return runners.length > 0 || held !== undefined;
}
