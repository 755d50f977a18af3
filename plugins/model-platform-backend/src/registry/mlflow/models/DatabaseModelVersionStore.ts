import { Knex } from 'knex';
import { nextNumber } from '../../ensureModel';
import { HistoryDraft } from '../../ModelStore';
import { insertHistory, lockModel } from '../../modelWrites';
import {
  applyComparisons,
  applyTagComparisons,
} from '../search/applyComparisons';
import { MlflowVersion, Stage } from './MlflowModel';
import {
  ModelVersionStore,
  NewMlflowVersion,
  Search,
} from './MlflowModelStore';
import { toMlflowVersion } from './mlflowRows';
import { chunks, findTags, keyOf, putTags } from './mlflowTags';
import { versionEntries, VersionEntry, VersionScope } from './versionEntries';
import { ensureRow, touchModel } from './versionRow';

const versionColumns: Record<string, string> = {
  name: 'registry_models.name',
  version_number: 'entries.number',
  run_id: 'entries.run_id',
  source_path: 'entries.source',
  creation_timestamp: 'entries.created_at',
  last_updated_timestamp: 'entries.updated_at',
};

/** MLflow's versions, in SQLite or PostgreSQL. */
export class DatabaseModelVersionStore implements ModelVersionStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseModelVersionStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

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
        responsible: version.responsible ?? null,
        created_at: now,
        updated_at: now,
      });
      await putTags(tx, modelId, number, version.tags);
      await touchModel(tx, modelId, now);
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

  async pendingVersions(
    modelId: string,
    limit: number,
  ): Promise<MlflowVersion[]> {
    const rows = await this.entries({
      visible: true,
      unfinished: true,
      models: query => query.where('registry_models.id', modelId),
    })
      .where('entries.state', 'pending')
      .orderBy('entries.number', 'desc')
      .limit(limit);
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
      await ensureRow(tx, version, now);
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
      await touchModel(tx, version.modelId, now);
      for (const [one, to] of [
        ...archiveExisting.map(other => [other, 'Archived'] as const),
        [version, stage] as const,
      ]) {
        await ensureRow(tx, one, now);
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
      await touchModel(tx, modelId, now);
      await insertHistory(tx, modelId, history, now);
    });
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
    const tags = await findTags(
      this.knex,

      rows.map(row => ({ modelId: row.model_id, number: row.number })),
    );
    return rows.map(row =>
      toMlflowVersion(row, tags.get(keyOf(row.model_id, row.number)) ?? []),
    );
  }

  private now(): string {
    return this.clock().toISOString();
  }
}
