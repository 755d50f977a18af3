import { Knex } from 'knex';
import { lockScope } from '../../modelWrites';
import { storageUsageOf } from '../../storageUsageOf';
import { StorageUsage } from '../../VersionStore';
import { ArtifactFile, ArtifactIndex } from './ArtifactIndex';

interface ArtifactRow {
  owner_id: string;
  path: string;
  digest: string;
  size_bytes: number | string;
  system: string;
  updated_at: string;
}

/** Files of runs and logged models in SQLite or PostgreSQL. */
export class DatabaseArtifactIndex implements ArtifactIndex {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseArtifactIndex(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async find(ownerId: string, path: string): Promise<ArtifactFile | undefined> {
    const row = await this.knex<ArtifactRow>('mlflow_artifacts')
      .where({ owner_id: ownerId, path })
      .first();
    return row && toFile(row);
  }

  async below(ownerId: string, folder: string): Promise<ArtifactFile[]> {
    const query = this.knex<ArtifactRow>('mlflow_artifacts')
      .where({ owner_id: ownerId })
      .orderBy('path');
    if (folder !== '') {
      query.whereRaw(`path like ? escape '\\'`, [
        `${folder.replace(/[\\%_]/g, '\\$&')}/%`,
      ]);
    }
    const files = (await query).map(toFile);
    // LIKE of SQLite does not tell upper from lower case.
    return folder === ''
      ? files
      : files.filter(file => file.path.startsWith(`${folder}/`));
  }

  async put(
    ownerId: string,
    file: ArtifactFile,
    admit?: (usage: StorageUsage) => void,
  ): Promise<ArtifactFile | undefined> {
    const { system, path, digest } = file;
    return await this.knex.transaction(async tx => {
      if (admit) {
        await lockScope(tx, system);
        admit(await storageUsageOf(tx, system, [file]));
      }
      const before = await tx<ArtifactRow>('mlflow_artifacts')
        .where({ owner_id: ownerId, path })
        .first();
      await tx<ArtifactRow>('mlflow_artifacts')
        .insert({
          owner_id: ownerId,
          path,
          digest,
          size_bytes: file.sizeBytes,
          system,
          updated_at: this.clock().toISOString(),
        })
        .onConflict(['owner_id', 'path'])
        .merge();
      return before && toFile(before);
    });
  }

  async remove(ownerId: string, files: ArtifactFile[]): Promise<void> {
    for (const { path, digest } of files) {
      await this.knex<ArtifactRow>('mlflow_artifacts')
        .where({ owner_id: ownerId, path, digest })
        .delete();
    }
  }
}

function toFile(row: ArtifactRow): ArtifactFile {
  return {
    path: row.path,
    digest: row.digest,
    sizeBytes: Number(row.size_bytes),
    system: row.system,
  };
}
