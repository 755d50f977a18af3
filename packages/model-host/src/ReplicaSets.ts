import {
  GatewayLoad,
  RunnerSpec,
  variantKey,
} from '@model-platform/model-wire';
import { ReplicaScaler } from './ReplicaScaler';

/** Readings over less time say too little. */
const MIN_READING_MS = 500;

/** A runner that runs only as long as it is needed. */
export type ScaledSpec = RunnerSpec & {
  scaling: NonNullable<RunnerSpec['scaling']>;
};

interface ReplicaSet {
  key: string;
  specs: ScaledSpec[];
  scaler: ReplicaScaler;
}

/** The variants whose runners come and go with their calls: how many of them run now. */
export class ReplicaSets {
  readonly #sets = new Map<string, ReplicaSet>();
  readonly #calmMs: number;
  #last: GatewayLoad | undefined;

  /** @param calmMs - how long fewer must be enough until some end, milliseconds */
  constructor(calmMs: number) {
    this.#calmMs = calmMs;
  }

  get isEmpty(): boolean {
    return this.#sets.size === 0;
  }

  /** @param running - how many are there already */
  put(
    specs: RunnerSpec[],
    options: { running(set: ScaledSpec[]): number },
  ): void {
    const groups = new Map<string, ScaledSpec[]>();
    for (const spec of specs.filter(isScaled)) {
      const key = variantKey(spec);
      groups.set(key, [...(groups.get(key) ?? []), spec]);
    }
    for (const [key, unsorted] of groups) {
      const ordered = unsorted.sort(
        (a, b) => a.scaling.index - b.scaling.index,
      );
      const before = this.#sets.get(key);
      const { min, inFlight, idleMs } = ordered[0].scaling;
      const rule = { min, max: ordered.length, inFlight, idleMs };
      const running = options.running(ordered);
      this.#sets.set(key, {
        key,
        specs: ordered,
        scaler: new ReplicaScaler(rule, {
          calmMs: this.#calmMs,
          count: Math.min(
            Math.max(before?.scaler.count ?? running, min),
            ordered.length,
          ),
          now: performance.now(),
        }),
      });
    }
  }

  /** Forgets the sets of these runners. */
  delete(isGone: (spec: RunnerSpec) => boolean): void {
    for (const [key, { specs }] of this.#sets) {
      if (specs.some(isGone)) {
        this.#sets.delete(key);
      }
    }
  }

  /** Whether it shall run now. */
  isNeeded(spec: RunnerSpec): boolean {
    const set = this.#sets.get(variantKey(spec));
    return !isScaled(spec) || !set || spec.scaling.index < set.scaler.count;
  }

  /** Whether it is one more than there must always be. */
  isSpare({ scaling }: RunnerSpec): boolean {
    return scaling !== undefined && scaling.index >= Math.max(scaling.min, 1);
  }

  /**
   * Takes what the gateway tells of its calls.
   *
   * @returns the runners of sets that shall be larger or smaller from now on
   */
  read(
    load: GatewayLoad,
    options: { isRouted(spec: ScaledSpec): boolean },
  ): ScaledSpec[] {
    const last = this.#last?.pid === load.pid ? this.#last : undefined;
    const passedMs = load.at - (last?.at ?? load.at);
    const isTold = passedMs >= MIN_READING_MS;
    if (isTold || !last) {
      this.#last = load;
    }
    const changed: ScaledSpec[] = [];
    for (const { key, specs, scaler } of this.#sets.values()) {
      const before = scaler.count;
      const busyMs = specs.reduce(
        (sum, { id }) => sum + grown(load.busyMs[id], last?.busyMs[id]),
        0,
      );
      scaler.read({
        now: performance.now(),
        inFlight: isTold ? busyMs / passedMs : undefined,
        waiting: load.waiting[key] ?? 0,
        mayBeNone: options.isRouted(specs[0]),
      });
      if (scaler.count !== before) {
        changed.push(...specs);
      }
    }
    return changed;
  }
}

function isScaled(spec: RunnerSpec): spec is ScaledSpec {
  return spec.scaling !== undefined;
}

/** One that was forgotten in between begins at nothing. */
function grown(now = 0, before = 0): number {
  return now >= before ? now - before : now;
}
