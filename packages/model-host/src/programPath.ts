import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { packageFolder } from './packageFolder';

/** The `bin` of one of the platform's packages, started as a program, never imported. */
export function programPath(packageName: string): string {
  const folder = packageFolder(packageName);
  const { bin } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  ) as { bin: string };
  return resolve(folder, bin);
}
