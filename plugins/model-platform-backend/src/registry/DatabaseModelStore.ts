import {
  FacetValue,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { ModelFilter } from '../access/ModelFilter';
import { applyModelFilter } from './applyModelFilter';
import { applyModelQuery, facetColumn } from './applyModelQuery';
import {
  AliasRow,
  DeletedModelRow,
  FacetRow,
  ModelRow,
  toModel,
  toSummary,
  VersionRow,
} from './modelRows';
import {
  HistoryDraft,
  ModelChange,
  ModelQuery,
  ModelRecord,
  ModelStore,
  PublishedVersion,
  PublishingQuery,
} from './ModelStore';
import { insertHistory, lockModel, refreshModel } from './modelWrites';

const MAX_FACET_VALUES = 100;
const sortColumns = {
  name: 'name',
  updatedAt: 'updated_at',
  createdAt: 'created_at',
} as const;

/** Models in SQLite or PostgreSQL. */
export class DatabaseModelStore implements ModelStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseModelStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async findById(id: string): Promise<ModelRecord | undefined> {
    return (await this.findMany([id])).get(id);
  }

  async find(nameOrSlug: string): Promise<ModelRecord | undefined> {
    const row = await this.knex<ModelRow>('registry_models')
      .where({ name: nameOrSlug })
      .orWhere({ slug: nameOrSlug })
      .first();
    return row && (await this.toRecords([row]))[0];
  }

  async findMany(ids: string[]): Promise<Map<string, ModelRecord>> {
    const found = new Map<string, ModelRecord>();
    for (let start = 0; start < ids.length; start += 500) {
      const rows = await this.knex<ModelRow>('registry_models').whereIn(
        'id',
        ids.slice(start, start + 500),
      );
      for (const record of await this.toRecords(rows)) {
        found.set(record.model.id, record);
      }
    }
    return found;
  }

  async list(
    query: ModelQuery,
  ): Promise<{ items: Model[]; totalItems: number }> {
    const column = sortColumns[query.sort.by];
    const direction = query.sort.descending ? 'desc' : 'asc';
    const page = this.matching(query)
      .select('registry_models.*')
      .orderBy([
        { column: `registry_models.${column}`, order: direction },
        { column: 'registry_models.id', order: direction },
      ])
      .limit(query.limit);
    const { after } = query;
    if (after) {
      const beyond = query.sort.descending ? '<' : '>';
      page.andWhere(part =>
        part
          .where(`registry_models.${column}`, beyond, after.value)
          .orWhere(equal =>
            equal
              .where(`registry_models.${column}`, after.value)
              .andWhere('registry_models.id', beyond, after.id),
          ),
      );
    }
    const rows: ModelRow[] = await page;
    const counted = await this.matching(query).count({ count: '*' }).first();
    const records = await this.toRecords(rows);
    return {
      items: records.map(({ model }) => model),
      totalItems: Number(counted?.count ?? 0),
    };
  }

  async facets(
    query: Pick<ModelQuery, 'visible' | 'words' | 'where'>,
    keys: string[],
  ): Promise<Record<string, FacetValue[]>> {
    const facets: Record<string, FacetValue[]> = {};
    for (const key of keys) {
      const select = this.matching(query);
      let value: string | Knex.Raw = 'registry_facets.value';
      if (key === 'archived') {
        value = this.knex.raw(
          `case when registry_models.archived_at is null then 'false' else 'true' end`,
        );
      } else if (facetColumn(key)) {
        value = `registry_models.${facetColumn(key)}`;
      } else {
        select
          .join(
            'registry_facets',
            'registry_facets.model_id',
            'registry_models.id',
          )
          .where('registry_facets.key', key);
      }
      const rows: Array<{ value: string; count: number | string }> =
        await select
          .select({ value })
          .count({ count: '*' })
          .groupBy(typeof value === 'string' ? value : this.knex.raw('1'))
          .orderBy([{ column: 'count', order: 'desc' }, { column: 'value' }])
          .limit(MAX_FACET_VALUES);
      facets[key] = rows.map(row => ({
        value: row.value,
        count: Number(row.count),
      }));
    }
    return facets;
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
    history: HistoryDraft,
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
      const updated = await tx<ModelRow>('registry_models')
        .where({ id, changes: record.changes })
        .update({ ...set, updated_at: now });
      if (updated === 0) {
        throw new ConflictError(
          `${name} was changed in the meantime; read it again and repeat`,
        );
      }
      await refreshModel(tx, id, now);
      await insertHistory(tx, id, history, now);
    });
  }

  async moveAlias(
    modelId: string,
    alias: string,
    version: number | undefined,
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
      const from = row?.version;
      if (expected && expected.version !== from) {
        return { moved: false, from };
      }
      if (from === version) {
        return { moved: true, from };
      }
      if (version === undefined) {
        await tx<AliasRow>('registry_aliases')
          .where({ model_id: modelId, alias })
          .delete();
      } else {
        const ready = await tx<VersionRow>('registry_versions')
          .where({ model_id: modelId, number: version, status: 'ready' })
          .first('id');
        if (!ready) {
          throw new ConflictError(`Version ${version} is not ready any more`);
        }
        await tx<AliasRow>('registry_aliases')
          .insert({ model_id: modelId, alias, version })
          .onConflict(['model_id', 'alias'])
          .merge();
      }
      await refreshModel(tx, modelId, now);
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
    });
  }

  async countPublished(
    query: PublishingQuery,
  ): Promise<{ models: number; versions: number }> {
    const within = (select: Knex.QueryBuilder, column: string) =>
      select.andWhere(column, '>=', query.from).andWhere(column, '<', query.to);
    const all = { ...query, words: [] };
    const models = await within(
      this.matching(all),
      'registry_models.published_at',
    )
      .count({ count: '*' })
      .first();
    const versions = await within(
      this.matching(all).join(
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
      await this.matching({
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

  /** Items, totals and facets are all made of this one. */
  private matching(query: Pick<ModelQuery, 'visible' | 'words' | 'where'>) {
    const select = this.knex('registry_models').whereNotNull(
      'registry_models.published_at',
    );
    applyModelFilter(select, query.visible);
    applyModelQuery(select, query);
    return select;
  }

  private async toRecords(rows: ModelRow[]): Promise<ModelRecord[]> {
    if (rows.length === 0) {
      return [];
    }
    const ids = rows.map(row => row.id);
    const aliases = await this.knex<AliasRow>('registry_aliases')
      .whereIn('model_id', ids)
      .orderBy('alias');
    const versions: Array<
      Pick<VersionRow, 'model_id' | 'number' | 'status' | 'ready_at' | 'spec'>
    > = await this.knex('registry_versions')
      .join(
        'registry_models',
        'registry_models.id',
        'registry_versions.model_id',
      )
      .whereIn('registry_versions.model_id', ids)
      .andWhere(part =>
        part
          .where(
            'registry_versions.number',
            this.knex.ref('registry_models.current_number'),
          )
          .orWhere(
            'registry_versions.number',
            this.knex.ref('registry_models.latest_number'),
          ),
      )
      .select(
        'registry_versions.model_id',
        'registry_versions.number',
        'registry_versions.status',
        'registry_versions.ready_at',
        'registry_versions.spec',
      );
    return rows.map(row => ({
      model: toModel(
        row,
        aliases.filter(alias => alias.model_id === row.id),
        new Map(
          versions
            .filter(version => version.model_id === row.id)
            .map(version => [version.number, toSummary(version)]),
        ),
      ),
      published: row.published_at !== null,
      changes: row.changes,
    }));
  }
}
