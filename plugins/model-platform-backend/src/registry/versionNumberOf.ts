import { InputError } from '@backstage/errors';

/** The number of a version in an address. */
export function versionNumberOf(version: string): number {
  if (!/^\d{1,9}$/.test(version)) {
    throw new InputError(`'${version}' is not the number of a version`);
  }
  return Number(version);
}
