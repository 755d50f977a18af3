import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './root';

const KEPT = path.join(root, '.cache', 'platform-venv');

/**
 * Environments of Python runners that an earlier platform has made, for one
 * with an empty data folder: making one takes longer than all else of its start.
 */
export function borrowPythonEnvironments(dataDir: string): void {
  if (!fs.existsSync(KEPT)) return;
  const venv = path.join(dataDir, 'venv');
  fs.mkdirSync(venv);
  // What another is just about to keep may be gone in a moment.
  for (const name of fs.readdirSync(KEPT))
    if (!name.startsWith('.'))
      link(path.join(KEPT, name), path.join(venv, name));
}

/** For platforms to come. */
export function keepPythonEnvironments(dataDir: string): void {
  const made = path.join(dataDir, 'venv');
  if (!fs.existsSync(made)) return;
  for (const name of fs.readdirSync(made)) {
    const kept = path.join(KEPT, name);
    const isWhole = fs.existsSync(path.join(made, name, '.complete'));
    if (!isWhole || fs.existsSync(kept)) continue;
    const part = path.join(KEPT, `.${name}-${process.pid}`);
    fs.mkdirSync(KEPT, { recursive: true });
    if (!link(path.join(made, name), part)) continue;
    try {
      fs.renameSync(part, kept);
    } catch (error) {
      fs.rmSync(part, { recursive: true });
      // A platform of another suite was first: its own is as good.
      if (!fs.existsSync(kept)) throw error;
    }
  }
}

/** Where hard links reach; else there is nothing to borrow, and each makes its own. */
function link(from: string, to: string): boolean {
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' });
    return true;
  } catch {
    fs.rmSync(to, { recursive: true, force: true });
    return false;
  }
}
