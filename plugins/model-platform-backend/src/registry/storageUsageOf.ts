import { VersionFile } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { FileRow } from './modelRows';
import { INSERT_CHUNK } from './insertChunk';
import { StorageUsage } from './VersionStore';

/** Bytes of a system's files, and those that further files would add; equal files count once. */
export async function storageUsageOf(
  tx: Knex,
  system: string,
  files: VersionFile[],
): Promise<StorageUsage> {
  const distinct = tx<FileRow>('registry_files')
    .where({ system })
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
    const known = await tx<FileRow>('registry_files')
      .where({ system })
      .whereIn('digest', digests.slice(start, start + INSERT_CHUNK))
      .groupBy('digest')
      .select('digest')
      .max({ bytes: 'size_bytes' });
    // A draft may say any size of a digest until its file came.
    for (const { digest, bytes } of known)
      added.set(digest, Math.max(0, (added.get(digest) ?? 0) - Number(bytes)));
  }
  return {
    used: Number(sum.bytes ?? 0),
    added: [...added.values()].reduce((total, bytes) => total + bytes, 0),
  };
}
