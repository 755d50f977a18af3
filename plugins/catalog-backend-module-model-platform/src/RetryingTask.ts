import { LoggerService } from '@backstage/backend-plugin-api';
import { toError } from '@backstage/errors';
import { CoalescedTask } from './CoalescedTask';

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

/**
 * A coalesced task that after a failure tries again by itself, soon at first,
 * then less and less often.
 */
export class RetryingTask {
  private readonly task: CoalescedTask;
  private timer: { handle: NodeJS.Timeout; dueAt: number } | undefined;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly what: string,
    private readonly logger: LoggerService,
    fn: () => Promise<void>,
  ) {
    this.task = new CoalescedTask(async () => {
      if (this.stopped) return;
      this.clearTimer();
      try {
        await fn();
        if (this.failures > 0)
          this.logger.info(
            `${what} works again after ${this.failures} failed attempts`,
          );
        this.failures = 0;
      } catch (error) {
        this.failed(toError(error));
      }
    });
  }

  /** Never rejects: failures are logged, and tried again. */
  request(): Promise<void> {
    return this.task.request();
  }

  /** Runs it after at most this long; asking again does not put it off. */
  requestIn(delayMs: number): void {
    if (this.stopped) return;
    const dueAt = Date.now() + delayMs;
    if (this.timer && this.timer.dueAt <= dueAt) return;
    this.clearTimer();
    const handle = setTimeout(() => {
      this.timer = undefined;
      void this.request();
    }, delayMs);
    handle.unref();
    this.timer = { handle, dueAt };
  }

  stop(): void {
    this.stopped = true;
    this.clearTimer();
  }

  private clearTimer(): void {
    clearTimeout(this.timer?.handle);
    this.timer = undefined;
  }

  private failed(error: Error): void {
    const delayMs = Math.min(
      FIRST_DELAY_MS * 2 ** this.failures,
      LONGEST_DELAY_MS,
    );
    this.failures += 1;
    const message = `${this.what} failed, nothing was removed; trying again in ${delayMs} ms: ${error.message}`;
    // At start the other plugin is often a second later: no reason to worry anyone.
    if (this.failures <= 3) this.logger.info(message);
    else this.logger.warn(message);
    this.requestIn(delayMs);
  }
}
