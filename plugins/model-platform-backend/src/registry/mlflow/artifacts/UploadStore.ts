/** A file that arrives in parts. */
export interface ArtifactUpload {
  id: string;
  ownerId: string;
  path: string;
  system: string;
  parts: number;
  createdAt: string;
}

/** Keeps which files are arriving in parts. */
export interface UploadStore {
  add(upload: ArtifactUpload): Promise<void>;
  find(id: string): Promise<ArtifactUpload | undefined>;
  /** Those that were begun before a time. */
  olderThan(time: string, limit: number): Promise<ArtifactUpload[]>;
  remove(id: string): Promise<void>;
}
