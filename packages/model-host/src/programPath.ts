import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** The `bin` of one of the platform's packages, started as a program, never imported. */
export function programPath(packageName: string): string {
  const packageFile = require.resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
    bin: string;
  };
  return resolve(dirname(packageFile), bin);
}
