import {
  FileReading,
  MetadataSchemaRef,
  ModelVersion,
  VersionFile,
  VersionSpec,
  VersionStatus,
} from '@model-platform/plugin-model-platform-common';
import { HistoryDraft, ModelFields } from './ModelStore';

/** A version as stored, with what only its draft needs. */
export interface VersionRecord {
  version: ModelVersion;
  /** Scope of its blobs: the system of the model when the draft was opened. */
  system: string;
  fields: ModelFields;
  /** Those of the fields that the publish named itself. */
  given: string[];
  idempotencyKey?: string;
}

/** A file of a version, where its blob is. */
export interface StoredFile {
  path: string;
  digest: string;
  sizeBytes: number;
  /** Scope of its blob. */
  system: string;
  /** Of the version. */
  status: VersionStatus;
}

export interface NewDraft {
  fields: ModelFields;
  given: string[];
  slug: string;
  spec: VersionSpec;
  files: VersionFile[];
  manifestDigest: string;
  publisher: string;
  /** The person behind the publisher, where there is one. */
  responsible?: string;
  idempotencyKey?: string;
  expiresAt: string;
  /** Told what its system stores, while no other draft is opened there; throws where it may not be more. */
  admit?: (usage: StorageUsage) => void;
  /** Reserved for it before; the next one where absent. */
  number?: number;
  /** Its files are in its scope already, used by something that its publisher may read. */
  stored?: boolean;
}

/** Bytes of a system's files, each counted once, and those that a draft would add. */
export interface StorageUsage {
  used: number;
  added: number;
}

/** What a version gets as it becomes ready. */
export interface Completion {
  /** What its files said and its publish did not. */
  filled: Partial<VersionSpec>;
  readings: FileReading[];
  /** The metadata schemas that it satisfies. */
  schemas: MetadataSchemaRef[];
}

/** Versions, from their drafts on. */
export interface VersionStore {
  /** Opens a draft, with its model where there is none; the number is nobody else's. */
  openDraft(draft: NewDraft): Promise<VersionRecord>;
  /** What the system stores, and what these files would add. */
  storageUsage(system: string, files: VersionFile[]): Promise<StorageUsage>;
  findDraft(
    modelId: string,
    publisher: string,
    idempotencyKey: string,
  ): Promise<VersionRecord | undefined>;
  extendDraft(versionId: string, expiresAt: string): Promise<void>;
  /** Notes that the bytes of this digest were sent to the draft, and extends it. */
  noteUpload(
    versionId: string,
    digest: string,
    expiresAt: string,
  ): Promise<void>;
  /**
   * Digests of the version that its own model has: sent to this draft or to
   * another one of the model, or part of a version of the model. Those that
   * only other models have are not among them: who knows a digest need not
   * have the file.
   */
  ownDigests(record: VersionRecord): Promise<Set<string>>;
  findVersion(
    modelId: string,
    number: number,
  ): Promise<VersionRecord | undefined>;
  /** One file of a version, without reading the others. */
  findFile(
    modelId: string,
    number: number,
    path: string,
  ): Promise<StoredFile | undefined>;
  /** Newest first; drafts too where asked for. */
  listVersions(
    modelId: string,
    page: { limit: number; before?: number; drafts: boolean },
  ): Promise<ModelVersion[]>;
  /** Newest version that is ready. */
  newestReady(modelId: string): Promise<VersionRecord | undefined>;
  /**
   * In one transaction: the version is ready, the model published, with what
   * lists show of it. Nothing where it was no draft any more; `ConflictError`
   * where its model is archived.
   */
  completeDraft(
    record: VersionRecord,
    history: HistoryDraft,
    completion?: Completion,
  ): Promise<ModelVersion | undefined>;
  archiveVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void>;
  restoreVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void>;
  /**
   * An archived version is gone for everybody, and expires at once, so that its
   * files are freed even if this process dies before. `ConflictError` where it
   * is not archived any more.
   */
  deleteVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void>;
  /** Drafts that expired, and what was deleted, oldest first. */
  expiredDrafts(now: string, limit: number): Promise<VersionRecord[]>;
  /**
   * Removes what expired, and its model where that has nothing else; false
   * where it was extended meanwhile. Its files stay in the store.
   */
  removeDraft(record: VersionRecord, now: string): Promise<boolean>;
}
