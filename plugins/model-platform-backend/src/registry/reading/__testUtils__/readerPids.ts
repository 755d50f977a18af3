import { execFileSync } from 'node:child_process';

/** Of the programs that read files for this process now. */
export function readerPids(): number[] {
  const lines = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], {
    encoding: 'utf8',
  });
  return lines.split('\n').flatMap(line => {
    const [pid, parent, state, ...args] = line.trim().split(/\s+/);
    const isReader =
      Number(parent) === process.pid &&
      !state.startsWith('Z') &&
      args.join(' ').includes('model-file-reader');
    return isReader ? [Number(pid)] : [];
  });
}

/** Those of them that have not ended by themselves meanwhile. */
export function killReaders(): void {
  for (const pid of readerPids()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      if (Object(error).code !== 'ESRCH') throw error;
    }
  }
}
