import {
  buildDraftRequest,
  canonicalRequest,
  DraftRequest,
  FieldProblem,
  mayHoldPickle,
  ModelVersion,
  sendParts,
  uploadFiles,
  UploadProgress,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';
import { ModelPlatformApi } from '@model-platform/plugin-model-platform-react';
import { digestOfBlob, toDigestText } from './digestOfBlob';
import { FolderFile } from './FolderFile';
import { ModelFolder } from './readModelFolder';
import { toBase64 } from './toBase64';
import { toCut } from './toCut';

/** Larger files go in parts: a page tells how far it is by what has arrived. */
const WHOLE_UP_TO_BYTES = 8 * 1024 * 1024;
/** Pickles are looked into by the platform, already when it is asked. */
const MAX_PICKLE_BYTES = 2 * 1024 * 1024;
const CLIENT = 'model-platform-portal';

type SentFile = VersionFile & FolderFile;

/** What became of a publish. */
export interface FolderPublished {
  version: ModelVersion;
  /** The newest version equals the folder, and nothing was made. */
  unchanged: boolean;
  uploadedBytes: number;
  /** Of files that the platform had already. */
  deduplicatedBytes: number;
}

/** How far hashing is. */
export interface HashProgress {
  path: string;
  bytes: number;
  totalBytes: number;
}

/**
 * Publishes a folder from the browser by the same protocol as the command line
 * does, with the same key: cut off at any point, the same folder goes on.
 */
export class FolderUpload {
  private constructor(
    private readonly api: ModelPlatformApi,
    private readonly request: DraftRequest,
    private readonly files: SentFile[],
  ) {}

  /** Hashes what was not hashed before; `known` keeps the digests. */
  static async prepare(
    api: ModelPlatformApi,
    folder: ModelFolder,
    options: {
      known: Map<string, string>;
      onProgress: (progress: HashProgress) => void;
      signal: AbortSignal;
    },
  ): Promise<FolderUpload> {
    const { known, onProgress, signal } = options;
    const totalBytes = sumOf(folder.files.map(({ file }) => file.size));
    let bytes = 0;
    const digestOf = async ({ path, file }: FolderFile) => {
      const key = `${path}\n${file.size}\n${file.lastModified}`;
      const before = known.get(key);
      if (before !== undefined) {
        bytes += file.size;
        return before;
      }
      const digest = await digestOfBlob(file, {
        signal,
        onBytes: more => {
          bytes += more;
          onProgress({ path, bytes, totalBytes });
        },
      });
      known.set(key, toDigestText(digest));
      return toDigestText(digest);
    };
    const files: SentFile[] = [];
    for (const one of folder.files) {
      const digest = await digestOf(one);
      files.push({ ...one, digest, sizeBytes: one.file.size });
    }
    const { fields, loading } = folder;
    const request = buildDraftRequest({
      fields,
      loading,
      signature: fields.signature ?? { inputs: [], outputs: [] },
      files: files.map(({ file: _, ...one }) => one),
      provenance: { client: CLIENT },
    });
    return new FolderUpload(api, request, files);
  }

  /** Everything that it would be refused for; nothing is stored. */
  async check(signal: AbortSignal): Promise<FieldProblem[]> {
    const files: DraftRequest['files'] = [];
    let left = MAX_PICKLE_BYTES;
    for (const { file, path, digest, sizeBytes } of this.files) {
      const isSent = mayHoldPickle(path) && sizeBytes <= left;
      if (isSent) left -= sizeBytes;
      const content = isSent ? await toBase64(file) : undefined;
      files.push({ path, digest, sizeBytes, content });
    }
    const request = { ...this.request, files };
    return (await this.api.checkDraft(request, { signal })).problems;
  }

  /** Throws what the platform refuses, or a cut that did not end. */
  async send(on: {
    progress: (progress: UploadProgress) => void;
    /** Told once the draft is open; `resumed` where it was before. */
    opened: (number: number, resumed: boolean) => void;
    retry: (error: Error) => void;
    completing: () => void;
    signal: AbortSignal;
  }): Promise<FolderPublished> {
    const { signal } = on;
    const { name } = this.request.model;
    const key = toDigestText(
      await digestOfBlob(new Blob([canonicalRequest(this.request)]), {
        signal,
      }),
    );
    const open = () =>
      this.api.openDraft(this.request, { idempotencyKey: key, signal });
    const draft = await open();
    const sizes = new Map(
      this.files.map(({ digest, sizeBytes }) => [digest, sizeBytes]),
    );
    const totalBytes = sumOf([...sizes.values()]);
    if (draft.unchanged) {
      return {
        version: draft.version,
        unchanged: true,
        uploadedBytes: 0,
        deduplicatedBytes: totalBytes,
      };
    }
    const version = { model: name, number: draft.version.number };
    const missing = [...new Set(draft.missing)];
    on.opened(version.number, draft.resumed ?? false);
    await uploadFiles({
      files: this.files,
      missing,
      signal,
      send: (file, told, sendSignal) =>
        this.sendFile(version, file, told, sendSignal),
      askMissing: async () => (await open()).missing,
      toCut,
      onProgress: on.progress,
      onRetry: on.retry,
    });
    on.completing();
    const ready = await this.api.completeVersion(version, { signal });
    const uploadedBytes = sumOf(missing.map(one => sizes.get(one) ?? 0));
    return {
      version: ready,
      unchanged: false,
      uploadedBytes,
      deduplicatedBytes: totalBytes - uploadedBytes,
    };
  }

  private async sendFile(
    version: { model: string; number: number },
    { digest, sizeBytes, file, path }: SentFile,
    told: { bytes: (bytes: number) => void; kept: () => void },
    signal: AbortSignal,
  ): Promise<void> {
    if (sizeBytes <= WHOLE_UP_TO_BYTES) {
      const blob = { digest, sizeBytes, body: file };
      await this.api.uploadBlob(version, blob, { signal });
      told.bytes(sizeBytes);
      return;
    }
    await sendParts({
      platform: this.api,
      version,
      file: { path, digest, sizeBytes },
      signal,
      openPart: async (range, partSignal) => {
        const body = file.slice(range.start, range.start + range.sizeBytes);
        const sha256 = await digestOfBlob(body, { signal: partSignal });
        return { sha256: btoa(String.fromCharCode(...sha256)), body };
      },
      isCut: error => toCut(error) !== undefined,
      onFound: told.bytes,
      onKept: bytes => {
        told.bytes(bytes);
        told.kept();
      },
    });
    await this.api.assembleBlob(version, digest, { signal });
  }
}

function sumOf(numbers: number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0);
}
