/**
 * The same program, which leaves no copy of its memory behind when it crashes:
 * that would hold what callers sent. The shell becomes the program.
 */
export function withoutCoreDumps<
  Program extends { command: string; args: string[] },
>(launch: Program): Program {
  return {
    ...launch,
    command: '/bin/sh',
    args: [
      '-c',
      'ulimit -c 0; exec "$@"',
      'sh',
      launch.command,
      ...launch.args,
    ],
  };
}
