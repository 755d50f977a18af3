import {
  ModelVersion,
  VersionFile,
  VersionSpec,
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

export interface NewDraft {
  fields: ModelFields;
  given: string[];
  slug: string;
  spec: VersionSpec;
  files: VersionFile[];
  manifestDigest: string;
  publisher: string;
  idempotencyKey?: string;
  expiresAt: string;
  /** Reserved for it before; the next one where absent. */
  number?: number;
  /** Its files are in its scope already, used by something that its publisher may read. */
  stored?: boolean;
}

/** Versions, from their drafts on. */
export interface VersionStore {
  /** Opens a draft, with its model where there is none; the number is nobody else's. */
  openDraft(draft: NewDraft): Promise<VersionRecord>;
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
  /** Newest first; drafts too where asked for. */
  listVersions(
    modelId: string,
    page: { limit: number; before?: number; drafts: boolean },
  ): Promise<ModelVersion[]>;
  /** Newest version that is ready. */
  newestReady(modelId: string): Promise<VersionRecord | undefined>;
  /**
   * In one transaction: the version is ready, the model published, with what
   * lists show of it. False where it was no draft any more.
   */
  completeDraft(record: VersionRecord, history: HistoryDraft): Promise<boolean>;
  archiveVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void>;
  /** Drafts that expired, oldest first. */
  expiredDrafts(now: string, limit: number): Promise<VersionRecord[]>;
  /**
   * Removes a draft that expired, and its model where that has nothing else.
   * Calls back for each digest of its scope that no other version uses, while
   * nobody can announce a file there; false where it was extended meanwhile.
   */
  removeDraft(
    record: VersionRecord,
    now: string,
    removeBlob: (digest: string) => Promise<void>,
  ): Promise<boolean>;
}
