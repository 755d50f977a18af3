import { setTimeout as sleep } from 'node:timers/promises';

/** How long who begins something waits for it: it is mostly done at once. */
const PATIENCE_MS = 250;

interface Undertaking {
  work: Promise<void>;
  /** Never rejects. */
  ended: Promise<void>;
  isEnded: boolean;
}

/**
 * Work that may take minutes, and that looks ask for again and again: the first
 * one waits a moment, later ones only learn whether it is done by now.
 */
export class Undertakings {
  private readonly underWay = new Map<string, Undertaking>();

  /**
   * Begins it where it is not under way. Throws what it failed with, and begins
   * it anew when it is asked for after that.
   *
   * @param onLate - called at its end if that was not waited for
   */
  async isDone(
    key: string,
    begin: () => Promise<void>,
    onLate: () => void,
  ): Promise<boolean> {
    let one = this.underWay.get(key);
    if (!one) {
      one = begun(begin());
      this.underWay.set(key, one);
      await patience(one);
      if (!one.isEnded) void one.ended.then(onLate);
    }
    if (!one.isEnded) return false;
    this.underWay.delete(key);
    await one.work;
    return true;
  }

  /** Forgets what has ended. */
  isUnderWay(key: string): boolean {
    const one = this.underWay.get(key);
    if (one?.isEnded) this.underWay.delete(key);
    return one !== undefined && !one.isEnded;
  }

  /** Resolves once it is not under way any more, and forgets it. */
  async over(key: string): Promise<void> {
    await this.underWay.get(key)?.ended;
    this.underWay.delete(key);
  }

  /** Resolves once nothing is under way any more. */
  async ended(): Promise<void> {
    await Promise.all([...this.underWay.values()].map(({ ended }) => ended));
  }
}

function begun(work: Promise<void>): Undertaking {
  const one: Undertaking = { work, ended: Promise.resolve(), isEnded: false };
  const end = () => {
    one.isEnded = true;
  };
  one.ended = work.then(end, end);
  return one;
}

async function patience({ ended }: Undertaking): Promise<void> {
  const waiting = new AbortController();
  try {
    await Promise.race([
      ended,
      sleep(PATIENCE_MS, undefined, { signal: waiting.signal }),
    ]);
  } finally {
    waiting.abort();
  }
}
