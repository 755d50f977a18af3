import { Knex } from 'knex';
import { applyModelFilter } from '../../applyModelFilter';
import { ensureModel, nextNumber } from '../../ensureModel';
import { ModelRow } from '../../modelRows';
import { HistoryDraft, ModelFields } from '../../ModelStore';
import { insertHistory, lockModel } from '../../modelWrites';
import { Tag } from '../http/readParameters';
import {
  applyComparisons,
  applyTagComparisons,
} from '../search/applyComparisons';
import { MlflowAlias, MlflowModel, MlflowVersion, Stage } from './MlflowModel';
import { MlflowModelStore, NewMlflowVersion, Search } from './MlflowModelStore';
import { toMlflowModel, toMlflowVersion } from './mlflowRows';
import { versionEntries, VersionEntry, VersionScope } from './versionEntries';

interface TagRow {
  model_id: string;
  number: number;
  key: string;
  value: string;
}

const CHUNK = 100;

const modelColumns: Record<string, string> = {
  name: 'registry_models.name',
  timestamp: 'registry_models.created_at',
  last_updated_timestamp: 'registry_models.updated_at',
};

const versionColumns: Record<string, string> = {
  name: 'registry_models.name',
  version_number: 'entries.number',
  run_id: 'entries.run_id',
  source_path: 'entries.source',
  creation_timestamp: 'entries.created_at',
  last_updated_timestamp: 'entries.updated_at',
};

const keyOf = (modelId: string, number: number) =>
  number === 0 ? modelId : `${modelId} ${number}`;

