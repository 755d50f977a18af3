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
   * Notes a file whose blob is held, in the place of one of the same path.
   * `admit` is told what it adds, and may throw.
   *
   * @returns what was in its place
   */
  put(
    ownerId: string,
    file: ArtifactFile,
    admit?: (usage: StorageUsage) => void,
  ): Promise<ArtifactFile | undefined>;
  /** Forgets these; their blobs stay. */
  remove(ownerId: string, files: ArtifactFile[]): Promise<void>;
}
