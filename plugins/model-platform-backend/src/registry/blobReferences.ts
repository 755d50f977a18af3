import { Knex } from 'knex';

/**
 * Every table whose rows use blobs, by their columns `system` and `digest`.
 * What none of them names may be removed, while the scope is locked.
 */
export const blobReferences = ['registry_files', 'mlflow_artifacts'] as const;

export async function isBlobUsed(
  tx: Knex,
  system: string,
  digest: string,
): Promise<boolean> {
  for (const table of blobReferences) {
    if (await tx(table).where({ system, digest }).first('digest')) return true;
  }
  return false;
}