/** What MLflow keeps of models and versions, in SQLite or PostgreSQL. */
export class DatabaseMlflowModelStore implements MlflowModelStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseMlflowModelStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async findModel(name: string): Promise<MlflowModel | undefined> {
    const row: ModelRow | undefined = await this.shownModels()
      .where('registry_models.name', name)
      .first('registry_models.*');
    return row && toMlflowModel(row);
  }

  async createModel(
    model: {
      fields: ModelFields;
      slug: string;
      publisher: string;
      tags: Tag[];
    },
    history: HistoryDraft,
  ): Promise<boolean> {
    const now = this.now();
    return await this.knex.transaction(async tx => {
      const { name } = model.fields;
      await tx('registry_names')
        .insert({ name, last_number: 0 })
        .onConflict('name')
        .ignore();
      // Two at once take turns.
      await tx('registry_names')
        .where({ name })
        .update({ last_number: tx.ref('last_number') });
      const taken = await tx('registry_models').where({ name }).first('id');
      if (taken) return false;
      const id = await ensureModel(tx, model, now);
      const { last_number: before } = await tx('registry_names')
        .where({ name })
        .first('last_number');
      await tx('mlflow_models').insert({
        model_id: id,
        numbers_before: before,
      });
      await putTags(tx, id, 0, model.tags);
      await insertHistory(tx, id, history, now);
      return true;
    });
  }

  async updateModel(
    id: string,
    change: { description?: string; owner?: string },
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, id);
      await tx<ModelRow>('registry_models')
        .where({ id })
        .whereNull('published_at')
        .update({ ...change, updated_at: now });
      await insertHistory(tx, id, history, now);
    });
  }

  async renameModel(
    model: MlflowModel,
    name: string,
    history: HistoryDraft,
  ): Promise<boolean> {
    const now = this.now();
    return await this.knex.transaction(async tx => {
      await lockModel(tx, model.id);
      const taken = await tx<ModelRow>('registry_models')
        .whereNot({ id: model.id })
        .andWhere(either => either.where({ name }).orWhere({ slug: name }))
        .first('id');
      if (taken) return false;
      const old = await tx('registry_names')
        .where({ name: model.name })
        .first('last_number');
      await tx('registry_names')
        .insert({ name, last_number: old.last_number })
        .onConflict('name')
        .ignore();
      // Neither the numbers of its own versions nor those of the name come again.
      await tx('registry_names')
        .where({ name })
        .andWhere('last_number', '<', old.last_number)
        .update({ last_number: old.last_number });
      await tx<ModelRow>('registry_models')
        .where({ id: model.id })
        .whereNull('published_at')
        .update({ name, updated_at: now });
      await tx('mlflow_models')
        .where({ model_id: model.id })
        .update({ numbers_before: null });
      await insertHistory(tx, model.id, history, now);
      return true;
    });
  }

  async deleteModel(model: MlflowModel, numbersToo: boolean): Promise<void> {
    await this.knex.transaction(async tx => {
      await lockModel(tx, model.id);
      const shown = await tx('mlflow_models')
        .where({ model_id: model.id })
        .first('numbers_before');
      if (numbersToo && typeof shown?.numbers_before === 'number') {
        await tx('registry_names')
          .where({ name: model.name })
          .update({ last_number: shown.numbers_before });
      }
      for (const table of [
        'mlflow_models',
        'mlflow_tags',
        'mlflow_aliases',
        'mlflow_versions',
      ]) {
        await tx(table).where({ model_id: model.id }).delete();
      }
      await tx('registry_models')
        .where({ id: model.id })
        .whereNull('published_at')
        .whereNotExists(
          tx
            .select(tx.raw('1'))
            .from('registry_versions')
            .where('model_id', model.id),
        )
        .delete();
    });
  }

  async tagsOfModels(ids: string[]): Promise<Map<string, Tag[]>> {
    return await this.tagsOf(ids.map(id => ({ modelId: id, number: 0 })));
  }

  async setTag(
    modelId: string,
    number: number,
    key: string,
    value: string | undefined,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      if (value === undefined) {
        const removed = await tx('mlflow_tags')
          .where({ model_id: modelId, number, key })
          .delete();
        if (removed === 0) return;
      } else {
        await putTags(tx, modelId, number, [{ key, value }]);
      }
      await touch(tx, modelId, number, now);
      await insertHistory(tx, modelId, history, now);
    });
  }

  async aliasesOfModels(ids: string[]): Promise<Map<string, MlflowAlias[]>> {
    const found = new Map<string, MlflowAlias[]>(ids.map(id => [id, []]));
    for (const part of chunks(ids)) {
      const rows = [
        ...(await this.knex('registry_aliases')
          .whereIn('model_id', part)
          .select('model_id', 'alias', 'version as number')),
        ...(await this.knex('mlflow_aliases')
          .whereIn('model_id', part)
          .select('model_id', 'alias', 'number')),
      ];
      for (const row of rows) {
        found.get(row.model_id)?.push({ alias: row.alias, number: row.number });
      }
    }
    for (const aliases of found.values()) {
      aliases.sort((left, right) => (left.alias < right.alias ? -1 : 1));
    }
    return found;
  }

  async setBareAlias(
    modelId: string,
    alias: string,
    number: number | undefined,
    history?: HistoryDraft,
  ): Promise<void> {
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      const removed = await tx('mlflow_aliases')
        .where({ model_id: modelId, alias })
        .delete();
      if (number !== undefined) {
        await tx('mlflow_aliases').insert({ model_id: modelId, alias, number });
      }
      if (history && (number !== undefined || removed > 0)) {
        await insertHistory(tx, modelId, history, this.now());
      }
    });
  }

  async reserveNumber(name: string): Promise<number> {
    return await this.knex.transaction(async tx => await nextNumber(tx, name));
  }

  async addVersion(
    version: NewMlflowVersion,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    const { modelId, number } = version;
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      await tx('mlflow_versions').insert({
        model_id: modelId,
        number,
        state: version.state,
        status_message: version.statusMessage ?? null,
        source: version.source,
        root: version.root ?? null,
        location: version.location ?? null,
        run_id: version.runId ?? null,
        logged_model_id: version.loggedModelId ?? null,
        run_link: version.runLink ?? null,
        description: version.description ?? null,
        stage: 'None',
        created_by: history.actor,
        created_at: now,
        updated_at: now,
      });
      await putTags(tx, modelId, number, version.tags);
      await touch(tx, modelId, 0, now);
      await insertHistory(tx, modelId, history, now);
    });
  }

  async findVersion(
    scope: VersionScope,
    modelId: string,
    number: number,
  ): Promise<MlflowVersion | undefined> {
    const rows = await this.entries({
      ...scope,
      models: query => query.where('registry_models.id', modelId),
    }).where('entries.number', number);
    return (await this.toVersions(rows))[0];
  }

  async latestVersions(
    scope: VersionScope,
    modelIds: string[],
  ): Promise<Map<string, MlflowVersion[]>> {
    const found = new Map<string, MlflowVersion[]>(
      modelIds.map(id => [id, []]),
    );
    for (const part of chunks(modelIds)) {
      const newest = this.knex
        .from(
          versionEntries(this.knex, {
            ...scope,
            models: query => query.whereIn('registry_models.id', part),
          }),
        )
        .select('entries.*')
        .rowNumber('place', window =>
          window
            .partitionBy(['entries.model_id', 'entries.stage'])
            .orderBy('entries.number', 'desc'),
        )
        .as('entries');
      const rows = await this.named(this.knex.from(newest))
        .where('entries.place', 1)
        .orderBy('entries.number', 'desc');
      for (const version of await this.toVersions(rows)) {
        found.get(version.modelId)?.push(version);
      }
    }
    return found;
  }

  async pendingVersions(modelId: string): Promise<MlflowVersion[]> {
    const rows = await this.entries({
      visible: true,
      unfinished: true,
      models: query => query.where('registry_models.id', modelId),
    })
      .where('entries.state', 'pending')
      .orderBy('entries.number');
    return await this.toVersions(rows);
  }

  async versionsInStage(
    modelId: string,
    stage: Stage,
    limit: number,
  ): Promise<MlflowVersion[]> {
    const rows = await this.entries({
      visible: true,
      unfinished: true,
      models: query => query.where('registry_models.id', modelId),
    })
      .where('entries.stage', stage)
      .limit(limit);
    return await this.toVersions(rows);
  }

  async noteState(
    version: MlflowVersion,
    state: MlflowVersion['state'],
    statusMessage: string | undefined,
  ): Promise<void> {
    await this.knex('mlflow_versions')
      .where({ model_id: version.modelId, number: version.number })
      .update({ state, status_message: statusMessage ?? null });
  }

  async updateVersion(
    version: MlflowVersion,
    change: { description: string | undefined },
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, version.modelId);
      await touch(tx, version.modelId, version.number, now, version);
      await tx('mlflow_versions')
        .where({ model_id: version.modelId, number: version.number })
        .update({
          description: change.description ?? null,
          updated_at: now,
        });
      await insertHistory(tx, version.modelId, history, now);
    });
  }

  async transition(
    version: MlflowVersion,
    stage: Stage,
    archiveExisting: MlflowVersion[],
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await lockModel(tx, version.modelId);
      for (const [one, to] of [
        ...archiveExisting.map(other => [other, 'Archived'] as const),
        [version, stage] as const,
      ]) {
        await touch(tx, one.modelId, one.number, now, one);
        await tx('mlflow_versions')
          .where({ model_id: one.modelId, number: one.number })
          .update({ stage: to, updated_at: now });
      }
      await insertHistory(tx, version.modelId, history, now);
    });
  }

  async deleteVersion(
    version: MlflowVersion,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    const { modelId, number } = version;
    await this.knex.transaction(async tx => {
      await lockModel(tx, modelId);
      for (const table of [
        'mlflow_versions',
        'mlflow_tags',
        'mlflow_aliases',
      ]) {
        await tx(table).where({ model_id: modelId, number }).delete();
      }
      await touch(tx, modelId, 0, now);
      await insertHistory(tx, modelId, history, now);
    });
  }

  async searchModels(search: Search): Promise<MlflowModel[]> {
    const query = this.shownModels().select('registry_models.*');
    applyModelFilter(query, search.scope.visible);
    search.scope.models?.(query);
    applyComparisons(query, search.comparisons, modelColumns);
    applyTagComparisons(query, search.comparisons, () =>
      this.knex('mlflow_tags')
        .select(this.knex.raw('1'))
        .whereRaw('mlflow_tags.model_id = registry_models.id')
        .where('mlflow_tags.number', 0),
    );
    for (const { key, descending } of search.orders) {
      query.orderBy(modelColumns[key], descending ? 'desc' : 'asc');
    }
    const rows: ModelRow[] = await query
      .orderBy('registry_models.name')
      .limit(search.limit)
      .offset(search.offset);
    return rows.map(toMlflowModel);
  }

  async searchVersions(search: Search): Promise<MlflowVersion[]> {
    const names = search.comparisons.filter(one => one.key === 'name');
    const query = this.entries({
      ...search.scope,
      models: models => {
        search.scope.models?.(models);
        // Where it is few models that are asked for, only theirs are looked at.
        for (const one of names) {
          if (one.of === 'string' && one.operator === '=') {
            models.where('registry_models.name', one.value);
          }
        }
      },
    });
    applyComparisons(query, search.comparisons, versionColumns);
    applyTagComparisons(query, search.comparisons, () =>
      this.knex('mlflow_tags')
        .select(this.knex.raw('1'))
        .whereRaw('mlflow_tags.model_id = entries.model_id')
        .whereRaw('mlflow_tags.number = entries.number'),
    );
    for (const { key, descending } of search.orders) {
      query.orderBy(versionColumns[key], descending ? 'desc' : 'asc');
    }
    if (search.orders.length === 0) query.orderBy('entries.updated_at', 'desc');
    const rows: Array<VersionEntry & { model: string }> = await query
      .orderBy('registry_models.name')
      .orderBy('entries.number', 'desc')
      .limit(search.limit)
      .offset(search.offset);
    return await this.toVersions(rows);
  }

  private shownModels() {
    return this.knex<ModelRow>('registry_models')
      .leftJoin('mlflow_models', 'mlflow_models.model_id', 'registry_models.id')
      .whereNull('registry_models.archived_at')
      .andWhere(either =>
        either
          .whereNotNull('registry_models.published_at')
          .orWhereNotNull('mlflow_models.model_id'),
      );
  }

  private entries(scope: VersionScope) {
    return this.named(this.knex.from(versionEntries(this.knex, scope)));
  }

  private named(
    query: Knex.QueryBuilder,
  ): Knex.QueryBuilder<object, Array<VersionEntry & { model: string }>> {
    return query
      .join('registry_models', 'registry_models.id', 'entries.model_id')
      .select('entries.*', 'registry_models.name as model');
  }

  private async toVersions(
    rows: Array<VersionEntry & { model: string }>,
  ): Promise<MlflowVersion[]> {
    const tags = await this.tagsOf(
      rows.map(row => ({ modelId: row.model_id, number: row.number })),
    );
    return rows.map(row =>
      toMlflowVersion(row, tags.get(keyOf(row.model_id, row.number)) ?? []),
    );
  }

  private async tagsOf(
    subjects: Array<{ modelId: string; number: number }>,
  ): Promise<Map<string, Tag[]>> {
    const found = new Map<string, Tag[]>();
    const numbers = new Set(subjects.map(({ number }) => number));
    const ids = [...new Set(subjects.map(({ modelId }) => modelId))];
    for (const part of chunks(ids)) {
      const query = this.knex<TagRow>('mlflow_tags').whereIn('model_id', part);
      if (numbers.size <= CHUNK) query.whereIn('number', [...numbers]);
      for (const row of await query.orderBy('key')) {
        const key = keyOf(row.model_id, row.number);
        const tags = found.get(key) ?? [];
        tags.push({ key: row.key, value: row.value });
        found.set(key, tags);
      }
    }
    return found;
  }

  private now(): string {
    return this.clock().toISOString();
  }
}

