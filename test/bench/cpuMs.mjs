import fs from 'node:fs';

/** Of Linux's clock that processes are measured with. */
const TICK_MS = 10;

/** Processor time that a process and those it started have had, whatever else the machine did. */
export function cpuMs(pid) {
  const children = fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean);
  // What comes before may have spaces.
  const [, rest] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = rest.split(' ').slice(11, 13).map(Number);
  return children.reduce(
    (total, child) => total + cpuMs(Number(child)),
    (user + system) * TICK_MS,
  );
}
