import { Knex } from 'knex';
import { applyModelFilter } from '../../applyModelFilter';
import { INSERT_CHUNK } from '../../insertChunk';
import { Tag } from '../http/readParameters';
import { TrackingComparison } from '../search/parseTrackingFilter';
import { TrackingOrder } from '../search/parseTrackingOrder';
import {
  experimentSearch,
  loggedModelSearch,
  runSearch,
} from '../search/trackingSearch';
import {
  applyTrackingComparisons,
  applyTrackingOrders,
  Searched,
} from './applyTrackingSearch';
import { DEFAULT_NAME } from './defaultExperiment';
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
  ParameterKept,
  Run,
  TrackingStore,
  VisibleExperiments,
} from './TrackingStore';

const experiments = {
  table: 'mlflow_experiments',
  searchable: experimentSearch,
  newest: 'created_at',
};
const runs = {
  table: 'mlflow_runs',
  searchable: runSearch,
  metricsBy: 'run_id',
  newest: 'started_at',
} as const;
const loggedModels = {
  table: 'mlflow_logged_models',
  searchable: loggedModelSearch,
  metricsBy: 'logged_model_id',
  newest: 'created_at',
} as const;

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

  async addExperiment(experiment: Experiment, tags: Tag[]): Promise<boolean> {
    return await this.knex.transaction(async tx => {
      const inserted = await tx<ExperimentRow>('mlflow_experiments')
        .insert({
          id: experiment.id,
          name: experiment.name,
          system: experiment.system,
          owner: experiment.owner,
          visibility: 'system',
          stage: experiment.stage,
          created_at: experiment.createdAt,
          updated_at: experiment.updatedAt,
        })
        .onConflict()
        .ignore()
        .returning('id');
      if (inserted.length === 0) return false;
      await insertFacts(
        tx,
        experiment.id,
        tags.map((tag): Fact => ({ kind: 'tag', ...tag })),
      );
      return true;
    });
  }

  async findExperiment(id: string): Promise<Experiment | undefined> {
    const row = await this.knex<ExperimentRow>('mlflow_experiments')
      .where({ id })
      .first();
    return row && toExperiment(row);
  }

  async findExperiments(
    by: { ids: string[] } | { name: string },
    visible: VisibleExperiments,
  ): Promise<Experiment[]> {
    const select = this.knex<ExperimentRow>('mlflow_experiments');
    if ('ids' in by) select.whereIn('mlflow_experiments.id', by.ids);
    else select.where('mlflow_experiments.name', by.name);
    applyVisible(select, visible);
    return (await select).map(toExperiment);
  }

  async searchExperiments(query: {
    visible: VisibleExperiments;
    comparisons: TrackingComparison[];
    orders: TrackingOrder[];
    stages: LifeStage[];
    limit: number;
    offset: number;
  }): Promise<Experiment[]> {
    const select = this.knex('mlflow_experiments').whereIn(
      'mlflow_experiments.stage',
      query.stages,
    );
    applyVisible(select, query.visible);
    const rows = await this.searched<ExperimentRow>(select, experiments, query);
    return rows.map(toExperiment);
  }

  async updateExperiment(
    id: string,
    change: Pick<Experiment, 'stage'>,
  ): Promise<void> {
    await this.knex<ExperimentRow>('mlflow_experiments')
      .where({ id })
      .update({ ...change, updated_at: this.now() });
  }

  async renameExperiment(id: string, name: string): Promise<boolean> {
    return await this.knex.transaction(async tx => {
      const taken = await tx<ExperimentRow>('mlflow_experiments as other')
        .join('mlflow_experiments as own', 'own.system', 'other.system')
        .where({ 'own.id': id, 'other.name': name })
        .whereNot('other.id', id)
        .first('other.id');
      if (taken) return false;
      await tx<ExperimentRow>('mlflow_experiments')
        .where({ id })
        .update({ name, updated_at: this.now() });
      return true;
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
    comparisons: TrackingComparison[];
    orders: TrackingOrder[];
    stages: LifeStage[];
    limit: number;
    offset: number;
  }): Promise<Run[]> {
    const select = this.knex('mlflow_runs')
      .whereIn('mlflow_runs.experiment_id', query.experimentIds)
      .whereIn('mlflow_runs.stage', query.stages);
    return (await this.searched<RunRow>(select, runs, query)).map(toRun);
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

  async findLoggedModels(ids: string[]): Promise<LoggedModel[]> {
    const found: LoggedModelRow[] = [];
    for (let start = 0; start < ids.length; start += INSERT_CHUNK) {
      found.push(
        ...(await this.knex<LoggedModelRow>('mlflow_logged_models').whereIn(
          'id',
          ids.slice(start, start + INSERT_CHUNK),
        )),
      );
    }
    return found.map(toLoggedModel);
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
    comparisons: TrackingComparison[];
    orders: TrackingOrder[];
    limit: number;
    offset: number;
  }): Promise<LoggedModel[]> {
    const select = this.knex('mlflow_logged_models')
      .whereIn('mlflow_logged_models.experiment_id', query.experimentIds)
      .where('mlflow_logged_models.stage', 'active');
    const rows = await this.searched<LoggedModelRow>(
      select,
      loggedModels,
      query,
    );
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

  async log(
    subjectId: string,
    logged: { facts: Fact[]; metrics?: Metric[]; runName?: string },
  ): Promise<void> {
    const { facts, metrics = [], runName } = logged;
    const params = facts.filter(({ kind }) => kind === 'param');
    await this.knex.transaction(async tx => {
      await insertParams(tx, subjectId, params);
      await insertFacts(
        tx,
        subjectId,
        facts.filter(({ kind }) => kind !== 'param'),
      );
      await insertMetrics(tx, subjectId, metrics);
      if (runName !== undefined) {
        await tx<RunRow>('mlflow_runs')
          .where({ id: subjectId })
          .update({ name: runName });
      }
    });
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

  /** Beside the orders asked for, the newest first. */
  private async searched<Row>(
    select: Knex.QueryBuilder,
    searched: Searched & { newest: string },
    query: {
      comparisons: TrackingComparison[];
      orders: TrackingOrder[];
      limit: number;
      offset: number;
    },
  ): Promise<Row[]> {
    const { table, newest } = searched;
    applyTrackingComparisons(this.knex, select, searched, query.comparisons);
    applyTrackingOrders(this.knex, select, searched, query.orders);
    return await select
      .select(`${table}.*`)
      .orderBy([
        { column: `${table}.${newest}`, order: 'desc' },
        { column: `${table}.id`, order: 'asc' },
      ])
      .limit(query.limit)
      .offset(query.offset);
  }

  private now(): string {
    return this.clock().toISOString();
  }
}

function applyVisible(
  query: Knex.QueryBuilder,
  { owned, byDefault, system }: VisibleExperiments,
): void {
  const table = 'mlflow_experiments';
  if (system !== undefined) query.where(`${table}.system`, system);
  query.where(either =>
    either
      .where(part => {
        part.whereNot(`${table}.name`, DEFAULT_NAME);
        applyModelFilter(part, owned, table);
      })
      .orWhere(part => {
        part.where(`${table}.name`, DEFAULT_NAME);
        applyModelFilter(part, byDefault, table);
      }),
  );
}

async function insertFacts(
  tx: Knex.Transaction,
  subjectId: string,
  facts: Fact[],
): Promise<void> {
  const rows = rowsOf(subjectId, facts);
  for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
    await tx<FactRow>('mlflow_facts')
      .insert(rows.slice(start, start + INSERT_CHUNK))
      .onConflict(['subject_id', 'kind', 'key'])
      .merge();
  }
}

/** What is there stays; looked at after the own rows are in, it is what another process gave at the same time too. */
async function insertParams(
  tx: Knex.Transaction,
  subjectId: string,
  params: Fact[],
): Promise<void> {
  const rows = rowsOf(subjectId, params);
  for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
    const chunk = rows.slice(start, start + INSERT_CHUNK);
    await tx<FactRow>('mlflow_facts')
      .insert(chunk)
      .onConflict(['subject_id', 'kind', 'key'])
      .ignore();
    const kept = await tx<FactRow>('mlflow_facts')
      .where({ subject_id: subjectId, kind: 'param' })
      .whereIn(
        'key',
        chunk.map(({ key }) => key),
      );
    const values = new Map(kept.map(({ key, value }) => [key, value]));
    for (const { key, value } of chunk) {
      const known = values.get(key);
      if (known !== undefined && known !== value) {
        throw new ParameterKept(key, known);
      }
    }
  }
}

