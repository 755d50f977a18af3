import { randomUUID } from 'node:crypto';
import {
  buildDraftRequest,
  DraftRequest,
  inferLoading,
  Loading,
  ModelPlatformClient,
  ModelVersion,
  uploadFiles,
} from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { collectFiles } from '../model/collectFiles';
import { hashFile, HashedFile } from '../model/hashFile';
import { ModelFile } from '../model/ModelFile';
import { readModelFile } from '../model/readModelFile';
import { readProvenance } from '../model/readProvenance';
import { readSignature } from '../model/readSignature';
import { requestDigest } from '../model/requestDigest';
import { formatBytes } from '../output/formatBytes';
import { Terminal } from '../output/Terminal';
import { TransientError } from '../platform/TransientError';
import { FileWarning } from '../warnings/FileWarning';
import { warnOfFiles } from '../warnings/warnOfFiles';
import { pinRequirements } from './pinRequirements';
import { sendLargeFile, WHOLE_UP_TO_BYTES } from './sendLargeFile';
import { verifiedStream } from './verifiedStream';

/** @internal */
export interface PublishOptions {
  folder: string;
  dryRun: boolean;
  force: boolean;
  /** Refuses what is only warned of otherwise. */
  strict: boolean;
  /** Asked for once the folder is in order. */
  platform: () => ModelPlatformClient;
  terminal: Terminal;
  env: Record<string, string | undefined>;
  signal: AbortSignal;
}

/** How many files, and how large together. */
export interface Amount {
  files: number;
  bytes: number;
}

/** What was published. */
export interface Published {
  version: ModelVersion;
  /** True where the newest version equals the folder, and nothing was made. */
  unchanged: boolean;
  /** True where it went on with what an earlier run had begun. */
  resumed: boolean;
  /** Files that were sent, and their size. */
  uploaded: Amount;
  /** Files that the platform had already, from versions before, and their size. */
  deduplicated: Amount;
  file: ModelFile;
  warnings: FileWarning[];
}

/** What a dry run found that does not refuse. */
export interface DryRun {
  warnings: FileWarning[];
}

/**
 * Publishes the folder: model.yaml is read, files are hashed, a draft is
 * opened, what the platform lacks is sent, the draft is completed. Cut off at
 * any point and run again, it goes on with the same draft and sends only what
 * is still missing.
 *
 * @returns only warnings after a dry run without problems.
 * @throws CliError `Refused` with every broken rule.
 */
export async function publish(
  options: PublishOptions,
): Promise<Published | DryRun> {
  const { terminal, signal } = options;
  const { file, request, files, warnings } = await prepare(options);
  const platform = options.platform();
  const name = request.model.name;

  if (options.dryRun) {
    const { problems } = await platform.checkDraft(request);
    if (problems.length) {
      throw new CliError('Refused', `${name} would be refused.`, { problems });
    }
    return { warnings };
  }

  const digest = requestDigest(request);
  // A forced version is a new one each time, so no earlier draft may answer for it.
  const key = options.force ? `${digest}:${randomUUID()}` : digest;
  const open = () => platform.openDraft(request, { idempotencyKey: key });
  const draft = await refusedAsNothingStored(open, name);
  if (draft.unchanged) {
    return {
      version: draft.version,
      unchanged: true,
      resumed: false,
      uploaded: amountOf([]),
      deduplicated: amountOf(files),
      file,
      warnings,
    };
  }

  const version = { model: name, number: draft.version.number };
  const missing = [...new Set(draft.missing)];
  if (draft.resumed) {
    const all = amountOf(files).files;
    terminal.note(
      `Going on with version ${version.number} of ${name}, which an earlier run began: ` +
        `${all - missing.length} of ${all} files are there.`,
    );
  }
  await uploadFiles({
    files,
    missing,
    signal,
    send: (one, on, sendSignal) =>
      one.sizeBytes > WHOLE_UP_TO_BYTES
        ? sendLargeFile({
            platform,
            version,
            file: one,
            onBytes: on.bytes,
            onKept: on.kept,
            onFound: bytes =>
              terminal.note(
                `${one.path}: ${formatBytes(bytes)} of ${formatBytes(
                  one.sizeBytes,
                )} had arrived before.`,
              ),
            signal: sendSignal,
          })
        : platform.uploadBlob(
            version,
            { ...one, body: verifiedStream(one, on.bytes) },
            { signal: sendSignal },
          ),
    askMissing: async () => (await open()).missing,
    toCut: error =>
      error instanceof TransientError
        ? { error, retryAfterMs: error.retryAfterMs }
        : undefined,
    onProgress: ({ sent, total, file: one }) =>
      terminal.progress(
        `uploading: ${sent.files} of ${total.files} files, ` +
          `${formatBytes(sent.bytes)} of ${formatBytes(total.bytes)}; ` +
          `${one.path}: ${percent(one.sentBytes, one.sizeBytes)} %`,
      ),
    onRetry: (error, left) =>
      terminal.note(
        `${error.message} Trying again: ${left} files are missing.`,
      ),
  });
  terminal.progress('checking the files');
  const ready = await refusedAsNothingStored(
    () => platform.completeVersion(version),
    name,
  );
  terminal.clearProgress();
  const lacked = new Set(missing);
  return {
    version: ready,
    unchanged: false,
    resumed: draft.resumed ?? false,
    uploaded: amountOf(files.filter(one => lacked.has(one.digest))),
    deduplicated: amountOf(files.filter(one => !lacked.has(one.digest))),
    file,
    warnings,
  };
}

