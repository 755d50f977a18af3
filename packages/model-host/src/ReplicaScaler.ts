/** How many runners a variant may have, and how many calls one of them shall answer at a time. */
export interface ScalingRule {
  min: number;
  max: number;
  inFlight: number;
  idleMs: number;
}

/** What its calls were like since the last reading. */
export interface LoadReading {
  /** Milliseconds, of a clock that only goes on. */
  now: number;
  /** Calls that were being answered on average; undefined where too little time has passed to tell. */
  inFlight: number | undefined;
  /** Calls that wait for a runner. */
  waiting: number;
  /** Whether it may sleep: a revision that has no traffic yet shows first that it starts. */
  mayBeNone: boolean;
}

/** Above the wanted number by so little is no reason for one more. */
const TOLERANCE = 0.1;

/**
 * How many runners a variant needs: more at once, fewer only after they were
 * not needed for a while, none after nobody has called for longer.
 */
export class ReplicaScaler {
  readonly #rule: ScalingRule;
  readonly #calmMs: number;
  #needs: Array<{ at: number; count: number }> = [];
  #calledAt: number;
  #count: number;

  /** @param options - `calmMs`: how long fewer must be enough until some end */
  constructor(
    rule: ScalingRule,
    options: { calmMs: number; count: number; now: number },
  ) {
    this.#rule = rule;
    this.#calmMs = options.calmMs;
    this.#count = options.count;
    this.#calledAt = options.now;
  }

  get count(): number {
    return this.#count;
  }

  read({ now, inFlight, waiting, mayBeNone }: LoadReading): number {
    const { min, max, inFlight: target, idleMs } = this.#rule;
    if (waiting > 0 || (inFlight ?? 0) > 0 || !mayBeNone) {
      this.#calledAt = now;
    }
    if (min === 0 && mayBeNone && now - this.#calledAt >= idleMs) {
      this.#needs = [];
      this.#count = 0;
      return 0;
    }
    if (inFlight === undefined && waiting === 0) {
      return this.#count;
    }
    if (this.#count === 0 && waiting === 0 && mayBeNone) {
      // Asleep, and nobody has called: that it may sleep on is known already.
      return 0;
    }
    const need = Math.min(
      Math.max(
        Math.ceil(((inFlight ?? 0) + waiting) / target - TOLERANCE),
        min,
        1,
      ),
      max,
    );
    this.#needs.push({ at: now, count: need });
    this.#needs = this.#needs.filter(({ at }) => now - at <= this.#calmMs);
    this.#count =
      need >= this.#count
        ? need
        : Math.min(
            this.#count,
            Math.max(...this.#needs.map(({ count }) => count)),
          );
    return this.#count;
  }
}
