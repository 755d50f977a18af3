import {
  chmodSync,
  lchownSync,
  lstatSync,
  readdirSync,
  rmSync,
  mkdirSync,
} from 'node:fs';
import { dirname, join, sep } from 'node:path';

/** Folders of the data folder on the way to what runners read. */
const PASSED = new Set(['host', 'versions', 'runners', 'venv', 'environments']);

/**
 * The group may read it all, others nothing; the owner, the platform, stays.
 * Files of data folders of before are brought to it as well.
 */
export function openToGroup(path: string, group: number): void {
  const stats = lstatSync(path);
  if (stats.gid !== group) {
    lchownSync(path, stats.uid, group);
  }
  if (stats.isSymbolicLink()) {
    return;
  }
  const wanted = stats.isDirectory() ? 0o750 : 0o440 | (stats.mode & 0o700);
  if ((stats.mode & 0o7777) !== wanted) {
    chmodSync(path, wanted);
  }
  if (stats.isDirectory()) {
    for (const name of readdirSync(path)) {
      openToGroup(join(path, name), group);
    }
  }
}

/** Everybody who gets to the folder may read and run what is in it: programs, no secrets. */
export function openToAll(folder: string): void {
  if (isOpen(lstatSync(folder).mode)) {
    return;
  }
  const open = (path: string) => {
    const stats = lstatSync(path);
    if (stats.isSymbolicLink()) {
      return;
    }
    if (stats.isDirectory()) {
      for (const name of readdirSync(path)) {
        open(join(path, name));
      }
    }
    const runs = stats.isDirectory() || (stats.mode & 0o100) !== 0;
    chmodSync(path, (stats.mode & 0o7777) | (runs ? 0o055 : 0o044));
  };
  // The folder itself comes last, and stands for all that is in it.
  open(folder);
}

/**
 * Lets others pass, not look, through the folders above a path that lie in the
 * data folder. What else is in those is closed to them before.
 */
export function openWayTo(path: string, dataDir: string): void {
  const above: string[] = [];
  for (
    let folder = dirname(path);
    `${folder}${sep}`.startsWith(`${dataDir}${sep}`);
    folder = dirname(folder)
  ) {
    above.unshift(folder);
  }
  for (const folder of above) {
    if (folder === dataDir || folder === join(dataDir, 'host')) {
      closeOthers(folder, dataDir);
    }
    const { mode } = lstatSync(folder);
    if ((mode & 0o077) !== 0o011) {
      chmodSync(folder, (mode & 0o700) | 0o011);
    }
  }
}

/** An empty folder that is the runner's alone. */
export function emptyFolder(path: string, user: number | undefined): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (user !== undefined) {
    lchownSync(path, user, user);
  }
}

function closeOthers(folder: string, dataDir: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    const isPassed = folder === dataDir ? PASSED.has(name) : name === 'scratch';
    const stats = lstatSync(path, { throwIfNoEntry: false });
    if (!isPassed && stats && !stats.isSymbolicLink() && stats.mode & 0o077) {
      chmodSync(path, stats.mode & 0o7700);
    }
  }
}

function isOpen(mode: number): boolean {
  return (mode & 0o055) === 0o055;
}
