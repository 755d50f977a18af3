import { StorageUsage } from '../../VersionStore';

/** A file of a run, a logged model or a prompt. */
export interface ArtifactFile {
  path: string;
  digest: string;
  sizeBytes: number;
  /** Scope of its blob. */
  system: string;
}

/** What is directly in a folder. */
export interface ArtifactEntry {
  path: string;
  isFolder: boolean;
  sizeBytes?: number;
}

/** Which files there are, by whom they belong to (an experiment, or a model) and path. */
export interface ArtifactIndex {
  find(ownerId: string, path: string): Promise<ArtifactFile | undefined>;
  /** Whether there is a file below it. */
  isFolder(ownerId: string, path: string): Promise<boolean>;
  /** What is directly in a folder, by name; in that of the owner for ''. */
  list(ownerId: string, folder: string): Promise<ArtifactEntry[]>;
  /** All below a folder; all of the owner for ''. */
  below(ownerId: string, folder: string): Promise<ArtifactFile[]>;
  /**
   * Notes a file whose blob is held, in the place of one of the same path.
   *
   * @returns what was in its place
   */
  put(
    ownerId: string,
    file: ArtifactFile,
    options?: {
      /** Told what it adds; may throw. */
      admit?: (usage: StorageUsage) => void;
      /** The upload that it is a part of; throws where that is over. */
      upload?: string;
    },
  ): Promise<ArtifactFile | undefined>;
  /** Forgets these; their blobs stay. */
  remove(ownerId: string, files: ArtifactFile[]): Promise<void>;
}
