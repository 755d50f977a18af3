import { ArtifactFile } from './ArtifactIndex';

export interface ArtifactRow {
  owner_id: string;
  path: string;
  digest: string;
  size_bytes: number | string;
  system: string;
  updated_at: string;
}

export function toArtifactFile(row: ArtifactRow): ArtifactFile {
  return {
    path: row.path,
    digest: row.digest,
    sizeBytes: Number(row.size_bytes),
    system: row.system,
  };
}
