/** Address space, KiB: what somebody else's packages may take of the machine while they are installed. */
const MAX_MEMORY_KIB = 8 * 1024 * 1024;
/** All that serves goes first. */
const NICE = 10;

/** A command line that runs another one beside all that serves, with no more memory than that. */
export function limited(command: string, args: string[]): [string, string[]] {
  // Not all systems can hold a process to its memory.
  const script = `ulimit -v ${MAX_MEMORY_KIB} 2>/dev/null; exec nice -n ${NICE} "$0" "$@"`;
  return ['/bin/sh', ['-c', script, command, ...args]];
}