async function insertMetrics(
  tx: Knex.Transaction,
  runId: string,
  metrics: Metric[],
): Promise<void> {
  const rows = inOneOrder(
    metrics.map(metric => toMetricRow(runId, metric)),
    row => [row.key, row.at, row.step, row.value],
  );
  for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
    // The client sends the same again to say of which logged model it is.
    await tx<MetricRow>('mlflow_metrics')
      .insert(rows.slice(start, start + INSERT_CHUNK))
      .onConflict(['run_id', 'key', 'at', 'step', 'value'])
      .merge({
        logged_model_id: tx.raw(
          'coalesce(excluded.logged_model_id, mlflow_metrics.logged_model_id)',
        ),
      });
  }
}

function rowsOf(subjectId: string, facts: Fact[]): FactRow[] {
  return inOneOrder(
    facts.map((fact): FactRow => ({ subject_id: subjectId, ...fact })),
    ({ kind, key }) => [kind, key],
  );
}

/** Each once, the last one counts; in an order in which no two processes wait for each other. */
function inOneOrder<T>(rows: T[], keyOf: (row: T) => unknown[]): T[] {
  const byKey = new Map(rows.map(row => [JSON.stringify(keyOf(row)), row]));
  return [...byKey.entries()]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([, row]) => row);
}
