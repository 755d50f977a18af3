import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { VersionFile } from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { FoundFile } from './collectFiles';

/** A file with its digest, and where it is read from when it is sent. */
export interface HashedFile extends VersionFile {
  location: string;
}

/**
 * Digest and size of a file, read as a stream.
 *
 * @throws CliError `Refused` where it cannot be read.
 */
export async function hashFile(
  file: FoundFile,
  signal?: AbortSignal,
): Promise<HashedFile> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  try {
    for await (const chunk of fs.createReadStream(file.location, {
      highWaterMark: 1024 * 1024,
      signal,
    })) {
      hash.update(chunk);
      sizeBytes += chunk.length;
    }
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new CliError(
      'Refused',
      `Cannot read ${file.path}: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
  return {
    path: file.path,
    location: file.location,
    digest: `sha256:${hash.digest('hex')}`,
    sizeBytes,
  };
}
