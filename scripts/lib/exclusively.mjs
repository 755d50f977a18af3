import { inRoot } from './paths.mjs';
import { sleep } from './processes.mjs';
import { say } from './progress.mjs';
import { takeLock } from './takeLock.mjs';

const file = inRoot('.build.lock');

/**
 * Does work that changes the clone (install, build) while no other start of
 * the same clone does. A lock whose process is gone holds nobody up.
 */
export async function exclusively(work) {
  let told = false;
  let lock = takeLock(file, 0o644);
  while (lock.holder) {
    if (!told) say('  … another start is building in this clone; waiting');
    told = true;
    await sleep(200);
    lock = takeLock(file, 0o644);
  }
  try {
    return await work();
  } finally {
    lock.release();
  }
}
