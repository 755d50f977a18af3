import { createHash } from 'node:crypto';
import { FileHandle, open } from 'node:fs/promises';
import { VersionFile } from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { FoundFile } from './collectFiles';

/** A file with its digest, and where it is read from when it is sent. */
export interface HashedFile extends VersionFile {
  location: string;
}

/** A stretch of a file. */
export interface FileRange {
  start: number;
  sizeBytes: number;
}

/**
 * Digest and size of a file or of a stretch of it, however large, in the
 * memory of one buffer.
 *
 * @throws CliError `Refused` where it cannot be read.
 */
export async function hashFile(
  file: FoundFile,
  signal: AbortSignal,
  range: FileRange = { start: 0, sizeBytes: Infinity },
): Promise<HashedFile> {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(256 * 1024);
  let sizeBytes = 0;
  let handle: FileHandle | undefined;
  try {
    handle = await open(file.location);
    for (;;) {
      const { bytesRead } = await handle.read(
        buffer,
        0,
        Math.min(buffer.length, range.sizeBytes - sizeBytes),
        range.start + sizeBytes,
      );
      if (!bytesRead) break;
      hash.update(buffer.subarray(0, bytesRead));
      sizeBytes += bytesRead;
      signal.throwIfAborted();
    }
  } catch (error) {
    if (signal.aborted) throw error;
    const reason = error instanceof Error ? error.message : error;
    throw new CliError('Refused', `Cannot read ${file.path}: ${reason}`);
  } finally {
    await handle?.close();
  }
  return {
    path: file.path,
    location: file.location,
    digest: `sha256:${hash.digest('hex')}`,
    sizeBytes,
  };
}
