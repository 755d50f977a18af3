import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { eventually, isAlive, root } from '../platform/Platform';

/** As `npm start` runs installers, builds and commands, and ends when it is asked to. */
const START = `
const { run } = await import(${JSON.stringify(
  path.join(root, 'scripts/lib/run.mjs'),
)});
process.on('SIGTERM', () => process.exit(0));
run(process.execPath, [
  '-e',
  'process.stderr.write(String(process.pid)); setInterval(() => {}, 1_000)',
], { show: true });
`;

test('what a start runs ends with it: the next one would run it beside that', async () => {
  const start = spawn(process.execPath, ['--input-type=module', '-e', START], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(start, 'exit');
  const [told] = await once(start.stderr, 'data');
  const pid = Number(told);
  try {
    expect(isAlive(pid)).toBe(true);
    start.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    await eventually('it ended', () => !isAlive(pid), 30_000);
  } finally {
    if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    start.kill('SIGKILL');
  }
});

/** Ends a process that, just when it gets this signal, has gone by itself. */
const END = `
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
const { end, startTimeOf } = await import(${JSON.stringify(
  path.join(root, 'scripts/lib/processes.mjs'),
)});
const [signal] = process.argv.slice(1);
const program =
  'process.on("SIGTERM", () => {}); process.stdout.write(String(process.pid)); setInterval(() => {}, 1_000)';
// Whose parent takes notice at once, as that of a portal does.
const shell = spawn('sh', ['-c', '"$0" -e "$1" & wait', process.execPath, program]);
const pid = Number((await once(shell.stdout, 'data'))[0]);
const { kill } = process;
process.kill = (...args) => {
  if (args[1] === signal) {
    kill(pid, 'SIGKILL');
    try {
      for (;;) kill(pid, 0);
    } catch {
      // It has gone.
    }
  }
  return kill(...args);
};
await end({ pid, startTime: startTimeOf(pid) }, { graceMs: 100 });
`;

for (const signal of ['SIGTERM', 'SIGKILL'])
  test(`what ends by itself just before its ${signal} has ended`, async () => {
    const done = promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      END,
      signal,
    ]);
    expect(await done).toEqual({ stdout: '', stderr: '' });
  });
