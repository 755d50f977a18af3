import fs from 'node:fs';
import path from 'node:path';
import { sharedPlatform } from '../platform/sharedPlatform';

/** The environment that the platform made for Python runners. */
export function runnerPython(): string {
  const environments = path.join(sharedPlatform().dataDir, 'venv');
  const made = fs
    .readdirSync(environments)
    .find(name => fs.existsSync(path.join(environments, name, '.complete')));
  return path.join(environments, made ?? '', 'bin/python');
}
