import { Readable } from 'node:stream';

/** `sha256:<64 hex>`. @public */
export type Sha256 = `sha256:${string}`;

/** Name of the system whose blobs these are; a digest known in one tells nothing in another. @public */
export type SystemScope = string;

/** Both ends included, as in HTTP ranges. @public */
export interface ByteRange {
  start: number;
  end?: number;
}

/** @public */
export interface StoredBlob {
  digest: Sha256;
  sizeBytes: number;
}

/** Blobs by digest. Writes are atomic: a reader sees the whole blob or none. @public */
export interface ArtifactStore {
  has(digest: Sha256, scope: SystemScope): Promise<boolean>;
  /** What is stored under this digest, with its size; undefined where nothing is. */
  stat(digest: Sha256, scope: SystemScope): Promise<StoredBlob | undefined>;
  /** Rejects with `InputError` where digest or size differ from what was expected. */
  write(
    source: Readable,
    expected: { digest?: Sha256; sizeBytes?: number },
    scope: SystemScope,
  ): Promise<StoredBlob>;
  /** Rejects with `NotFoundError`. */
  read(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<Readable>;
  delete(digest: Sha256, scope: SystemScope): Promise<void>;
}
