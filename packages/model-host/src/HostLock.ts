import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { readJsonFile } from './jsonFile';
import { startTimeOf } from './startTimeOf';

/** One host a data folder. A lock whose holder is gone counts for nothing. */
export class HostLock {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws Error that names the process that holds it */
  static acquire(path: string): HostLock {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      try {
        const file = openSync(path, 'wx', 0o600);
        writeSync(
          file,
          JSON.stringify({
            pid: process.pid,
            startTime: startTimeOf(process.pid),
          }),
        );
        closeSync(file);
        return new HostLock(path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
          throw error;
        }
      }
      const holder = readHolder(path);
      if (holder && startTimeOf(holder.pid) === holder.startTime) {
        throw new Error(
          `Another host (process ${holder.pid}) already serves this data folder; end it first`,
        );
      }
      rmSync(path, { force: true });
    }
    throw new Error(
      `${path} could not be taken: other hosts are being started at the same time`,
    );
  }

  release(): void {
    rmSync(this.#path, { force: true });
  }
}

function readHolder(
  path: string,
): { pid: number; startTime: string } | undefined {
  try {
    return readJsonFile(path) as { pid: number; startTime: string };
  } catch {
    // Half written by one that was killed over it.
    return undefined;
  }
}
