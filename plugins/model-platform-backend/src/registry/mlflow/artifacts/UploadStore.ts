import { ArtifactFile } from './ArtifactIndex';

/** After this an upload is given up. */
export const UPLOAD_LIFE_MS = 86_400_000;

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
  /** With its parts, whose blobs stay; answers the parts. None is noted after it. */
  remove(id: string): Promise<ArtifactFile[]>;
}
