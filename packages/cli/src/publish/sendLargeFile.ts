import fs from 'node:fs/promises';
import {
  ModelPlatformClient,
  sendParts,
} from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { hashFile, HashedFile } from '../model/hashFile';
import { TransientError } from '../platform/TransientError';
import { changedFile } from './changedFile';
import { sendDirectly } from './sendDirectly';
import { verifiedStream } from './verifiedStream';

/** Larger files go in parts; one of this size that is cut is soon sent again. */
export const WHOLE_UP_TO_BYTES = 64 * 1024 * 1024;

interface Sending {
  platform: ModelPlatformClient;
  version: { model: string; number: number };
  file: HashedFile;
  /** Told of what is sent, and at first of what had arrived before. */
  onBytes: (bytes: number) => void;
  /** Told of how much had arrived before, where some had. */
  onFound: (bytes: number) => void;
  /** Told when a part arrived, which is not sent again. */
  onKept: () => void;
  signal: AbortSignal;
}

/** Sends a file of the disk in parts; one that changes meanwhile never arrives whole. */
export async function sendLargeFile(options: Sending): Promise<void> {
  const { platform, version, file, onBytes, signal } = options;
  /** Of each part, by where it begins. */
  const sent = new Map<number, number>();
  await sendParts({
    platform,
    version,
    file,
    signal,
    openPart: async (range, partSignal) => {
      const part = await hashFile(file, partSignal, range);
      if (part.sizeBytes !== range.sizeBytes) throw changedFile(file);
      // One that is opened again did not arrive.
      onBytes(-(sent.get(range.start) ?? 0));
      sent.set(range.start, 0);
      return {
        sha256: Buffer.from(part.digest.slice(7), 'hex').toString('base64'),
        body: verifiedStream(
          part,
          bytes => {
            sent.set(range.start, (sent.get(range.start) ?? 0) + bytes);
            onBytes(bytes);
          },
          range.start,
          range.start + range.sizeBytes - 1,
        ),
      };
    },
    sendDirectly,
    isCut: error => error instanceof TransientError,
    onFound: bytes => {
      options.onFound(bytes);
      onBytes(bytes);
    },
    onKept: options.onKept,
  });
  if ((await fs.stat(file.location)).size !== file.sizeBytes)
    throw changedFile(file);
  try {
    await platform.assembleBlob(version, file.digest, { signal });
  } catch (error) {
    // Each part arrived as it was read, so together they are what the file is now.
    if (error instanceof CliError && error.status === 400)
      throw changedFile(file, error);
    throw error;
  }
}
