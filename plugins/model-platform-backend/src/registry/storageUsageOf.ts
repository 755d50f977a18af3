import { VersionFile } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { FileRow } from './modelRows';
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
    .max({ bytes: 'size_bytes' })
    .as('distinct_files');
  const sum = await tx
    .from(distinct)
    .sum({ bytes: 'bytes' })
    .first<{ bytes: number | string | null }>();
  const added = new Map(files.map(file => [file.digest, file.sizeBytes]));
  const digests = [...added.keys()];
  for (let start = 0; start < digests.length; start += INSERT_CHUNK) {
    const part = digests.slice(start, start + INSERT_CHUNK);
    for (const table of TABLES) {
      const known: Array<Pick<FileRow, 'digest'>> = await tx(table)
        .where({ system })
        .whereIn('digest', part)
        .distinct('digest');
      for (const { digest } of known) added.delete(digest);
    }
  }
  return {
    used: Number(sum.bytes ?? 0),
    added: [...added.values()].reduce((total, bytes) => total + bytes, 0),
  };
}
