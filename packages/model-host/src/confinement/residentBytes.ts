import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PAGE_BYTES = 4096;

/**
 * Memory that a process and those it started have in use, bytes; of pages that
 * several of them share, each counts its own. Undefined where it cannot be told.
 */
export async function residentBytes(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') {
    return residentOnLinux(String(pid));
  }
  try {
    const { stdout } = await run('ps', ['-o', 'rss=', '-g', String(pid)]);
    return stdout
      .split('\n')
      .reduce((sum, line) => sum + Number(line.trim()) * 1024, 0);
  } catch {
    return undefined;
  }
}

/** All of the session that the process leads. */
function residentOnLinux(leader: string): number | undefined {
  let bytes: number | undefined;
  for (const entry of readdirSync('/proc')) {
    const fields = /^\d+$/.test(entry) ? statFields(entry) : undefined;
    if (fields?.[3] === leader) {
      bytes = (bytes ?? 0) + Number(fields[21]) * PAGE_BYTES;
    }
  }
  return bytes;
}

/** Those after the program's name, which stands in parentheses and may hold anything. */
function statFields(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
