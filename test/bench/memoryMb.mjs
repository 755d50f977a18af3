import fs from 'node:fs';

/** What a process and those it started hold, shared pages split among them. */
export function memoryMb(pid) {
  const children = fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean);
  const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(
    fs.readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'),
  );
  return children.reduce(
    (total, child) => total + memoryMb(Number(child)),
    Number(kilobytes) / 1024,
  );
}
