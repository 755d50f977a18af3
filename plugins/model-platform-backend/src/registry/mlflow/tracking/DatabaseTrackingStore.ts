import { Knex } from 'knex';
import { ModelFilter } from '../../../access/ModelFilter';
import { applyModelFilter } from '../../applyModelFilter';
import { INSERT_CHUNK } from '../../insertChunk';
import { applyComparisons } from '../search/applyComparisons';
import { Comparison } from '../search/parseFilter';
import {
  ExperimentRow,
  FactRow,
  LoggedModelRow,
  MetricRow,
  RunRow,
  toExperiment,
  toLoggedModel,
  toMetric,
  toMetricRow,
  toRun,
} from './trackingRows';
import {
  Experiment,
  Fact,
  FactKind,
  LifeStage,
  LoggedModel,
  Metric,
  Run,
  TrackingStore,
} from './TrackingStore';

/** Experiments, runs and logged models in SQLite or PostgreSQL. */
export class DatabaseTrackingStore implements TrackingStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseTrackingStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async addExperiment(experiment: Experiment): Promise<boolean> {
    const inserted = await this.knex<ExperimentRow>('mlflow_experiments')
      .insert({
        id: experiment.id,
        name: experiment.name,
        system: experiment.system,
        owner: experiment.owner,
        visibility: 'system',
        stage: experiment.stage,
        tags: JSON.stringify(experiment.tags),
        created_at: experiment.createdAt,
        updated_at: experiment.updatedAt,
      })
      .onConflict()
      .ignore()
      .returning('id');
    return inserted.length > 0;
  }

  async findExperiment(id: string): Promise<Experiment | undefined> {
    const row = await this.knex<ExperimentRow>('mlflow_experiments')
      .where({ id })
      .first();
    return row && toExperiment(row);
  }

  async searchExperiments(query: {
    visible: ModelFilter;
    system?: string;
    comparisons: Comparison[];
    stages: LifeStage[];
    limit: number;
    offset: number;
  }): Promise<Experiment[]> {
    const select = this.knex('mlflow_experiments')
      .whereIn('mlflow_experiments.stage', query.stages)
      .orderBy([
        { column: 'mlflow_experiments.updated_at', order: 'desc' },
        { column: 'mlflow_experiments.id' },
      ])
      .limit(query.limit)
      .offset(query.offset);
    if (query.system !== undefined) {
      select.where('mlflow_experiments.system', query.system);
    }
    applyModelFilter(select, query.visible, 'mlflow_experiments');
    applyComparisons(select, query.comparisons, {
      name: 'mlflow_experiments.name',
    });
    const rows: ExperimentRow[] = await select;
    return rows.map(toExperiment);
  }

  async updateExperiment(
    id: string,
    change: Partial<Pick<Experiment, 'name' | 'stage' | 'tags'>>,
  ): Promise<void> {
    const { tags, ...fields } = change;
    await this.knex<ExperimentRow>('mlflow_experiments')
      .where({ id })
      .update({
        ...fields,
        ...(tags ? { tags: JSON.stringify(tags) } : {}),
        updated_at: this.now(),
      });
  }

  async addRun(run: Run, facts: Fact[]): Promise<void> {
    await this.knex.transaction(async tx => {
      await tx<RunRow>('mlflow_runs').insert({
        id: run.id,
        experiment_id: run.experimentId,
        name: run.name,
        user: run.user,
        status: run.status,
        stage: run.stage,
        started_at: run.startedAt,
      });
      await insertFacts(tx, run.id, facts);
    });
  }

  async findRun(id: string): Promise<Run | undefined> {
    const row = await this.knex<RunRow>('mlflow_runs').where({ id }).first();
    return row && toRun(row);
  }

  async updateRun(
    id: string,
    change: Partial<Pick<Run, 'name' | 'status' | 'stage' | 'endedAt'>>,
  ): Promise<void> {
    const { endedAt, ...fields } = change;
    const set = {
      ...fields,
      ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    };
    if (Object.keys(set).length > 0) {
      await this.knex<RunRow>('mlflow_runs').where({ id }).update(set);
    }
  }

  async searchRuns(query: {
    experimentIds: string[];
    stages: LifeStage[];
    limit: number;
    offset: number;
  }): Promise<Run[]> {
    const rows = await this.knex<RunRow>('mlflow_runs')
      .whereIn('experiment_id', query.experimentIds)
      .whereIn('stage', query.stages)
      .orderBy([
        { column: 'started_at', order: 'desc' },
        { column: 'id', order: 'asc' },
      ])
      .limit(query.limit)
      .offset(query.offset);
    return rows.map(toRun);
  }

  async addLoggedModel(model: LoggedModel, facts: Fact[]): Promise<void> {
    await this.knex.transaction(async tx => {
      await tx<LoggedModelRow>('mlflow_logged_models').insert({
        id: model.id,
        experiment_id: model.experimentId,
        name: model.name,
        type: model.type,
        source_run_id: model.sourceRunId,
        status: model.status,
        stage: model.stage,
        created_at: model.createdAt,
        updated_at: model.updatedAt,
      });
      await insertFacts(tx, model.id, facts);
    });
  }

  async findLoggedModel(id: string): Promise<LoggedModel | undefined> {
    const row = await this.knex<LoggedModelRow>('mlflow_logged_models')
      .where({ id })
      .first();
    return row && toLoggedModel(row);
  }

  async updateLoggedModel(
    id: string,
    change: Partial<Pick<LoggedModel, 'status' | 'stage'>>,
  ): Promise<void> {
    await this.knex<LoggedModelRow>('mlflow_logged_models')
      .where({ id })
      .update({ ...change, updated_at: this.now() });
  }

  async searchLoggedModels(query: {
    experimentIds: string[];
    comparisons: Comparison[];
    limit: number;
    offset: number;
  }): Promise<LoggedModel[]> {
    const select = this.knex('mlflow_logged_models')
      .whereIn('experiment_id', query.experimentIds)
      .where('stage', 'active')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'asc' },
      ])
      .limit(query.limit)
      .offset(query.offset);
    applyComparisons(select, query.comparisons, {
      name: 'name',
      model_id: 'id',
      model_type: 'type',
      status: 'status',
      source_run_id: 'source_run_id',
    });
    const rows: LoggedModelRow[] = await select;
    return rows.map(toLoggedModel);
  }

  async facts(subjectIds: string[]): Promise<Map<string, Fact[]>> {
    const found = new Map<string, Fact[]>(subjectIds.map(id => [id, []]));
    for (let start = 0; start < subjectIds.length; start += INSERT_CHUNK) {
      const rows = await this.knex<FactRow>('mlflow_facts')
        .whereIn('subject_id', subjectIds.slice(start, start + INSERT_CHUNK))
        .orderBy(['kind', 'key']);
      for (const { subject_id: id, ...fact } of rows) found.get(id)?.push(fact);
    }
    return found;
  }

  async putFacts(subjectId: string, facts: Fact[]): Promise<void> {
    await this.knex.transaction(
      async tx => await insertFacts(tx, subjectId, facts),
    );
  }

  async removeFact(
    subjectId: string,
    kind: FactKind,
    key: string,
  ): Promise<boolean> {
    const removed = await this.knex<FactRow>('mlflow_facts')
      .where({ subject_id: subjectId, kind, key })
      .delete();
    return removed > 0;
  }

  async addMetrics(runId: string, metrics: Metric[]): Promise<void> {
    const rows = new Map<string, MetricRow>();
    for (const metric of metrics) {
      const row = toMetricRow(runId, metric);
      rows.set(JSON.stringify([row.key, row.at, row.step, row.value]), row);
    }
    const all = [...rows.values()];
    await this.knex.transaction(async tx => {
      for (let start = 0; start < all.length; start += INSERT_CHUNK) {
        // The client sends the same again to say of which logged model it is.
        await tx<MetricRow>('mlflow_metrics')
          .insert(all.slice(start, start + INSERT_CHUNK))
          .onConflict(['run_id', 'key', 'at', 'step', 'value'])
          .merge({
            logged_model_id: tx.raw(
              'coalesce(excluded.logged_model_id, mlflow_metrics.logged_model_id)',
            ),
          });
      }
    });
  }

  async metricHistory(
    runId: string,
    key: string,
    page: { limit: number; offset: number },
  ): Promise<Metric[]> {
    const rows = await this.knex<MetricRow>('mlflow_metrics')
      .where({ run_id: runId, key })
      .orderBy(['at', 'step', 'id'])
      .limit(page.limit)
      .offset(page.offset);
    return rows.map(toMetric);
  }

  async latestMetrics(
    by: 'run' | 'loggedModel',
    ids: string[],
  ): Promise<Map<string, Metric[]>> {
    const column = by === 'run' ? 'run_id' : 'logged_model_id';
    const found = new Map<string, Metric[]>(ids.map(id => [id, []]));
    for (let start = 0; start < ids.length; start += INSERT_CHUNK) {
      const ranked = this.knex<MetricRow>('mlflow_metrics')
        .whereIn(column, ids.slice(start, start + INSERT_CHUNK))
        .select('*')
        .rowNumber('place', window =>
          window.partitionBy([column, 'key']).orderBy([
            { column: 'step', order: 'desc' },
            { column: 'at', order: 'desc' },
            { column: 'id', order: 'desc' },
          ]),
        )
        .as('ranked');
      const rows: MetricRow[] = await this.knex
        .from(ranked)
        .where('place', 1)
        .orderBy('key')
        .select('*');
      for (const row of rows) {
        found.get(row[column] ?? '')?.push(toMetric(row));
      }
    }
    return found;
  }

  private now(): string {
    return this.clock().toISOString();
  }
}

async function insertFacts(
  tx: Knex.Transaction,
  subjectId: string,
  facts: Fact[],
): Promise<void> {
  const rows = [
    ...new Map(facts.map(fact => [`${fact.kind} ${fact.key}`, fact])).values(),
  ].map((fact): FactRow => ({ subject_id: subjectId, ...fact }));
  for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
    await tx<FactRow>('mlflow_facts')
      .insert(rows.slice(start, start + INSERT_CHUNK))
      .onConflict(['subject_id', 'kind', 'key'])
      .merge();
  }
}
