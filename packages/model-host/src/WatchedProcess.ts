import { ChildProcess } from 'node:child_process';
import { pause } from './pause';
import { startTimeOf } from './startTimeOf';

/** How soon the end of a process that is not our child is seen. */
const POLL_MS = 200;

/** A running process, our child or one that was taken over. */
export class WatchedProcess {
  readonly pid: number;
  readonly startTime: string;
  /** How it ended, in words. */
  readonly ended: Promise<string>;
  readonly #over = new AbortController();

  private constructor(
    pid: number,
    startTime: string,
    ended: (signal: AbortSignal) => Promise<string>,
  ) {
    this.pid = pid;
    this.startTime = startTime;
    this.ended = ended(this.#over.signal).then(reason => {
      this.#endGroup();
      this.#over.abort();
      return reason;
    });
  }

  /** Aborted once it has ended. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  static ofChild(child: ChildProcess, pid: number): WatchedProcess {
    const ended = new Promise<string>(resolve => {
      child.once('exit', (code, signal) => {
        resolve(signal ? `ended by ${signal}` : `exit code ${code}`);
      });
    });
    // A child that has ended is kept by the system until we wait for it: its pid is not reused.
    return new WatchedProcess(pid, startTimeOf(pid) ?? 'ended', () => ended);
  }

  /** Undefined if there is no such process, or another one has its pid. */
  static takeOver(pid: number, startTime: string): WatchedProcess | undefined {
    if (startTimeOf(pid) !== startTime) {
      return undefined;
    }
    return new WatchedProcess(pid, startTime, async () => {
      while (startTimeOf(pid) === startTime) {
        await pause(POLL_MS);
      }
      return 'ended';
    });
  }

  /** Only ever reaches the process that was started: never another one with its pid. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#over.signal.aborted || startTimeOf(this.pid) !== this.startTime) {
      return;
    }
    try {
      // It leads a group of its own; what it started goes with it.
      process.kill(signal === 'SIGKILL' ? -this.pid : this.pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
        throw error;
      }
    }
  }

  /** What it has started ends with it, and holds neither memory nor port. */
  #endGroup(): void {
    // Its pid is no other process's as long as its group has somebody in it.
    if (startTimeOf(this.pid) !== undefined) return;
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // There is nobody, or nobody whom the host may end.
    }
  }

  /** Asks, and after the time-out makes it. */
  async end(timeoutMs: number): Promise<void> {
    this.kill('SIGTERM');
    await pause(timeoutMs, this.over);
    while (!this.over.aborted) {
      this.kill('SIGKILL');
      await pause(100, this.over);
    }
  }
}
