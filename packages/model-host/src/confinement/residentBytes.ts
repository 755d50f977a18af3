import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Memory that processes have in use, each with all that it started, bytes; of
 * pages that several of them share, each counts its own. What cannot be told
 * is not in the answer.
 *
 * @param strays - further processes of each, that are nobody's children any more
 */
export async function residentBytes(
  leaders: number[],
  strays: ReadonlyMap<number, number[]>,
): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  if (process.platform === 'linux') {
    for (const leader of leaders) {
      const family = new Set<number>();
      [leader, ...(strays.get(leader) ?? [])].forEach(pid =>
        addFamily(pid, family),
      );
      const bytes = [...family].map(residentOf).filter(isNumber);
      if (bytes.length > 0) {
        found.set(
          leader,
          bytes.reduce((sum, more) => sum + more),
        );
      }
    }
    return found;
  }
  try {
    const { stdout } = await run('ps', [
      ...['-o', 'pgid=,rss='],
      ...['-g', leaders.join(',')],
    ]);
    for (const line of stdout.trim().split('\n')) {
      const [leader, kilobytes] = line.trim().split(/\s+/).map(Number);
      found.set(leader, (found.get(leader) ?? 0) + kilobytes * 1024);
    }
  } catch {
    // All of them have ended.
  }
  return found;
}

/**
 * Processes by the one that leads their session, on Linux: reads of every
 * process of the machine, which is not for every look.
 */
export function sessions(): Map<number, number[]> {
  const found = new Map<number, number[]>();
  if (process.platform !== 'linux') {
    return found;
  }
  for (const entry of readdirSync('/proc')) {
    const stat = /^\d+$/.test(entry) ? read(`/proc/${entry}/stat`) : undefined;
    if (stat !== undefined) {
      // After the program's name, which stands in parentheses and may hold anything.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const leader = Number(fields[3]);
      found.set(leader, [...(found.get(leader) ?? []), Number(entry)]);
    }
  }
  return found;
}

/** The process, its children, and theirs. */
function addFamily(pid: number, family: Set<number>): void {
  if (family.has(pid)) {
    return;
  }
  family.add(pid);
  for (const thread of namesIn(`/proc/${pid}/task`)) {
    const children = read(`/proc/${pid}/task/${thread}/children`) ?? '';
    for (const child of children.split(' ').filter(Boolean)) {
      addFamily(Number(child), family);
    }
  }
}

function residentOf(pid: number): number | undefined {
  const status = read(`/proc/${pid}/status`) ?? '';
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
