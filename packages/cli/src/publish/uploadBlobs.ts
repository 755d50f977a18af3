import { CliError } from '../errors/CliError';
import { HashedFile } from '../model/hashFile';
import { TransientError } from '../platform/platformFetch';
import { sleep } from '../platform/sleep';

/** Enough to fill a line with small files; more would only contend for it. */
const PARALLEL_UPLOADS = 4;
/** Rounds in a row in which not one file arrives, before it is given up. */
const FRUITLESS_ROUNDS = 6;

/** @internal */
export interface UploadBlobsOptions {
  files: HashedFile[];
  /** Digests that the platform asked for. */
  missing: string[];
  /** Sends one file. */
  send: (
    file: HashedFile,
    onBytes: (bytes: number) => void,
    signal: AbortSignal,
  ) => Promise<void>;
  /** Asks what is still missing, after a connection was cut. */
  askMissing: () => Promise<string[]>;
  onProgress: (progress: {
    sentBytes: number;
    totalBytes: number;
    sentFiles: number;
    totalFiles: number;
  }) => void;
  onRetry: (error: TransientError, missing: number) => void;
  signal: AbortSignal;
}

/**
 * Sends what is missing, a few files at a time. Where the connection is cut,
 * asks what is missing and sends that, with growing waits, until all is there
 * or no file arrives any more.
 *
 * @throws CliError where the platform refuses a file, where a file changed, or
 *   where the platform stays out of reach.
 */
export async function uploadBlobs(options: UploadBlobsOptions): Promise<void> {
  const byDigest = new Map(options.files.map(file => [file.digest, file]));
  const totalFiles = options.missing.length;
  const totalBytes = sumBytes(options.missing, byDigest);
  let { missing } = options;
  for (let fruitless = 0; missing.length; ) {
    const before = missing.length;
    const done = {
      bytes: totalBytes - sumBytes(missing, byDigest),
      files: totalFiles - missing.length,
    };
    const cut = await sendAll(missing, byDigest, done, {
      ...options,
      totalBytes,
      totalFiles,
    });
    if (!cut) return;
    try {
      missing = await options.askMissing();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
    }
    fruitless = missing.length < before ? 0 : fruitless + 1;
    if (fruitless >= FRUITLESS_ROUNDS) throw cut;
    if (missing.length) {
      options.onRetry(cut, missing.length);
      await sleep(
        cut.retryAfterMs ?? Math.min(250 * 2 ** fruitless, 8_000),
        options.signal,
      );
    }
  }
}

type SendAllOptions = UploadBlobsOptions & {
  totalBytes: number;
  totalFiles: number;
};

/** @returns what cut it short, `undefined` when all arrived. */
async function sendAll(
  missing: string[],
  byDigest: Map<string, HashedFile>,
  done: { bytes: number; files: number },
  { send, onProgress, signal, totalBytes, totalFiles }: SendAllOptions,
): Promise<TransientError | undefined> {
  const queue = [...missing];
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  let sentBytes = done.bytes;
  let sentFiles = done.files;
  let cut: TransientError | undefined;
  let failure: unknown;

  const worker = async () => {
    for (
      let digest = queue.shift();
      digest && !combined.aborted;
      digest = queue.shift()
    ) {
      const file = byDigest.get(digest);
      try {
        if (!file)
          throw new CliError(
            'Failed',
            `The platform asks for ${digest}, which was not announced.`,
          );
        await send(
          file,
          bytes => {
            sentBytes += bytes;
            onProgress({ sentBytes, totalBytes, sentFiles, totalFiles });
          },
          combined,
        );
        sentFiles += 1;
        onProgress({ sentBytes, totalBytes, sentFiles, totalFiles });
      } catch (error) {
        if (error instanceof TransientError) {
          cut ??= error;
        } else {
          failure ??= error;
          stop.abort(error);
        }
        return;
      }
    }
  };
  await Promise.all(
    Array.from({ length: Math.min(PARALLEL_UPLOADS, missing.length) }, worker),
  );
  if (signal.aborted) throw signal.reason;
  if (failure) throw failure;
  return cut;
}

function sumBytes(
  digests: string[],
  byDigest: Map<string, HashedFile>,
): number {
  return digests.reduce(
    (sum, digest) => sum + (byDigest.get(digest)?.sizeBytes ?? 0),
    0,
  );
}
