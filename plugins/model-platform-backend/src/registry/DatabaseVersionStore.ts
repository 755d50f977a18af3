import { randomUUID } from 'node:crypto';
import { ConflictError } from '@backstage/errors';
import {
  ModelVersion,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { ensureModel, nextNumber } from './ensureModel';
import {
  AliasRow,
  FileRow,
  ModelRow,
  statusOf,
  toVersion,
  toVersionRecord,
  VersionRow,
} from './modelRows';
import { HistoryDraft, ModelFields } from './ModelStore';
import { INSERT_CHUNK } from './insertChunk';
import {
  changeModel,
  insertHistory,
  lockModel,
  lockScope,
  modelRowOf,
  refreshModel,
  requireNotArchived,
} from './modelWrites';
import { storageUsageOf } from './storageUsageOf';
import {
  Completion,
  NewDraft,
  StorageUsage,
  StoredFile,
  VersionRecord,
  VersionStore,
} from './VersionStore';

type NamedRow = VersionRow & { name: string };

/** Versions in SQLite or PostgreSQL. */
export class DatabaseVersionStore implements VersionStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseVersionStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async openDraft(draft: NewDraft): Promise<VersionRecord> {
    const now = this.now();
    const versionId = randomUUID();
    return await this.knex.transaction(async tx => {
      await lockScope(tx, draft.fields.system);
      if (draft.admit) {
        draft.admit(await storageUsageOf(tx, draft.fields.system, draft.files));
      }
      const number = draft.number ?? (await nextNumber(tx, draft.fields.name));
      const model = await ensureModel(tx, draft, now);
      const row: VersionRow = {
        id: versionId,
        model_id: model,
        number,
        status: 'draft',
        system: draft.fields.system,
        fields: JSON.stringify({ fields: draft.fields, given: draft.given }),
        spec: JSON.stringify(draft.spec),
        manifest_digest: draft.manifestDigest,
        publisher: draft.publisher,
        responsible: draft.responsible ?? null,
        idempotency_key: draft.idempotencyKey ?? null,
        created_at: now,
        ready_at: null,
        archived_at: null,
        expires_at: draft.expiresAt,
        schemas: null,
        readings: null,
      };
      const inserted = await tx<VersionRow>('registry_versions')
        .insert(row)
        .onConflict()
        .ignore()
        .returning('id');
      if (inserted.length === 0) {
        throw new ConflictError(
          'A draft with this Idempotency-Key is there already',
        );
      }
      const files = draft.files.map(
        (file, position): FileRow => ({
          version_id: versionId,
          position,
          path: file.path,
          digest: file.digest,
          size_bytes: file.sizeBytes,
          system: draft.fields.system,
          uploaded: draft.stored ?? false,
        }),
      );
      for (let start = 0; start < files.length; start += INSERT_CHUNK) {
        await tx<FileRow>('registry_files').insert(
          files.slice(start, start + INSERT_CHUNK),
        );
      }
      return toVersionRecord(row, toVersion(row, draft.fields.name, files, []));
    });
  }

  async storageUsage(
    system: string,
    files: VersionFile[],
  ): Promise<StorageUsage> {
    return await storageUsageOf(this.knex, system, files);
  }

  async findDraft(
    modelId: string,
    publisher: string,
    idempotencyKey: string,
  ): Promise<VersionRecord | undefined> {
    const row = await this.named()
      .where({
        model_id: modelId,
        publisher,
        idempotency_key: idempotencyKey,
        status: 'draft',
      })
      .andWhere('expires_at', '>', this.now())
      .first();
    return row && (await this.toVersionRecords([row]))[0];
  }

  async extendDraft(versionId: string, expiresAt: string): Promise<void> {
    await this.knex<VersionRow>('registry_versions')
      .where({ id: versionId, status: 'draft' })
      .update({ expires_at: expiresAt });
  }

  async noteUpload(
    versionId: string,
    digest: string,
    expiresAt: string,
  ): Promise<void> {
    await this.knex.transaction(async tx => {
      const drafts = await tx<VersionRow>('registry_versions')
        .where({ id: versionId, status: 'draft' })
        .update({ expires_at: expiresAt });
      if (drafts > 0) {
        await tx<FileRow>('registry_files')
          .where({ version_id: versionId, digest })
          .update({ uploaded: true });
      }
    });
  }

  async ownDigests(record: VersionRecord): Promise<Set<string>> {
    const { version, system } = record;
    const rows: Array<Pick<FileRow, 'digest'>> = await this.knex(
      'registry_files',
    )
      .join(
        'registry_versions',
        'registry_versions.id',
        'registry_files.version_id',
      )
      .where({
        'registry_versions.model_id': version.modelId,
        'registry_files.system': system,
      })
      .whereIn('registry_files.digest', inner =>
        inner
          .select('wanted.digest')
          .from({ wanted: 'registry_files' })
          .where('wanted.version_id', version.id),
      )
      .andWhere(either =>
        either
          .where('registry_files.uploaded', true)
          .orWhereIn('registry_versions.status', ['ready', 'archived']),
      )
      .distinct('registry_files.digest');
    return new Set(rows.map(({ digest }) => digest));
  }

  async findVersion(
    modelId: string,
    number: number,
  ): Promise<VersionRecord | undefined> {
    const row = await this.named()
      .where({ model_id: modelId, number })
      .whereNot({ status: 'deleted' })
      .first();
    return row && (await this.toVersionRecords([row]))[0];
  }

  async findFile(
    modelId: string,
    number: number,
    path: string,
  ): Promise<StoredFile | undefined> {
    const row: (FileRow & Pick<VersionRow, 'status'>) | undefined =
      await this.knex('registry_files')
        .join(
          'registry_versions',
          'registry_versions.id',
          'registry_files.version_id',
        )
        .where({
          'registry_versions.model_id': modelId,
          'registry_versions.number': number,
          'registry_files.path': path,
        })
        .whereNot('registry_versions.status', 'deleted')
        .first('registry_files.*', 'registry_versions.status');
    return (
      row && {
        path,
        digest: row.digest,
        sizeBytes: Number(row.size_bytes),
        system: row.system,
        status: statusOf(row),
      }
    );
  }

  async listVersions(
    modelId: string,
    page: { limit: number; before?: number; drafts: boolean },
  ): Promise<ModelVersion[]> {
    const select = this.named()
      .where({ model_id: modelId })
      .whereNot({ status: 'deleted' })
      .orderBy('number', 'desc')
      .limit(page.limit);
    if (page.before !== undefined) select.andWhere('number', '<', page.before);
    if (!page.drafts) select.andWhere('status', '<>', 'draft');
    return (await this.toVersionRecords(await select)).map(
      ({ version }) => version,
    );
  }

  async newestReady(modelId: string): Promise<VersionRecord | undefined> {
    const row = await this.named()
      .where({ model_id: modelId, status: 'ready' })
      .orderBy('number', 'desc')
      .first();
    return row && (await this.toVersionRecords([row]))[0];
  }

  async completeDraft(
    record: VersionRecord,
    history: HistoryDraft,
    completion?: Completion,
  ): Promise<ModelVersion | undefined> {
    const { version, fields } = record;
    const now = this.now();
    return await this.knex.transaction(async tx => {
      await lockModel(tx, version.modelId);
      const [row]: VersionRow[] = await tx<VersionRow>('registry_versions')
        .where({ id: version.id, status: 'draft' })
        .update({
          status: 'ready',
          ready_at: now,
          expires_at: null,
          idempotency_key: null,
          schemas: JSON.stringify(completion?.schemas ?? []),
          readings: JSON.stringify(completion?.readings ?? []),
        })
        .returning('*');
      if (!row) {
        return undefined;
      }
      if (completion && Object.keys(completion.filled).length > 0) {
        row.spec = JSON.stringify({
          ...JSON.parse(row.spec),
          ...completion.filled,
        });
        await tx<VersionRow>('registry_versions')
          .where({ id: version.id })
          .update({ spec: row.spec });
      }
      const model = await modelRowOf(tx, version.modelId);
      requireNotArchived(model);
      const isFirst = model.published_at === null;
      if (!isFirst && model.system !== record.system) {
        throw new ConflictError(
          `${fields.name} was published in another system in the meantime; publish again`,
        );
      }
      await changeModel(
        tx,
        model,
        isFirst ? firstPublished(fields, history.actor, now) : {},
        now,
      );
      await insertHistory(tx, version.modelId, history, now);
      return {
        ...toVersion(row, version.model, [], []),
        files: version.files,
      };
    });
  }

  async archiveVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      const alias = await tx<AliasRow>('registry_aliases')
        .where({ model_id: modelId, version: number })
        .first();
      if (alias) {
        throw new ConflictError(
          `The alias ${alias.alias} names version ${number} since a moment ago; move it first`,
        );
      }
      const archived = await tx<VersionRow>('registry_versions')
        .where({ model_id: modelId, number, status: 'ready' })
        .update({ status: 'archived', archived_at: now });
      if (archived > 0) {
        await refreshModel(tx, modelId, now);
        await insertHistory(tx, modelId, history, now);
      }
    });
  }

  async restoreVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      const restored = await tx<VersionRow>('registry_versions')
        .where({ model_id: modelId, number, status: 'archived' })
        .update({ status: 'ready', archived_at: null });
      if (restored > 0) {
        await refreshModel(tx, modelId, now);
        await insertHistory(tx, modelId, history, now);
      }
    });
  }

  async deleteVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      const deleted = await tx<VersionRow>('registry_versions')
        .where({ model_id: modelId, number, status: 'archived' })
        .update({ status: 'deleted', expires_at: now });
      if (deleted === 0) {
        throw new ConflictError(
          `Version ${number} is not archived any more; it was restored or deleted in the meantime`,
        );
      }
      await refreshModel(tx, modelId, now);
      await insertHistory(tx, modelId, history, now);
    });
  }

  async expiredDrafts(now: string, limit: number): Promise<VersionRecord[]> {
    const rows = await this.named()
      .whereIn('status', ['draft', 'deleted'])
      .andWhere('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(limit);
    return await this.toVersionRecords(rows);
  }

  async removeDraft(
    { version, system }: VersionRecord,
    now: string,
  ): Promise<boolean> {
    return await this.knex.transaction(async tx => {
      await lockScope(tx, system);
      await lockModel(tx, version.modelId);
      const removed = await tx<VersionRow>('registry_versions')
        .where({ id: version.id })
        .whereIn('status', ['draft', 'deleted'])
        .andWhere('expires_at', '<=', now)
        .delete();
      if (removed === 0) {
        return false;
      }
      // Not left to the database: SQLite looks after references only where it was told to.
      await tx<FileRow>('registry_files')
        .where({ version_id: version.id })
        .delete();
      await tx<ModelRow>('registry_models')
        .where({ id: version.modelId })
        .whereNull('published_at')
        .whereNotExists(
          tx
            .select(tx.raw('1'))
            .from('registry_versions')
            .where('model_id', version.modelId),
        )
        .whereNotExists(
          tx
            .select(tx.raw('1'))
            .from('mlflow_models')
            .where('model_id', version.modelId),
        )
        .delete();
      return true;
    });
  }

  private now(): string {
    return this.clock().toISOString();
  }

  /** Versions, each with the name of its model. */
  private named(): Knex.QueryBuilder<NamedRow, NamedRow[]> {
    return this.knex('registry_versions')
      .join('registry_models', 'registry_models.id', 'model_id')
      .select('registry_versions.*', 'registry_models.name');
  }

  private async toVersionRecords(rows: NamedRow[]): Promise<VersionRecord[]> {
    if (rows.length === 0) {
      return [];
    }
    const modelIds = [...new Set(rows.map(row => row.model_id))];
    const ids = rows.map(row => row.id);
    const [files, aliases] = await Promise.all([
      this.knex<FileRow>('registry_files')
        .whereIn('version_id', ids)
        .orderBy('position'),
      this.knex<AliasRow>('registry_aliases')
        .whereIn('model_id', modelIds)
        .orderBy('alias'),
    ]);
    return rows.map(row =>
      toVersionRecord(
        row,
        toVersion(
          row,
          row.name,
          files.filter(file => file.version_id === row.id),
          aliases.filter(alias => alias.model_id === row.model_id),
        ),
      ),
    );
  }
}

function firstPublished(
  fields: ModelFields,
  actor: string,
  now: string,
): Partial<ModelRow> {
  return {
    type: fields.type,
    description: fields.description,
    owner: fields.owner,
    system: fields.system,
    lifecycle: fields.lifecycle,
    visibility: fields.visibility,
    shared_with: JSON.stringify(fields.sharedWith),
    tags: JSON.stringify(fields.tags),
    created_at: now,
    created_by: actor,
    published_at: now,
  };
}
