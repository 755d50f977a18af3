/** Of the calls of the last {@link FADE_MS}, so many may be made again. */
const SHARE = 0.1;
/** As many may be in any case: where few call, one that is broken off is a large share of them. */
const AT_LEAST = 3;
const FADE_MS = 10_000;
/** How long none is made again once one has ended its second runner, too. */
const CLOSED_MS = 60_000;

/**
 * Which of a variant's calls may be made again. A call that ends runners must
 * not end one after the other, nor may those that are left get all the calls of
 * the others a second time.
 */
export class RepeatBudget {
  #calls = 0;
  #repeats = 0;
  #fadedAt = 0;
  #closedUntil = -Infinity;

  /** @param now - milliseconds, of a clock that only goes on */
  called(now: number): void {
    this.#fade(now);
    this.#calls += 1;
  }

  /**
   * Whether one may be made again, which it is then.
   *
   * @param inFlight - calls of the variant that are being answered: where they
   *   take long, all those of one runner may be made again at once
   */
  take(now: number, inFlight: number): boolean {
    this.#fade(now);
    const most = Math.max(AT_LEAST, this.#calls * SHARE, inFlight + 1);
    if (now < this.#closedUntil || this.#repeats + 1 > most) {
      return false;
    }
    this.#repeats += 1;
    return true;
  }

  /** One that was made again was broken off again. */
  failed(now: number): void {
    this.#closedUntil = now + CLOSED_MS;
  }

  /** What is long ago counts less and less. */
  #fade(now: number): void {
    const left = Math.exp((this.#fadedAt - now) / FADE_MS);
    this.#calls *= left;
    this.#repeats *= left;
    this.#fadedAt = now;
  }
}