async function putTags(
  tx: Knex.Transaction,
  modelId: string,
  number: number,
  tags: Tag[],
): Promise<void> {
  // Of two of one name the last one counts.
  const rows = [...new Map(tags.map(tag => [tag.key, tag.value]))].map(
    ([key, value]) => ({ model_id: modelId, number, key, value }),
  );
  for (const part of chunks(rows)) {
    await tx('mlflow_tags')
      .insert(part)
      .onConflict(['model_id', 'number', 'key'])
      .merge();
  }
}

/** Notes when model and version were changed; a version of another door gets its row. */
async function touch(
  tx: Knex.Transaction,
  modelId: string,
  number: number,
  now: string,
  version?: MlflowVersion,
): Promise<void> {
  await tx('registry_models')
    .where({ id: modelId })
    .whereNull('published_at')
    .update({ updated_at: now });
  if (number === 0) return;
  if (version) {
    await tx('mlflow_versions')
      .insert({
        model_id: modelId,
        number,
        state: version.state,
        stage: version.stage,
        created_by: version.createdBy,
        created_at: version.createdAt,
        updated_at: now,
      })
      .onConflict(['model_id', 'number'])
      .ignore();
  } else {
    await tx('mlflow_versions')
      .where({ model_id: modelId, number })
      .update({ updated_at: now });
  }
}

function chunks<T>(items: T[]): T[][] {
  const parts: T[][] = [];
  for (let start = 0; start < items.length; start += CHUNK) {
    parts.push(items.slice(start, start + CHUNK));
  }
  return parts;
}
