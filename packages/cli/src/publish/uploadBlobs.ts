import { CliError } from '../errors/CliError';
import { HashedFile } from '../model/hashFile';
import { TransientError } from '../platform/TransientError';
import { sleep } from '../platform/sleep';

/** Enough to fill a line with small files; more would only contend for it. */
const PARALLEL_UPLOADS = 4;
/** Rounds in a row in which neither a file nor a part arrives, before it is given up. */
const FRUITLESS_ROUNDS = 6;

interface Sent {
  files: number;
  bytes: number;
}

/** @internal */
export interface UploadBlobsOptions {
  files: HashedFile[];
  /** Digests that the platform asked for. */
  missing: string[];
  /** Sends one file. `onKept` is told of each part that is not sent again. */
  send: (
    file: HashedFile,
    on: { bytes: (bytes: number) => void; kept: () => void },
    signal: AbortSignal,
  ) => Promise<void>;
  /** Asks what is still missing, after a connection was cut. */
  askMissing: () => Promise<string[]>;
  /** `file`: the one of which something was just sent, and how much of it. */
  onProgress: (progress: {
    sent: Sent;
    total: Sent;
    file: { path: string; sentBytes: number; sizeBytes: number };
  }) => void;
  onRetry: (error: TransientError, missing: number) => void;
  signal: AbortSignal;
}

/**
 * Sends what is missing, a few files at a time. Where the connection is cut,
 * asks what is missing and sends that, with growing waits, until all is there
 * or nothing arrives any more.
 *
 * @throws CliError where the platform refuses a file, where a file changed, or
 *   where the platform stays out of reach.
 */
export async function uploadBlobs(options: UploadBlobsOptions): Promise<void> {
  const byDigest = new Map(options.files.map(file => [file.digest, file]));
  let { missing } = options;
  const total: Sent = {
    files: missing.length,
    bytes: sumBytes(missing, byDigest),
  };
  for (let fruitless = 0; missing.length; ) {
    const before = missing.length;
    const { cut, kept } = await sendAll(missing, byDigest, total, options);
    if (!cut) return;
    try {
      missing = await options.askMissing();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
    }
    fruitless = kept || missing.length < before ? 0 : fruitless + 1;
    if (fruitless >= FRUITLESS_ROUNDS) throw cut;
    if (missing.length) {
      options.onRetry(cut, missing.length);
      const waitMs = Math.min(250 * 2 ** fruitless, 8_000);
      await sleep(cut.retryAfterMs ?? waitMs, options.signal);
    }
  }
}

/** @returns what cut it short, if anything did, and whether parts arrived all the same. */
async function sendAll(
  missing: string[],
  byDigest: Map<string, HashedFile>,
  total: Sent,
  { send, onProgress, signal }: UploadBlobsOptions,
): Promise<{ cut?: TransientError; kept: boolean }> {
  const queue = [...missing];
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  const sent: Sent = {
    files: total.files - missing.length,
    bytes: total.bytes - sumBytes(missing, byDigest),
  };
  const outcome: { cut?: TransientError; failure?: unknown; kept: boolean } = {
    kept: false,
  };
  const sendOne = async ({ path, sizeBytes, ...file }: HashedFile) => {
    let sentBytes = 0;
    const report = (files: number, bytes: number) => {
      sentBytes += bytes;
      sent.files += files;
      sent.bytes += bytes;
      onProgress({ sent, total, file: { path, sentBytes, sizeBytes } });
    };
    await send(
      { path, sizeBytes, ...file },
      {
        bytes: bytes => report(0, bytes),
        kept: () => {
          outcome.kept = true;
        },
      },
      combined,
    );
    report(1, 0);
  };

  const worker = async () => {
    while (queue.length && !combined.aborted) {
      const digest = queue.shift()!;
      const file = byDigest.get(digest);
      try {
        if (!file) {
          throw new CliError(
            'Failed',
            `The platform asks for ${digest}, which was not announced.`,
          );
        }
        await sendOne(file);
      } catch (error) {
        if (error instanceof TransientError) {
          outcome.cut ??= error;
        } else {
          outcome.failure ??= error;
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
  if (outcome.failure) throw outcome.failure;
  return outcome;
}

function sumBytes(
  digests: string[],
  byDigest: Map<string, HashedFile>,
): number {
  let sum = 0;
  for (const digest of digests) sum += byDigest.get(digest)?.sizeBytes ?? 0;
  return sum;
}
