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

/** One part of a file, by its own digest. Parts are counted from 1. @public */
export interface BlobPart {
  number: number;
  digest: Sha256;
  sizeBytes: number;
}

/**
 * A blob that arrives in parts, all of one size but the last. Parts belong to
 * their owner: those of another are never taken for them.
 * @public
 */
export interface PartedBlob {
  scope: SystemScope;
  digest: Sha256;
  sizeBytes: number;
  partSizeBytes: number;
  /** Letters, digits and `-`, such as the id of a draft. */
  owner: string;
}

/** What lies in the store, as garbage collection sees it. @public */
export interface ListedBlob extends StoredBlob {
  scope: SystemScope;
  storedAt: Date;
}

/** An upload that was begun and not ended: it may go on, or nobody may come back to it. @public */
export interface UnfinishedUpload {
  /** Of parts; an upload in one piece has none, and does not outlive its connection. */
  owner?: string;
  sizeBytes: number;
  /** When the last of it arrived. */
  touchedAt: Date;
  remove(): Promise<void>;
}

/** A request that goes to the store itself, without the platform between. @public */
export interface DirectRequest {
  method: 'GET' | 'PUT';
  url: string;
  /** To be sent with it, as they are. */
  headers: Record<string, string>;
  expiresAt: Date;
}

/**
 * A store that lets through who holds an address which it signed, for a short
 * time, and for one part or one blob.
 * @public
 */
export interface DirectAccess {
  /** The store itself refuses other bytes than those of the part. */
  sendPart(blob: PartedBlob, part: BlobPart): Promise<DirectRequest>;
  read(
    digest: Sha256,
    scope: SystemScope,
    fileName: string,
  ): Promise<DirectRequest>;
}

/**
 * Blobs by digest. Writes are atomic: a reader sees the whole blob or none.
 * Every method may throw an error with the status 507 where the store is full,
 * and 503 where it cannot be reached; what was begun then left no blob, and
 * may be tried again.
 * @public
 */
export interface ArtifactStore {
  /** Absent where all bytes go through the platform. */
  readonly direct?: DirectAccess;
  has(digest: Sha256, scope: SystemScope): Promise<boolean>;
  /** What is stored under this digest, with its size; undefined where nothing is. */
  stat(digest: Sha256, scope: SystemScope): Promise<StoredBlob | undefined>;
  /**
   * Rejects with `InputError` where digest or size differ from what was
   * expected. `hold` is told the digest before the blob is there by it, so that
   * whoever sent it can keep it from being taken for garbage.
   */
  write(
    source: Readable,
    expected: { digest?: Sha256; sizeBytes?: number },
    scope: SystemScope,
    hold?: (digest: Sha256) => Promise<void>,
  ): Promise<StoredBlob>;
  /** Rejects with `NotFoundError`. */
  read(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<Readable>;
  /**
   * Like `read`, for who is done with a piece before asking for the next one:
   * its memory is used again.
   */
  readPieces(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>>;
  delete(digest: Sha256, scope: SystemScope): Promise<void>;

  /** The parts that have arrived. */
  listParts(blob: PartedBlob): Promise<BlobPart[]>;
  /** Rejects with `InputError` where the bytes are not those of the part. */
  writePart(blob: PartedBlob, part: BlobPart, source: Readable): Promise<void>;
  /**
   * Makes the blob of its parts, verified as a whole, as often as it is asked
   * to; the parts stay. Rejects with `ConflictError` where parts are missing,
   * and with `InputError` where they make up something else; they are removed
   * then.
   */
  assemble(blob: PartedBlob): Promise<StoredBlob>;
  /** Removes the parts of an owner: of one blob, or all. */
  removeParts(
    scope: SystemScope,
    owner: string,
    digest?: Sha256,
  ): Promise<void>;

  /** Every blob, in no order. */
  list(): AsyncIterable<ListedBlob>;
  unfinishedUploads(): AsyncIterable<UnfinishedUpload>;
}
