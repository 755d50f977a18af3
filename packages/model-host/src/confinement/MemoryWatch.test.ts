import { spawn } from 'node:child_process';
import { WatchedProcess } from '../WatchedProcess';
import { MemoryWatch } from './MemoryWatch';

jest.setTimeout(60_000);

const LIMIT = 128 * 1024 * 1024;
/** It ends by itself: who has lost his parent is ended by nobody. */
const hog = `'${process.execPath}' -e 'globalThis.kept = Buffer.alloc(256 << 20, 1); setTimeout(() => {}, 30_000)'`;

const watch = new MemoryWatch();
let watched: WatchedProcess[] = [];

/** A shell that leads a group of its own, as runners do. */
function start(script: string): WatchedProcess {
  const child = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: 'ignore',
  });
  const started = WatchedProcess.ofChild(child, child.pid as number);
  watched.push(started);
  return started;
}

afterEach(async () => {
  await Promise.all(watched.map(process => process.end(0)));
  watched = [];
});

it('counts a process with all that it started, and each of several alone', async () => {
  const grown = start(`(${hog}; :); :`);
  const small = start('sleep 1000; :');
  let isOver = false;
  const ofSmall = watch.hasMore(small, LIMIT).finally(() => {
    isOver = true;
  });
  expect(await watch.hasMore(grown, LIMIT)).toBe(true);
  expect(isOver).toBe(false);
  await small.end(0);
  expect(await ofSmall).toBe(false);
});

it('finds what is nobody’s child any more', async () => {
  const parent = start(`(${hog} &); sleep 1000`);
  expect(await watch.hasMore(parent, LIMIT)).toBe(true);
});
