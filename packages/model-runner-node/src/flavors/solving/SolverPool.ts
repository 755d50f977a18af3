import { availableParallelism } from 'node:os';
import { RequestError } from '../../RequestError';
import { JobEnd, JobLimit, SolverThread } from './SolverThread';

/** Solves that run at once; each takes a processor. */
const LANES = Math.min(2, availableParallelism());
const MAX_WAITING = 64;

/** Threads of one engine, one of them always warm. Calls beyond its lanes wait for their turn. */
export class SolverPool {
  private spare?: SolverThread;
  private readonly busy = new Set<SolverThread>();
  /** In their order. */
  private readonly waiting = new Set<() => void>();
  private running = 0;
  private closed = false;

  /** `reusable`: whether a thread is good for another job after one that ended well. */
  constructor(
    private readonly engine: string,
    private readonly reusable: boolean,
  ) {}

  /** Resolves when a thread is warm; rejects where the engine can't be started. */
  async start(): Promise<void> {
    this.spare ??= new SolverThread(this.engine);
    await this.spare.ready;
  }

  /**
   * Rejects with `RequestError` 503 where too many wait already, with the
   * engine's error where it fails, and where nobody waits for it any more.
   */
  async run(
    job: unknown,
    limit: JobLimit,
    onProgress: (value: unknown) => void = () => {},
  ): Promise<JobEnd> {
    await this.turn(limit.signal);
    try {
      const thread = this.take();
      try {
        // The next one gets warm while this one works.
        if (!this.reusable) this.spare = new SolverThread(this.engine);
        return await thread.run(job, limit, onProgress);
      } finally {
        this.giveBack(thread);
      }
    } finally {
      this.leave();
    }
  }

  close(): void {
    this.closed = true;
    this.spare?.end();
    for (const thread of this.busy) thread.end();
  }

  private async turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.running < LANES) {
      this.running += 1;
      return;
    }
    if (this.waiting.size >= MAX_WAITING) {
      throw new RequestError(
        503,
        `${MAX_WAITING} calls wait for the solver already.`,
        undefined,
        { 'retry-after': '5' },
      );
    }
    let giveUp = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        giveUp = () => {
          // Whoever has the lane already gives it back by itself.
          if (this.waiting.delete(resolve)) reject(signal?.reason);
        };
        this.waiting.add(resolve);
        signal?.addEventListener('abort', giveUp);
      });
    } finally {
      signal?.removeEventListener('abort', giveUp);
    }
  }

  /** The lane goes to who waits longest, before anybody new can have it. */
  private leave() {
    const [next] = this.waiting;
    if (next) {
      this.waiting.delete(next);
      next();
    } else this.running -= 1;
  }

  private take(): SolverThread {
    const thread =
      this.spare && !this.spare.isOver
        ? this.spare
        : new SolverThread(this.engine);
    this.spare = undefined;
    this.busy.add(thread);
    return thread;
  }

  private giveBack(thread: SolverThread) {
    this.busy.delete(thread);
    if (this.closed || !this.reusable || (this.spare && !thread.isOver)) {
      thread.end();
      return;
    }
    this.spare ??= thread.isOver ? new SolverThread(this.engine) : thread;
  }
}
