import fs from 'node:fs';
import { create, readJson } from './dataFolder.mjs';
import { inRoot } from './paths.mjs';
import { isRunning, sleep, startTimeOf } from './processes.mjs';
import { say } from './progress.mjs';

const file = inRoot('.build.lock');

/**
 * Does work that changes the clone (install, build) while no other start of
 * the same clone does. A lock whose process is gone holds nobody up.
 */
export async function exclusively(work) {
  const mine = JSON.stringify({
    pid: process.pid,
    startTime: startTimeOf(process.pid),
  });
  let told = false;
  while (!create(file, mine, 0o644)) {
    const other = readJson(file);
    if (other === undefined) continue;
    if (isRunning(other)) {
      if (!told) say('  … another start is building in this clone; waiting');
      told = true;
      await sleep(200);
    } else {
      fs.rmSync(file, { force: true });
    }
  }
  try {
    return await work();
  } finally {
    fs.rmSync(file, { force: true });
  }
}
