import { Knex } from 'knex';
import { isPostgres } from '../../finding/createSearchIndex';
import { lockScope } from '../../modelWrites';
import { storageUsageOf } from '../../storageUsageOf';
import { StorageUsage } from '../../VersionStore';
import { ArtifactEntry, ArtifactFile, ArtifactIndex } from './ArtifactIndex';
import { ArtifactRow, toArtifactFile } from './artifactRow';
import { lockUpload } from './DatabaseUploadStore';

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
    return row && toArtifactFile(row);
  }

  async isFolder(ownerId: string, path: string): Promise<boolean> {
    const row = await this.rowsBelow(ownerId, path).first('path');
    return row !== undefined;
  }

  async list(ownerId: string, folder: string): Promise<ArtifactEntry[]> {
    const { knex } = this;
    const slash = knex.raw(
      isPostgres(knex) ? `strpos(rest, '/')` : `instr(rest, '/')`,
    );
    const below = this.rowsBelow(ownerId, folder).select('size_bytes', {
      rest: knex.raw('substr(path, length(cast(? as text)) + 1)', [
        beginOf(folder),
      ]),
    });
    const entries: Array<{
      name: string;
      folders: number;
      size_bytes: number | string;
    }> = await knex
      .from(
        knex
          .from(below.as('below'))
          .select('size_bytes', {
            name: knex.raw(
              'case when ? > 0 then substr(rest, 1, ? - 1) else rest end',
              [slash, slash],
            ),
            folder: knex.raw('case when ? > 0 then 1 else 0 end', [slash]),
          })
          .as('entries'),
      )
      .groupBy('name')
      .select('name', {
        folders: knex.raw('max(folder)'),
        size_bytes: knex.raw('max(size_bytes)'),
      });
    return entries
      .map(entry =>
        Number(entry.folders) > 0
          ? { path: entry.name, isFolder: true }
          : {
              path: entry.name,
              isFolder: false,
              sizeBytes: Number(entry.size_bytes),
            },
      )
      .sort((left, right) => (left.path < right.path ? -1 : 1));
  }

  async below(ownerId: string, folder: string): Promise<ArtifactFile[]> {
    const rows = await this.rowsBelow(ownerId, folder).orderBy('path');
    return rows.map(toArtifactFile);
  }

  async put(
    ownerId: string,
    file: ArtifactFile,
    options: { admit?: (usage: StorageUsage) => void; upload?: string } = {},
  ): Promise<ArtifactFile | undefined> {
    const { admit, upload } = options;
    const { system, path, digest } = file;
    return await this.knex.transaction(async tx => {
      if (admit) {
        await lockScope(tx, system);
        admit(await storageUsageOf(tx, system, [file]));
      }
      if (upload !== undefined) await lockUpload(tx, upload);
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
      return before && toArtifactFile(before);
    });
  }

  async remove(ownerId: string, files: ArtifactFile[]): Promise<void> {
    for (const { path, digest } of files) {
      await this.knex<ArtifactRow>('mlflow_artifacts')
        .where({ owner_id: ownerId, path, digest })
        .delete();
    }
  }

  private rowsBelow(ownerId: string, folder: string) {
    const begin = beginOf(folder);
    return (
      this.knex<ArtifactRow>('mlflow_artifacts')
        .where({ owner_id: ownerId })
        // Not LIKE, which does not tell upper from lower case on SQLite.
        .whereRaw('substr(path, 1, length(cast(? as text))) = ?', [
          begin,
          begin,
        ])
    );
  }
}

/** What the paths in a folder begin with. */
function beginOf(folder: string): string {
  return folder === '' ? '' : `${folder}/`;
}
