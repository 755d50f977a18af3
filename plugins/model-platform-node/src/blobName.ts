import { InputError } from '@backstage/errors';
import { Sha256, SystemScope } from './ArtifactStore';

/** The digits of a digest; throws `InputError` where it is none. @public */
export function hexOf(digest: Sha256): string {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (!hex) {
    throw new InputError(
      `'${digest}' is not sha256: and 64 lower-case hexadecimal digits`,
    );
  }
  return hex;
}

/** One folder name for a system, never that of another nor a way out: `other/crm` is `other%2Fcrm`. @public */
export function blobFolder(scope: SystemScope): string {
  const folder = encodeURIComponent(scope).replace(/\./g, '%2E');
  if (folder === '') {
    throw new InputError('A system must have a name');
  }
  return folder;
}

/**
 * Where the blobs of a system lie in a folder or bucket, `/`-separated:
 * `crm/sha256/ab/ab12…`. Stores and whoever reads beside them go by it.
 *
 * @public
 */
export function blobName(digest: Sha256, scope: SystemScope): string {
  const hex = hexOf(digest);
  return `${blobFolder(scope)}/sha256/${hex.slice(0, 2)}/${hex}`;
}
