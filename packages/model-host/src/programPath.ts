import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
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

/** All that a package's program reads: its own folder and those of its dependencies, by their real paths. */
export function programFolders(packageName: string): string[] {
  const folder = packageFolder(packageName);
  const dependencies =
    createRequire(join(folder, 'package.json')).resolve.paths('any') ?? [];
  return [folder, ...dependencies]
    .filter(path => existsSync(path))
    .map(path => realpathSync(path));
}
