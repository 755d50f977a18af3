import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { BlobReferences } from './BlobReferences';

/**
 * Removes a blob that nothing refers to any more; what referred to it must be
 * gone for good: were it to come back, with a transaction that is undone, it
 * would refer to nothing.
 *
 * @returns whether it was removed
 */
export async function removeUnusedBlob(
  from: { artifacts: ArtifactStore; references: BlobReferences },
  system: string,
  digest: string,
): Promise<boolean> {
  return await from.references.removeUnused(system, digest, () =>
    from.artifacts.delete(digest as Sha256, system),
  );
}
