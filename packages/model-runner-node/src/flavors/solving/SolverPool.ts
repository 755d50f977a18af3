import { availableParallelism } from 'node:os';
import { RequestError } from '../../RequestError';
import { JobEnd, SolverThread } from './SolverThread';

/** Solves that run at once; each takes a processor. */
const LANES = Math.min(2, availableParallelism());
const MAX_WAITING = 64;

/** Threads of one engine, one of them always warm. Calls beyond its lanes wait for their turn. */
export class SolverPool {
  private spare?: SolverThread;
  private readonly busy = new Set<SolverThread>();
  private readonly waiting: Array<() => void> = [];
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
   * Rejects with `RequestError` 503 where too many wait already, and with the
   * engine's error where it fails.
   *
   * @param limitMs - after which the job's thread is ended from outside
   */
  async run(
    job: unknown,
    limitMs: number,
    onProgress: (value: unknown) => void = () => {},
  ): Promise<JobEnd> {
    await this.turn();
    const thread = this.take();
    try {
      return await thread.run(job, limitMs, onProgress);
    } finally {
      this.giveBack(thread);
      this.running -= 1;
      this.waiting.shift()?.();
    }
  }

  close(): void {
    this.closed = true;
    this.spare?.end();
    for (const thread of this.busy) thread.end();
  }

  private async turn(): Promise<void> {
    if (this.running >= LANES) {
      if (this.waiting.length >= MAX_WAITING) {
        throw new RequestError(
          503,
          `${MAX_WAITING} calls wait for the solver already.`,
          undefined,
          { 'retry-after': '5' },
        );
      }
      await new Promise<void>(resolve => this.waiting.push(resolve));
    }
    this.running += 1;
  }

  private take(): SolverThread {
    const thread =
      this.spare && !this.spare.isOver
        ? this.spare
        : new SolverThread(this.engine);
    this.spare = undefined;
    this.busy.add(thread);
    // The next one gets warm while this one works.
    if (!this.reusable) this.spare = new SolverThread(this.engine);
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
