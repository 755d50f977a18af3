/** A call that waits for a runner of its variant. */
export interface Waiter {
  endpoint: string;
  /** Of its variant. */
  key: string;
  /** Something has changed: a runner is ready, or the variant is gone. */
  resume(): void;
}

/** Calls that are held while none of their variant's runners is ready. */
export class WaitingRoom {
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #listeners = new Set<() => void>();
  #arrivals = 0;

  /** Calls that have come in so far. */
  get arrivals(): number {
    return this.#arrivals;
  }

  /** Those that wait now, by variant. */
  counts(): Record<string, number> {
    return Object.fromEntries(
      Array.from(this.#waiters, ([key, { size }]) => [key, size]),
    );
  }

  /** What to call when the call waits no longer; undefined where so many wait already. */
  enter(waiter: Waiter, limit: number): (() => void) | undefined {
    const { key } = waiter;
    const waiters = this.#waiters.get(key) ?? new Set();
    if (waiters.size >= limit) {
      return undefined;
    }
    this.#waiters.set(key, waiters.add(waiter));
    this.#arrivals += 1;
    for (const tell of [...this.#listeners]) {
      tell();
    }
    return () => this.#leave(waiter);
  }

  /** Lets those of the endpoint go on for whom that is so. */
  resume(endpoint: string, mayGoOn: (waiter: Waiter) => boolean): void {
    const going = [...this.#waiters.values()]
      .flatMap(waiters => [...waiters])
      .filter(waiter => waiter.endpoint === endpoint && mayGoOn(waiter));
    for (const waiter of going) {
      this.#leave(waiter);
      waiter.resume();
    }
  }

  /** Until a call comes in that `seen` does not count, bounded. */
  async news(seen: number, waitMs: number): Promise<void> {
    if (seen !== this.#arrivals) {
      return;
    }
    await new Promise<void>(resolve => {
      let timer: NodeJS.Timeout | undefined;
      const end = () => {
        clearTimeout(timer);
        this.#listeners.delete(end);
        resolve();
      };
      timer = setTimeout(end, waitMs);
      this.#listeners.add(end);
    });
  }

  #leave(waiter: Waiter): void {
    const { key } = waiter;
    const waiters = this.#waiters.get(key);
    waiters?.delete(waiter);
    if (waiters?.size === 0) {
      this.#waiters.delete(key);
    }
  }
}
