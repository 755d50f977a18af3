import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { ModelFilter } from '../access/ModelFilter';
import { applyModelFilter } from './applyModelFilter';
import { countChange, revisionOf } from './countChange';
import { createSearchIndex } from './finding/createSearchIndex';
import { ModelFinder } from './finding/ModelFinder';
import { TitleWords } from './finding/TitleWords';
import {
  AliasRow,
  DeletedModelRow,
  FacetRow,
  ModelRow,
  toModel,
  VersionRow,
} from './modelRows';
import {
  HistoryDraft,
  ModelChange,
  ModelMatch,
  ModelQuery,
  ModelRecord,
  ModelStore,
  PublishedVersion,
  PublishingQuery,
} from './ModelStore';
import {
  changeModel,
  insertHistory,
  lockModel,
  modelRowOf,
  requireNotArchived,
} from './modelWrites';

/** What MLflow's clients keep of a model beside the registry. */
const MLFLOW_TABLES = [
  'mlflow_models',
  'mlflow_tags',
  'mlflow_aliases',
  'mlflow_versions',
];

/** Models in SQLite or PostgreSQL. */
export class DatabaseModelStore implements ModelStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseModelStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private readonly finder: ModelFinder;

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {
    this.finder = new ModelFinder(knex);
  }

  async findById(id: string): Promise<ModelRecord | undefined> {
    return (await this.findMany([id])).get(id);
  }

  async find(nameOrSlug: string): Promise<ModelRecord | undefined> {
    const row = await this.knex<ModelRow>('registry_models')
      .where({ name: nameOrSlug })
      .orWhere({ slug: nameOrSlug })
      .first();
    return row && toRecord(row);
  }

  async findMany(ids: string[]): Promise<Map<string, ModelRecord>> {
    const found = new Map<string, ModelRecord>();
    for (let start = 0; start < ids.length; start += 500) {
      const rows = await this.knex<ModelRow>('registry_models').whereIn(
        'id',
        ids.slice(start, start + 500),
      );
      for (const row of rows) found.set(row.id, toRecord(row));
    }
    return found;
  }

  async revision(): Promise<string> {
    return await revisionOf(this.knex);
  }

  list(query: ModelQuery) {
    return this.finder.list(query);
  }

  facets(query: ModelMatch, keys: string[]) {
    return this.finder.facets(query, keys);
  }

  scope(
    visible: ModelFilter,
  ): (query: Knex.QueryBuilder, modelIdColumn: string) => void {
    return (query, modelIdColumn) => {
      if (visible === true) return;
      query.whereIn(modelIdColumn, (inner: Knex.QueryBuilder) => {
        inner
          .select('registry_models.id')
          .from('registry_models')
          .whereNotNull('registry_models.published_at');
        applyModelFilter(inner, visible);
      });
    };
  }

  async update(
    record: ModelRecord,
    change: ModelChange,
    ...history: HistoryDraft[]
  ): Promise<void> {
    const now = this.now();
    const { id, name } = record.model;
    await this.knex.transaction(async tx => {
      await lockModel(tx, id);
      const set: Partial<ModelRow> = {};
      if (change.description !== undefined)
        set.description = change.description;
      if (change.lifecycle !== undefined) set.lifecycle = change.lifecycle;
      if (change.visibility !== undefined) set.visibility = change.visibility;
      if (change.owner !== undefined) set.owner = change.owner;
      if (change.sharedWith)
        set.shared_with = JSON.stringify(change.sharedWith);
      if (change.tags)
        set.tags = JSON.stringify([...new Set(change.tags)].sort());
      if (change.archived !== undefined)
        set.archived_at = change.archived ? now : null;
      const row = await modelRowOf(tx, id);
      if (row.changes !== record.changes) {
        throw new ConflictError(
          `${name} was changed in the meantime; read it again and repeat`,
        );
      }
      await changeModel(tx, row, set, now);
      for (const entry of history) await insertHistory(tx, id, entry, now);
    });
  }

  async moveAlias(
    modelId: string,
    alias: string,
    target: number | { bare: number } | undefined,
    expected: { version?: number } | undefined,
    history: HistoryDraft,
  ): Promise<{ moved: boolean; from?: number }> {
    return await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      // Read once it is this one's turn, so that the history is in the order of its times.
      const now = this.now();
      const row = await tx<AliasRow>('registry_aliases')
        .where({ model_id: modelId, alias })
        .first();
      const bareRow = await tx('mlflow_aliases')
        .where({ model_id: modelId, alias })
        .first('number');
      const bare = typeof target === 'object';
      const version = typeof target === 'object' ? target.bare : target;
      // It names one version, wherever that is.
      const from: number | undefined = row?.version ?? bareRow?.number;
      if (expected && expected.version !== row?.version) {
        return { moved: false, from: row?.version };
      }
      if (from === version) {
        return { moved: true, from };
      }
      const model = await modelRowOf(tx, modelId);
      if (version !== undefined) {
        requireNotArchived(model);
        await (bare ? requireBare : requireReady)(tx, modelId, version);
      }
      const named = bare ? undefined : version;
      if (named !== undefined) {
        await tx<AliasRow>('registry_aliases')
          .insert({ model_id: modelId, alias, version: named })
          .onConflict(['model_id', 'alias'])
          .merge();
      } else if (row) {
        await tx<AliasRow>('registry_aliases')
          .where({ model_id: modelId, alias })
          .delete();
      }
      if (bareRow) {
        await tx('mlflow_aliases').where({ model_id: modelId, alias }).delete();
      }
      if (bare) {
        await tx('mlflow_aliases').insert({
          model_id: modelId,
          alias,
          number: version,
        });
      }
      if (row || named !== undefined) await changeModel(tx, model, {}, now);
      await insertHistory(
        tx,
        modelId,
        { ...history, details: { ...history.details, from } },
        now,
      );
      return { moved: true, from };
    });
  }

  async deleteModel(
    { model, changes }: ModelRecord,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    const { id, name, slug } = model;
    await this.knex.transaction(async tx => {
      await lockModel(tx, id);
      // Its row stays until the files of its versions are freed, under a name that nobody can give.
      const deleted = await tx<ModelRow>('registry_models')
        .where({ id, changes })
        .whereNotNull('archived_at')
        .update({
          name: `model:deleted/${id}`,
          slug: id,
          published_at: null,
          // Out of every list and search.
          indexed_changes: null,
          index_digest: null,
          metadata: null,
          updated_at: now,
          changes: changes + 1,
        });
      if (deleted === 0) {
        throw new ConflictError(
          `${name} was changed in the meantime; read it again and repeat`,
        );
      }
      await tx<VersionRow>('registry_versions')
        .where({ model_id: id })
        .update({ status: 'deleted', expires_at: now, idempotency_key: null });
      const aliases = await tx<AliasRow>('registry_aliases')
        .where({ model_id: id })
        .orderBy('alias');
      await tx<AliasRow>('registry_aliases').where({ model_id: id }).delete();
      await tx<FacetRow>('registry_facets').where({ model_id: id }).delete();
      await createSearchIndex(tx).remove(tx, id);
      await TitleWords.remove(tx, id);
      for (const table of MLFLOW_TABLES)
        await tx(table).where({ model_id: id }).delete();
      for (const { alias, version } of aliases) {
        await insertHistory(
          tx,
          id,
          {
            ...history,
            action: 'alias-removed',
            details: { alias, from: version },
          },
          now,
        );
      }
      await insertHistory(tx, id, history, now);
      const { type, owner, system, visibility, sharedWith } = model;
      const subject = { name, type, owner, system, visibility, sharedWith };
      await tx<DeletedModelRow>('registry_deleted_models').insert({
        id,
        name,
        slug,
        subject: JSON.stringify(subject),
        deleted_at: now,
      });
      await countChange(tx, [system]);
    });
  }

  async countPublished(
    query: PublishingQuery,
  ): Promise<{ models: number; versions: number }> {
    const within = (select: Knex.QueryBuilder, column: string) =>
      select.andWhere(column, '>=', query.from).andWhere(column, '<', query.to);
    const all = { ...query, words: [] };
    const models = await within(
      this.finder.matching(all),
      'registry_models.published_at',
    )
      .count({ count: '*' })
      .first();
    const versions = await within(
      this.finder
        .matching(all)
        .join(
          'registry_versions',
          'registry_versions.model_id',
          'registry_models.id',
        ),
      'registry_versions.ready_at',
    )
      .count({ count: '*' })
      .first();
    return {
      models: Number(models?.count ?? 0),
      versions: Number(versions?.count ?? 0),
    };
  }

  async lastPublished(
    query: Omit<PublishingQuery, 'from' | 'to'>,
    limit: number,
  ): Promise<PublishedVersion[]> {
    const rows: Array<Omit<PublishedVersion, 'at'> & { at: string }> =
      await this.finder
        .matching({
          ...query,
          words: [],
        })
        .join(
          'registry_versions',
          'registry_versions.model_id',
          'registry_models.id',
        )
        .whereNotNull('registry_versions.ready_at')
        .orderBy([
          { column: 'registry_versions.ready_at', order: 'desc' },
          { column: 'registry_versions.id', order: 'desc' },
        ])
        .limit(limit)
        .select({
          modelId: 'registry_models.id',
          slug: 'registry_models.slug',
          name: 'registry_models.name',
          number: 'registry_versions.number',
          at: 'registry_versions.ready_at',
          publisher: 'registry_versions.publisher',
        });
    return rows;
  }

  private now(): string {
    return this.clock().toISOString();
  }
}

async function requireReady(
  tx: Knex.Transaction,
  modelId: string,
  version: number,
): Promise<void> {
  const ready = await tx<VersionRow>('registry_versions')
    .where({ model_id: modelId, number: version, status: 'ready' })
    .first('id');
  if (!ready) {
    throw new ConflictError(`Version ${version} is not ready any more`);
  }
}

async function requireBare(
  tx: Knex.Transaction,
  modelId: string,
  number: number,
): Promise<void> {
  const bare = await tx('mlflow_versions')
    .where({ model_id: modelId, number, state: 'bare' })
    .first('number');
  if (!bare) {
    throw new ConflictError(`Version ${number} is not there any more`);
  }
}

function toRecord(row: ModelRow): ModelRecord {
  return {
    model: toModel(row),
    published: row.published_at !== null,
    changes: row.changes,
  };
}