async function prepare({
  folder,
  force,
  strict,
  terminal,
  env,
  signal,
}: PublishOptions): Promise<{
  file: ModelFile;
  request: DraftRequest;
  files: HashedFile[];
  warnings: FileWarning[];
}> {
  const file = readModelFile(folder);
  const { fields } = file;
  const collected = collectFiles(file);
  const loading = loadingOf(
    fields,
    collected.map(one => one.path),
  );
  const found = await pinRequirements({
    folder: file.folder,
    loading,
    files: collected,
    env,
    terminal,
    signal,
  });
  const signature = await readSignature(fields, loading, found, message =>
    terminal.note(message),
  );
  const { warnings, pickles } = await warnOfFiles(found, {
    signal,
    onFile: name => terminal.progress(`looking at ${name}`),
  });
  for (const { message } of warnings) terminal.note(`Warning: ${message}`);
  if (strict) refuseGrave(warnings);
  const files: HashedFile[] = [];
  for (const one of found) {
    terminal.progress(`reading ${one.path}`);
    files.push(await hashFile(one, signal));
  }
  terminal.clearProgress();
  const provenance = await readProvenance(file.folder, env);
  return {
    file,
    files,
    warnings,
    request: buildDraftRequest({
      fields,
      loading,
      signature,
      files: files.map(({ location: _, ...one }) => one),
      provenance,
      pickles,
      force,
    }),
  };
}

function loadingOf(fields: Record<string, unknown>, paths: string[]): Loading {
  const loading = inferLoading(fields, paths);
  if (!('problem' in loading)) return loading;
  throw new CliError(
    'Refused',
    'How the model is loaded is not clear. Nothing was published.',
    { problems: [loading.problem] },
  );
}

function refuseGrave(warnings: FileWarning[]): void {
  const grave = warnings.filter(({ isGrave }) => isGrave);
  if (grave.length === 0) return;
  throw new CliError(
    'Refused',
    'Some files are refused, as --strict asks for. Nothing was published.',
    {
      problems: grave.map(({ file, rule, message }) => ({
        field: 'files',
        rule: message,
        given: file,
        source: rule,
      })),
    },
  );
}

/** A refusal is all there is: what was refused left nothing behind. */
async function refusedAsNothingStored<T>(
  call: () => Promise<T>,
  name: string,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof CliError) || error.name !== 'Refused') throw error;
    throw new CliError(
      'Refused',
      error.problems
        ? `${name} is refused. Nothing was published.`
        : `${name} is refused: ${error.message}`,
      { problems: error.problems, cause: error },
    );
  }
}

/** Equal files are sent, and count, once. */
function amountOf(files: HashedFile[]): Amount {
  const sizes = new Map(files.map(file => [file.digest, file.sizeBytes]));
  return {
    files: sizes.size,
    bytes: [...sizes.values()].reduce((sum, size) => sum + size, 0),
  };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((part / whole) * 100);
}
