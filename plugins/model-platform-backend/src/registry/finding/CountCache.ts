const FRESH_MS = 15_000;
const USABLE_MS = 10 * 60_000;
const MAX_ENTRIES = 1_000;

interface Entry<T> {
  value: T;
  countedAt: number;
  recounting: boolean;
}

/**
 * Remembers what was counted over many rows. What is older than some seconds
 * is still given out, while it is counted again beside it: nobody waits for a
 * count that somebody asked for before.
 */
export class CountCache<T> {
  private readonly entries = new Map<string, Entry<T>>();
  private readonly now: () => number;
  private readonly onError: (error: unknown) => void;

  constructor(
    options: {
      now?: () => number;
      /** Told when counting again fails; the old count is given out until it is too old. */
      onError?: (error: unknown) => void;
    } = {},
  ) {
    this.now = options.now ?? Date.now;
    this.onError = options.onError ?? (() => {});
  }

  /** @param isWorthKeeping - false for what is counted at once, and so is always exact */
  async get(
    key: string,
    count: () => Promise<T>,
    isWorthKeeping: (value: T) => boolean,
  ): Promise<T> {
    const entry = this.entries.get(key);
    const age = entry ? this.now() - entry.countedAt : Infinity;
    if (!entry || age > USABLE_MS) {
      const value = await count();
      this.keep(key, value, isWorthKeeping);
      return value;
    }
    if (age > FRESH_MS && !entry.recounting) {
      entry.recounting = true;
      void count()
        .then(value => this.keep(key, value, isWorthKeeping))
        .catch(error => {
          entry.recounting = false;
          this.onError(error);
        });
    }
    return entry.value;
  }

  private keep(
    key: string,
    value: T,
    isWorthKeeping: (value: T) => boolean,
  ): void {
    this.entries.delete(key);
    if (!isWorthKeeping(value)) return;
    this.entries.set(key, {
      value,
      countedAt: this.now(),
      recounting: false,
    });
    const [oldest] = this.entries.keys();
    if (this.entries.size > MAX_ENTRIES) this.entries.delete(oldest);
  }
}
