import { Knex } from 'knex';
import { doesNotExist } from '../MlflowError';
import { ArtifactFile } from './ArtifactIndex';
import { ArtifactRow, toArtifactFile } from './artifactRow';
import { ArtifactUpload, UploadStore } from './UploadStore';

interface UploadRow {
  id: string;
  owner_id: string;
  path: string;
  system: string;
  parts: number;
  created_at: string;
}

/** Files that arrive in parts, in SQLite or PostgreSQL. */
export class DatabaseUploadStore implements UploadStore {
  static create(options: { knex: Knex }) {
    return new DatabaseUploadStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async add(upload: ArtifactUpload): Promise<void> {
    await this.knex<UploadRow>('mlflow_uploads').insert({
      id: upload.id,
      owner_id: upload.ownerId,
      path: upload.path,
      system: upload.system,
      parts: upload.parts,
      created_at: upload.createdAt,
    });
  }

  async find(id: string): Promise<ArtifactUpload | undefined> {
    const row = await this.knex<UploadRow>('mlflow_uploads')
      .where({ id })
      .first();
    return row && toUpload(row);
  }

  async olderThan(time: string, limit: number): Promise<ArtifactUpload[]> {
    const rows = await this.knex<UploadRow>('mlflow_uploads')
      .where('created_at', '<', time)
      .orderBy('created_at')
      .limit(limit);
    return rows.map(toUpload);
  }

  async remove(id: string): Promise<ArtifactFile[]> {
    return await this.knex.transaction(async tx => {
      // First, so that it waits for the part that is being noted.
      await tx<UploadRow>('mlflow_uploads').where({ id }).delete();
      const rows = () =>
        tx<ArtifactRow>('mlflow_artifacts').where({ owner_id: id });
      const parts = await rows().select();
      await rows().delete();
      return parts.map(toArtifactFile);
    });
  }
}

/** The upload stays until the transaction ends; throws where it is over. */
export async function lockUpload(
  tx: Knex.Transaction,
  id: string,
): Promise<void> {
  const row = await tx<UploadRow>('mlflow_uploads')
    .where({ id })
    .forShare()
    .first('id');
  if (!row) throw doesNotExist(`The upload ${id} is over; begin another one`);
}

function toUpload(row: UploadRow): ArtifactUpload {
  return {
    id: row.id,
    ownerId: row.owner_id,
    path: row.path,
    system: row.system,
    parts: row.parts,
    createdAt: row.created_at,
  };
}
