import { VersionFile } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { INSERT_CHUNK } from './insertChunk';
import { StorageUsage } from './VersionStore';

/** Whose files count: those of versions and drafts, and those of MLflow's runs and logged models. */
const TABLES = ['registry_files', 'mlflow_artifacts'];

/** Bytes of a system's files, and those that further files would add; equal files count once. */
export async function storageUsageOf(
  tx: Knex,
  system: string,
  files: VersionFile[],
): Promise<StorageUsage> {
  const [first, ...others] = TABLES.map(table =>
    tx(table).where({ system }).select('digest', 'size_bytes'),
  );
  const distinct = tx
    .from(first.union(others).as('files'))
    .groupBy('digest')
    .max({ bytes: 'size_bytes' });
  const sum = await tx
    .from(distinct.clone().as('distinct_files'))
    .sum({ bytes: 'bytes' })
    .first<{ bytes: number | string | null }>();
  const added = new Map(files.map(file => [file.digest, file.sizeBytes]));
  const digests = [...added.keys()];
  for (let start = 0; start < digests.length; start += INSERT_CHUNK) {
    const known = await distinct
      .clone()
      .whereIn('digest', digests.slice(start, start + INSERT_CHUNK))
      .select<Array<{ digest: string; bytes: number | string }>>('digest');
    // A draft may say any size of a digest until its file came.
    for (const { digest, bytes } of known)
      added.set(digest, Math.max(0, (added.get(digest) ?? 0) - Number(bytes)));
  }
  return {
    used: Number(sum.bytes ?? 0),
    added: [...added.values()].reduce((total, bytes) => total + bytes, 0),
  };
}
