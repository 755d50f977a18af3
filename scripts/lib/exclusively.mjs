import fs from 'node:fs';
import { readJson } from './dataFolder.mjs';
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
  while (!take(mine)) {
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

/** Whole or not at all: written aside, then linked to its name. */
function take(content) {
  const aside = `${file}.${process.pid}`;
  fs.writeFileSync(aside, content);
  try {
    fs.linkSync(aside, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(aside, { force: true });
  }
}
