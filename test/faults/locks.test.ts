import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, root } from '../platform/Platform';

/** Takes the folder it is given, and keeps it; `gate`: goes on with the removal of a lock once that file is there. */
const START = `
import fs from 'node:fs';
const [folder, gate] = process.argv.slice(1);
const { rmSync } = fs;
fs.rmSync = (file, options) => {
  if (gate && String(file).endsWith('start.lock')) {
    process.stdout.write('removes it\\n');
    while (!fs.existsSync(gate)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
  }
  rmSync(file, options);
};
const { lockDataFolder } = await import(${JSON.stringify(
  path.join(root, 'scripts/lib/dataFolder.mjs'),
)});
try {
  lockDataFolder(folder);
  process.stdout.write('has it\\n');
} catch (error) {
  process.stdout.write(\`refused: \${error.message}\\n\`);
}
setInterval(() => {}, 1_000);
`;

test.describe('a lock of the data folder whose process is gone', () => {
  let folder: string;
  let lock: string;
  const children: ChildProcess[] = [];

  test.beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-locks-'));
    lock = path.join(folder, 'start.lock');
  });

  test.afterEach(async () => {
    for (const child of children.splice(0)) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    fs.rmSync(folder, { recursive: true, force: true });
  });

  /** @returns what it has said so far */
  function start(...args: string[]): () => string {
    let said = '';
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', START, folder, ...args],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    child.stdout.on('data', chunk => {
      said += chunk;
    });
    children.push(child);
    return () => said;
  }

  const isTold = (said: () => string) => /has it|refused/.test(said());

  test('is taken by one of two that find it at the same time', async () => {
    fs.writeFileSync(
      lock,
      JSON.stringify({ pid: process.pid, startTime: 'of another one' }),
    );
    const gate = path.join(folder, 'gate');
    const slow = start(gate);
    await eventually('it has found it', () => slow().includes('removes it'));
    const quick = start();
    await eventually('the other one is through', () => isTold(quick));
    fs.writeFileSync(gate, '');
    await eventually('it is through, too', () => isTold(slow));
    expect(`${slow()}${quick()}`.match(/has it/g)).toHaveLength(1);
    expect(`${slow()}${quick()}`).toContain('The platform is already running');
    // Nothing is left of how they came to terms.
    expect(fs.readdirSync(folder).toSorted()).toEqual(['gate', 'start.lock']);
  });

  test('keeps nobody out for good, whatever it says, and whoever was about to remove it is gone, too', async () => {
    fs.writeFileSync(lock, '');
    const first = start(path.join(folder, 'never'));
    await eventually('it has found it', () => first().includes('removes it'));
    const [child] = children.splice(0);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const second = start();
    await eventually('it has it', () => second().includes('has it'));
  });
});
