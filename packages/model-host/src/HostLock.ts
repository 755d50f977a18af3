import { linkSync, rmSync, writeFileSync } from 'node:fs';
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
      if (take(path)) {
        return new HostLock(path);
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

/** Whole or not at all: nobody may read of a holder that is not named yet. */
function take(path: string): boolean {
  const temporary = `${path}.${process.pid}.tmp`;
  const { pid } = process;
  try {
    writeFileSync(
      temporary,
      JSON.stringify({ pid, startTime: startTimeOf(pid) }),
      { mode: 0o600 },
    );
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function readHolder(
  path: string,
): { pid: number; startTime: string } | undefined {
  try {
    return readJsonFile(path) as { pid: number; startTime: string };
  } catch {
    // The machine went down over it.
    return undefined;
  }
}
