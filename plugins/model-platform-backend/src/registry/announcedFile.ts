import { ConflictError, InputError } from '@backstage/errors';
import { VersionFile } from '@model-platform/plugin-model-platform-common';
import { VersionRecord } from './VersionStore';

/** The file of a draft that has this digest. Throws `ConflictError` where it is no draft any more, `InputError` where it announced none. */
export function announcedFile(
  { version }: VersionRecord,
  digest: string,
): VersionFile {
  if (version.status !== 'draft') {
    throw new ConflictError(
      `Version ${version.number} of ${version.model} is ready; its files never change`,
    );
  }
  const file = version.files.find(one => one.digest === digest);
  if (!file) {
    throw new InputError(
      `The draft announces no file with the digest ${digest}`,
    );
  }
  return file;
}
