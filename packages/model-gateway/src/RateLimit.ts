import { CallRate } from '@model-platform/model-wire';

/**
 * A token's limit of calls: a bucket of `burst` calls that fills evenly. Kept
 * as the one time at which it would be full again (GCRA).
 */
export class RateLimit {
  readonly rate: CallRate;
  readonly #intervalMs: number;
  readonly #toleranceMs: number;
  #fullAtMs = -Infinity;

  constructor(rate: CallRate) {
    this.rate = rate;
    this.#intervalMs = (rate.perSeconds * 1000) / rate.calls;
    // Half a call more, so that rounding never takes one away.
    this.#toleranceMs = (rate.burst - 0.5) * this.#intervalMs;
  }

  /** Takes one call. @returns 0, or how long it is until there is one, milliseconds */
  take(nowMs: number): number {
    const fullAtMs = Math.max(this.#fullAtMs, nowMs);
    const waitMs = fullAtMs - this.#toleranceMs - nowMs;
    if (waitMs > 0) {
      return waitMs;
    }
    this.#fullAtMs = fullAtMs + this.#intervalMs;
    return 0;
  }
}
