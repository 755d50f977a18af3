import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * The process that leads its own session and was started with this environment
 * variable. Finds a child whose parent was killed before it could write down
 * the pid.
 *
 * @param session - any process in this one is meant instead
 */
export function findByEnvironment(
  name: string,
  value: string,
  session?: number,
): number | undefined {
  const assignment = `${name}=${value}`;
  if (process.platform === 'linux') {
    for (const entry of readdirSync('/proc')) {
      const wanted = String(session ?? entry);
      if (/^\d+$/.test(entry) && hasEnvironment(entry, assignment, wanted)) {
        return Number(entry);
      }
    }
    return undefined;
  }
  for (const line of listed()) {
    const [pid, group] = line.trim().split(/\s+/, 2);
    if (
      group === String(session ?? pid) &&
      line.split(/\s+/).includes(assignment)
    ) {
      return Number(pid);
    }
  }
  return undefined;
}

function hasEnvironment(
  pid: string,
  assignment: string,
  wanted: string,
): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const session = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3];
    return (
      session === wanted &&
      readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .includes(assignment)
    );
  } catch {
    // Another user's, or gone in the meantime.
    return false;
  }
}

function listed(): string[] {
  try {
    return execFileSync('ps', ['-axEww', '-o', 'pid=,pgid=,command='], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    }).split('\n');
  } catch {
    return [];
  }
}
