import { Worker } from 'node:worker_threads';

/** What a thread says: first that it is ready, then of each job how it goes and how it ended. */
export type ThreadMessage =
  | { type: 'ready' }
  | { type: 'progress'; value: unknown }
  | { type: 'done'; value: unknown }
  | { type: 'failed'; message: string };

/** How a job ended; `stopped`: it did not end at its limit, and its thread was ended. */
export type JobEnd = ({ end: 'done'; value: unknown } | { end: 'stopped' }) & {
  /** What it took, without the time it waited for its turn. */
  tookMs: number;
};

/** Until when a job goes on. */
export interface JobLimit {
  /** After which its thread is ended from outside. */
  limitMs: number;
  /** Aborted where nobody waits for it any more. */
  signal?: AbortSignal;
}

/** An engine in a thread of its own, which can be ended whatever it does. */
export class SolverThread {
  private readonly worker: Worker;
  readonly ready: Promise<void>;
  private listener: (message: ThreadMessage) => void = () => {};
  private fail: (error: Error) => void = () => {};
  private over = false;

  constructor(engine: string) {
    this.worker = new Worker(__filename, {
      workerData: { engine },
      // Engines keep what they work on in WebAssembly, not in objects.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.worker.unref();
    this.worker.on('message', (message: ThreadMessage) =>
      this.listener(message),
    );
    this.worker.on('error', error => this.ended(error));
    this.worker.on('exit', () =>
      this.ended(new Error(`The thread of ${engine} ended by itself.`)),
    );
    this.ready = new Promise<void>((resolve, reject) => {
      this.fail = reject;
      this.listener = message => {
        if (message.type === 'failed') reject(new Error(message.message));
        else resolve();
      };
    });
    // A spare that fails is noticed when it is wanted.
    this.ready.catch(() => {});
  }

  get isOver(): boolean {
    return this.over;
  }

  /** One job at a time. Rejects where the engine fails, and where nobody waits any more. */
  async run(
    job: unknown,
    { limitMs, signal }: JobLimit,
    onProgress: (value: unknown) => void,
  ): Promise<JobEnd> {
    await this.ready;
    signal?.throwIfAborted();
    let timer: NodeJS.Timeout | undefined;
    let leave = () => {};
    try {
      return await new Promise<JobEnd>((resolve, reject) => {
        if (this.over) throw new Error('The thread has ended.');
        const begin = performance.now();
        const tookMs = () => performance.now() - begin;
        this.fail = reject;
        this.listener = message => {
          if (message.type === 'progress') onProgress(message.value);
          else if (message.type === 'done')
            resolve({ end: 'done', value: message.value, tookMs: tookMs() });
          else if (message.type === 'failed') {
            this.end();
            reject(new Error(message.message));
          }
        };
        timer = setTimeout(() => {
          this.end();
          resolve({ end: 'stopped', tookMs: tookMs() });
        }, limitMs);
        leave = () => {
          this.end();
          reject(signal?.reason);
        };
        signal?.addEventListener('abort', leave);
        this.worker.postMessage(job);
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', leave);
    }
  }

  end(): void {
    this.over = true;
    void this.worker.terminate();
  }

  private ended(error: Error) {
    this.over = true;
    this.fail(error);
  }
}
