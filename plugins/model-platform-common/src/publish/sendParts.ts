import { ModelPlatformClient } from '../client';
import { DirectRequest, VersionFile } from '../types';

const PARALLEL_PARTS = 4;

type Client = Pick<
  ModelPlatformClient,
  'getBlobParts' | 'getDirectPart' | 'uploadBlobPart'
>;
type Part = Parameters<Client['uploadBlobPart']>[2];

/** @public */
export interface SendPartsOptions {
  platform: Client;
  version: { model: string; number: number };
  file: VersionFile;
  /** Reads a stretch of the file, with its digest, as it is sent; again, where it is to be sent another way. */
  openPart: (
    range: { start: number; sizeBytes: number },
    signal: AbortSignal,
  ) => Promise<Pick<Part, 'sha256' | 'body'>>;
  /**
   * Sends a part to the store itself, where the platform lets it. False where
   * that does not work from here: parts go by way of the platform then.
   */
  sendDirectly?: (
    request: DirectRequest,
    part: Pick<Part, 'sizeBytes' | 'body'>,
    signal: AbortSignal,
  ) => Promise<boolean>;
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
  const { partSizeBytes, missing, ...status } = await platform.getBlobParts(
    version,
    file.digest,
    { signal },
  );
  let mayBeDirect = status.direct ?? false;
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
  const open = async (number: number): Promise<Part> => {
    const range = rangeOf(number);
    const { sizeBytes } = range;
    return { number, sizeBytes, ...(await options.openPart(range, combined)) };
  };
  const isSentDirectly = async (number: number): Promise<boolean> => {
    if (!mayBeDirect || !options.sendDirectly) return false;
    const part = await open(number);
    const request = await platform.getDirectPart(version, file.digest, part, {
      signal: combined,
    });
    mayBeDirect = await options.sendDirectly(request, part, combined);
    return mayBeDirect;
  };
  const worker = async () => {
    for (let number = queue.shift(); number; number = queue.shift()) {
      if (!(await isSentDirectly(number)))
        await platform.uploadBlobPart(
          version,
          file.digest,
          await open(number),
          { signal: combined },
        );
      options.onKept(rangeOf(number).sizeBytes);
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
