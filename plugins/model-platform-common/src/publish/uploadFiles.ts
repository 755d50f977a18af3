import { VersionFile } from '../types';
import { pause } from './pause';

/** Enough to fill a line with small files; more would only contend for it. */
const PARALLEL_UPLOADS = 4;
/** Rounds in a row in which neither a file nor a part arrives, before it is given up. */
const FRUITLESS_ROUNDS = 6;

interface Sent {
  files: number;
  bytes: number;
}

/** A failure to try again after: what was sent never arrived whole. @public */
export interface Cut {
  error: Error;
  /** As the platform asked to come back later. */
  retryAfterMs?: number;
}

/** @public */
export interface UploadProgress {
  sent: Sent;
  total: Sent;
  /** The one of which something was just sent, and how much of it. */
  file: { path: string; sentBytes: number; sizeBytes: number };
}

/** @public */
export interface UploadFilesOptions<F extends VersionFile> {
  files: F[];
  /** Digests that the platform asked for. */
  missing: string[];
  /** Sends one file. `onKept` is told of each part that is not sent again. */
  send: (
    file: F,
    on: { bytes: (bytes: number) => void; kept: () => void },
    signal: AbortSignal,
  ) => Promise<void>;
  /** Asks what is still missing, after a connection was cut. */
  askMissing: () => Promise<string[]>;
  onProgress: (progress: UploadProgress) => void;
  /** Which failures are worth another try. */
  toCut: (error: unknown) => Cut | undefined;
  onRetry: (error: Error, missing: number) => void;
  signal: AbortSignal;
}

/**
 * Sends what is missing, a few files at a time. Where the connection is cut,
 * asks what is missing and sends that, with growing waits, until all is there
 * or nothing arrives any more.
 *
 * @throws what `send` threw that is no cut, or the cut where the platform stays
 *   out of reach. @public
 */
export async function uploadFiles<F extends VersionFile>(
  options: UploadFilesOptions<F>,
): Promise<void> {
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
      if (!options.toCut(error)) throw error;
    }
    fruitless = kept || missing.length < before ? 0 : fruitless + 1;
    if (fruitless >= FRUITLESS_ROUNDS) throw cut.error;
    if (missing.length) {
      options.onRetry(cut.error, missing.length);
      const waitMs = Math.min(250 * 2 ** fruitless, 8_000);
      await pause(cut.retryAfterMs ?? waitMs, options.signal);
    }
  }
}

/** @returns what cut it short, if anything did, and whether parts arrived all the same. */
async function sendAll<F extends VersionFile>(
  missing: string[],
  byDigest: Map<string, F>,
  total: Sent,
  { send, onProgress, toCut, signal }: UploadFilesOptions<F>,
): Promise<{ cut?: Cut; kept: boolean }> {
  const queue = [...missing];
  const stop = new AbortController();
  const combined = AbortSignal.any([signal, stop.signal]);
  const sent: Sent = {
    files: total.files - missing.length,
    bytes: total.bytes - sumBytes(missing, byDigest),
  };
  const outcome: { cut?: Cut; failure?: unknown; kept: boolean } = {
    kept: false,
  };
  const sendOne = async (file: F) => {
    const { path, sizeBytes } = file;
    let sentBytes = 0;
    const report = (files: number, bytes: number) => {
      sentBytes += bytes;
      sent.files += files;
      sent.bytes += bytes;
      onProgress({ sent, total, file: { path, sentBytes, sizeBytes } });
    };
    await send(
      file,
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
          throw new Error(
            `The platform asks for ${digest}, which was not announced.`,
          );
        }
        await sendOne(file);
      } catch (error) {
        const cut = toCut(error);
        if (cut) {
          outcome.cut ??= cut;
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
  byDigest: Map<string, VersionFile>,
): number {
  let sum = 0;
  for (const digest of digests) sum += byDigest.get(digest)?.sizeBytes ?? 0;
  return sum;
}
