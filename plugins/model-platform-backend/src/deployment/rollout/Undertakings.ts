import { setTimeout as sleep } from 'node:timers/promises';

/** How long who begins something waits for it: it is mostly done at once. */
const PATIENCE_MS = 250;
/** Whoever looks at once, because it has failed, learns what with. */
const REST_MS = 500;

interface Undertaking {
  /** Never rejects. */
  ended: Promise<void>;
  isEnded: boolean;
  /** What it ended with, and since when. */
  failed?: { error: unknown; at: number };
  /** What the one before it failed with: as long as it is tried again, that holds. */
  before?: { error: unknown };
}

/**
 * Work that may take minutes, and that looks ask for again and again: the first
 * one waits a moment, later ones only learn whether it is done by now.
 */
export class Undertakings {
  private readonly underWay = new Map<string, Undertaking>();

  /**
   * Begins it where it is not under way. Throws what it failed with; asked for
   * after a rest, it begins it anew, and goes on throwing that until it is done.
   *
   * @param onLate - called at its end if that was not waited for
   */
  async isDone(
    key: string,
    begin: () => Promise<void>,
    onLate: () => void,
  ): Promise<boolean> {
    let one = this.underWay.get(key);
    if (!one || (one.failed && Date.now() - one.failed.at >= REST_MS)) {
      one = begun(begin(), one?.failed);
      this.underWay.set(key, one);
      await patience(one);
      if (!one.isEnded) void one.ended.then(onLate);
    }
    const failed = one.isEnded ? one.failed : one.before;
    if (failed) throw failed.error;
    if (one.isEnded) this.underWay.delete(key);
    return one.isEnded;
  }

  isUnderWay(key: string): boolean {
    return this.underWay.get(key)?.isEnded === false;
  }

  /** Forgets one that has ended, however. */
  forget(key: string): void {
    if (!this.isUnderWay(key)) this.underWay.delete(key);
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

function begun(
  work: Promise<void>,
  before: Undertaking['before'],
): Undertaking {
  const one: Undertaking = { ended: Promise.resolve(), isEnded: false, before };
  one.ended = work.then(
    () => {
      one.isEnded = true;
    },
    error => {
      one.isEnded = true;
      one.failed = { error, at: Date.now() };
    },
  );
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
