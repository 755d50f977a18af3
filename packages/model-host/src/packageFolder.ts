import { dirname } from 'node:path';

/** Where one of the platform's packages lies. */
export function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}
