import { ModelPlatformClient } from '../client';
import { VersionFile } from '../types';

const PARALLEL_PARTS = 4;

type Client = Pick<ModelPlatformClient, 'getBlobParts' | 'uploadBlobPart'>;
type Part = Parameters<Client['uploadBlobPart']>[2];

/** @public */
export interface SendPartsOptions {
  platform: Client;
  version: { model: string; number: number };
  file: VersionFile;
  /** Reads a stretch of the file, with its digest, as it is sent. */
  openPart: (
    range: { start: number; sizeBytes: number },
    signal: AbortSignal,
  ) => Promise<Pick<Part, 'sha256' | 'body'>>;
  /** Whether the parts that are under way may still arrive after this failure. */
  isCut: (error: unknown) => boolean;
  /** Told of how much had arrived before, where some had. */
  onFound?: (bytes: number) => void;
  /** Told when a part arrived, which is not sent again. */
  onKept: (bytes: number) => void;
  signal: AbortSignal;
}

/**
 * Sends the parts of a large file, a few at a time, and only those that the
 * platform lacks: what arrived before the connection was cut, or client or
 * platform was killed, is not sent again. What has to follow is `assembleBlob`. @public
 */
export async function sendParts(options: SendPartsOptions): Promise<void> {
  const { platform, version, file, signal } = options;
  const { partSizeBytes, missing } = await platform.getBlobParts(
    version,
    file.digest,
    { signal },
  );
  const rangeOf = (number: number) => {
    const start = (number - 1) * partSizeBytes;
    return {
      start,
      sizeBytes: Math.min(partSizeBytes, file.sizeBytes - start),
    };
  };
  const toSend = missing.reduce((sum, one) => sum + rangeOf(one).sizeBytes, 0);
  const arrived = file.sizeBytes - toSend;
  if (arrived > 0) options.onFound?.(arrived);

  const queue = [...missing];
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  const outcome: { failure?: unknown } = {};
  const worker = async () => {
    for (let number = queue.shift(); number; number = queue.shift()) {
      const range = rangeOf(number);
      await platform.uploadBlobPart(
        version,
        file.digest,
        {
          number,
          sizeBytes: range.sizeBytes,
          ...(await options.openPart(range, combined)),
        },
        { signal: combined },
      );
      options.onKept(range.sizeBytes);
    }
  };
  await Promise.all(
    Array.from({ length: PARALLEL_PARTS }, () =>
      worker().catch(error => {
        outcome.failure ??= error;
        queue.length = 0;
        // After a cut, the parts that are under way may still arrive.
        if (!options.isCut(error)) stop.abort(error);
      }),
    ),
  );
  if (outcome.failure) throw outcome.failure;
}
