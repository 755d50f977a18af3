import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  ModelVersion,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';
import { pack } from 'tar-stream';

/**
 * The files of a version as a tar that streams. The same version gives the
 * same bytes: ordered by path, times and owners of nobody. Rejects where the
 * first file cannot be opened, before anything is sent.
 */
export async function packVersion(
  version: ModelVersion,
  open: (file: VersionFile) => Promise<Readable>,
): Promise<Readable> {
  const archive = pack();
  const files = [...version.files].sort((left, right) =>
    left.path < right.path ? -1 : 1,
  );
  const mtime = new Date(version.readyAt ?? version.createdAt);
  const add = async (file: VersionFile, source: Readable) =>
    await pipeline(
      source,
      archive.entry({
        name: file.path,
        size: file.sizeBytes,
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime,
      }),
    );
  const [first, ...others] = files;
  const source = await open(first);
  const addAll = async () => {
    await add(first, source);
    for (const file of others) await add(file, await open(file));
    archive.finalize();
  };
  addAll().catch(error => archive.destroy(error));
  return Readable.from(archive);
}
