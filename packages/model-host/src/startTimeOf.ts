import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

let bootId: string | undefined;

/**
 * When a process started, as the operating system tells it; undefined if there
 * is none, or only its remains that nobody has waited for. With the pid it
 * names a process once and for all: on Linux the time counts from boot, so the
 * boot is part of it.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      bootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // The program's name, in parentheses, may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      // The first thread may have ended before others: so long it holds its ports and locks.
      const hasEnded = 'ZX'.includes(fields[0]) && Number(fields[17]) <= 1;
      return hasEnded ? undefined : `${bootId}/${fields[19]}`;
    }
    const told = execFileSync(
      'ps',
      ['-o', 'state=,lstart=', '-p', String(pid)],
      {
        encoding: 'utf8',
      },
    ).trim();
    return told === '' || told.startsWith('Z')
      ? undefined
      : told.replace(/^\S+\s+/, '');
  } catch {
    return undefined;
  }
}
