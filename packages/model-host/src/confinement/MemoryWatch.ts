import { pause } from '../pause';
import { WatchedProcess } from '../WatchedProcess';
import { residentBytes, sessions } from './residentBytes';

const LOOK_MS = 250;
/** How often processes are looked for whose parents have ended: every process of the machine is read for it. */
const SESSIONS_MS = 5_000;

interface Watch {
  process: WatchedProcess;
  limitBytes: number;
  onMore: () => void;
}

/** Knows who has more memory than it may, where no group of the kernel holds it: one look for all of them, in turn. */
export class MemoryWatch {
  readonly #watches = new Set<Watch>();
  #isLooking = false;

  /** Resolves once the process has more, with all that it started; else when it has ended. */
  async hasMore(process: WatchedProcess, limitBytes: number): Promise<boolean> {
    let onMore = () => {};
    const more = new Promise<boolean>(resolve => {
      onMore = () => resolve(true);
    });
    const watch = { process, limitBytes, onMore };
    this.#watches.add(watch);
    void this.#look();
    try {
      return await Promise.race([more, process.ended.then(() => false)]);
    } finally {
      this.#watches.delete(watch);
    }
  }

  async #look(): Promise<void> {
    if (this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    let strays = new Map<number, number[]>();
    let straysAt = Date.now();
    while (this.#watches.size > 0) {
      if (Date.now() - straysAt > SESSIONS_MS) {
        strays = sessions();
        straysAt = Date.now();
      }
      const pids = Array.from(this.#watches, ({ process }) => process.pid);
      const used = await residentBytes(pids, strays);
      for (const { process, limitBytes, onMore } of this.#watches) {
        if ((used.get(process.pid) ?? 0) > limitBytes) {
          onMore();
        }
      }
      await pause(LOOK_MS);
    }
    this.#isLooking = false;
  }
}
