import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
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
