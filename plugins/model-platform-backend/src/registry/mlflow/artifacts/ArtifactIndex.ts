import { StorageUsage } from '../../VersionStore';

/** A file of a run, a logged model or a prompt. */
export interface ArtifactFile {
  path: string;
  digest: string;
  sizeBytes: number;
  /** Scope of its blob. */
  system: string;
}

/** Which files there are, by whom they belong to (an experiment, or a model) and path. */
export interface ArtifactIndex {
  find(ownerId: string, path: string): Promise<ArtifactFile | undefined>;
  /** All below a folder; all of the owner for ''. */
  below(ownerId: string, folder: string): Promise<ArtifactFile[]>;
  /**
   * Notes a file whose blob was written, in the place of one of the same path.
   * `isStored` is asked while no blob of the scope can be removed; false where
   * it was removed in between. `admit` is told what it adds, and may throw.
   */
  put(
    ownerId: string,
    file: ArtifactFile,
    blobs: {
      isStored(digest: string): Promise<boolean>;
      remove(digest: string): Promise<void>;
      admit?(usage: StorageUsage): void;
    },
  ): Promise<boolean>;
  /** Removes these; calls back for each digest that nothing uses any more. */
  remove(
    ownerId: string,
    files: ArtifactFile[],
    removeBlob: (digest: string, system: string) => Promise<void>,
  ): Promise<void>;
}
