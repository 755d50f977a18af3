import fs from 'node:fs/promises';
import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { hashFile, HashedFile } from '../model/hashFile';
import { TransientError } from '../platform/TransientError';
import { changedFile } from './changedFile';
import { sendDirectly } from './sendDirectly';
import { verifiedStream } from './verifiedStream';

/** Larger files go in parts; one of this size that is cut is soon sent again. */
export const WHOLE_UP_TO_BYTES = 64 * 1024 * 1024;
const PARALLEL_PARTS = 4;

interface Sending {
  platform: ModelPlatformClient;
  version: { model: string; number: number };
  file: HashedFile;
  /** Told of what is sent, and at first of what had arrived before. */
  onBytes: (bytes: number) => void;
  /** Told when a part arrived, which is not sent again. */
  onKept: () => void;
  signal: AbortSignal;
}

/**
 * Sends a large file part by part, a few at a time, and only those parts that
 * the platform lacks: what arrived before the connection was cut, or this
 * program or the platform was killed, is not sent again.
 */
export async function sendInParts(options: Sending): Promise<void> {
  const { platform, version, file, signal } = options;
  const { partSizeBytes, missing, direct } = await platform.getBlobParts(
    version,
    file.digest,
    { signal },
  );
  const route = { direct: direct ?? false };
  const rangeOf = (number: number) => {
    const start = (number - 1) * partSizeBytes;
    return {
      start,
      sizeBytes: Math.min(partSizeBytes, file.sizeBytes - start),
    };
  };
  const toSend = missing.reduce((sum, one) => sum + rangeOf(one).sizeBytes, 0);
  options.onBytes(file.sizeBytes - toSend);

  const queue = [...missing];
  const stop = new AbortController();
  const outcome: { failure?: unknown } = {};
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift())
      await sendPart(options, next, rangeOf(next), route, stop.signal);
  };
  await Promise.all(
    Array.from({ length: PARALLEL_PARTS }, () =>
      worker().catch(error => {
        outcome.failure ??= error;
        queue.length = 0;
        // After a cut, the parts that are under way may still arrive.
        if (!(error instanceof TransientError)) stop.abort(error);
      }),
    ),
  );
  if (outcome.failure) throw outcome.failure;
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

async function sendPart(
  { platform, version, file, onBytes, onKept, signal }: Sending,
  number: number,
  range: { start: number; sizeBytes: number },
  route: { direct: boolean },
  stop: AbortSignal,
): Promise<void> {
  const combined = AbortSignal.any([signal, stop]);
  const part = await hashFile(file, combined, range);
  if (part.sizeBytes !== range.sizeBytes) throw changedFile(file);
  const end = range.start + range.sizeBytes - 1;
  const sha256 = Buffer.from(part.digest.slice(7), 'hex').toString('base64');
  const { sizeBytes } = part;
  const body = (onSent: (bytes: number) => void) =>
    verifiedStream(part, onSent, range.start, end);
  if (route.direct) {
    const request = await platform.getDirectPart(
      version,
      file.digest,
      { number, sha256 },
      { signal: combined },
    );
    route.direct = await sendDirectly(
      { request, sizeBytes, body, onBytes },
      combined,
    );
    if (route.direct) {
      onKept();
      return;
    }
  }
  await platform.uploadBlobPart(
    version,
    file.digest,
    { number, sha256, sizeBytes, body: body(onBytes) },
    { signal: combined },
  );
  onKept();
}
