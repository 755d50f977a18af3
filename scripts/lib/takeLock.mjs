import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { isRunning, startTimeOf } from './processes.mjs';

/**
 * Makes a file that says that this process has something for itself, unless a
 * process that runs has it. A lock whose process is gone holds nobody up.
 *
 * @returns `{ release }`, which gives it free again, or `{ holder }`, whose it is or will be in a moment
 */
export function takeLock(file, mode) {
  const mine = JSON.stringify({
    pid: process.pid,
    startTime: startTimeOf(process.pid),
  });
  for (;;) {
    if (create(file, mine, mode)) return { release: () => remove(file, mine) };
    const text = textOf(file);
    if (text === undefined) continue;
    const holder = holderIn(text);
    if (isRunning(holder)) return { holder };
    // Who removes what others have found as well may remove what one of them has made since.
    const removal = takeLock(`${file}.${nameOf(text)}`, mode);
    if (removal.holder) return removal;
    try {
      remove(file, text);
    } finally {
      removal.release();
    }
  }
}

/** Makes the file whole or not at all; false if there is one already. */
function create(file, content, mode) {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    fs.writeFileSync(temporary, content, { mode });
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

/** Unless it says something else by now. */
function remove(file, text) {
  if (textOf(file) === text) fs.rmSync(file, { force: true });
}

function textOf(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Of a lock that the machine went down over, undefined. */
function holderIn(text) {
  try {
    return JSON.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}

const nameOf = text =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);
