import { randomUUID } from 'node:crypto';
import { toActor } from '../../../access/Caller';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter } from '../MlflowError';
import { TrackingComparison } from '../search/parseTrackingFilter';
import { TrackingOrder } from '../search/parseTrackingOrder';
import { checkKey, checkLength } from '../validation';
import { DatasetInput, datasetFact } from './datasetFact';
import { ExperimentAccess } from './ExperimentAccess';
import { Experiments, requireActive } from './Experiments';
import { LoggedModels } from './LoggedModels';
import {
  Fact,
  LifeStage,
  Metric,
  ParameterKept,
  Run,
  TrackingStore,
} from './TrackingStore';

const RUN_NAME = 'mlflow.runName';
const MAX_NAME = 255;
const MAX_ID = 36;
const MAX_KEY = 250;
/** What is longer is cut, as MLflow's server does. */
const MAX_PARAM = 6000;
const MAX_TAG = 8000;
const MAX_DATASETS = 100;

export interface RunDetails {
  run: Run;
  facts: Fact[];
  metrics: Metric[];
}

/** MLflow's runs; rights are those of their experiment. */
export class Runs {
  constructor(
    private readonly options: {
      store: TrackingStore;
      experiments: Experiments;
      loggedModels: LoggedModels;
      access: ExperimentAccess;
      clock?: () => Date;
    },
  ) {}

  async create(
    call: MlflowCall,
    run: {
      experimentId: string;
      name?: string;
      user?: string;
      startedAt?: number;
      tags: Tag[];
    },
  ): Promise<RunDetails> {
    const { experiments, store } = this.options;
    const experiment = await experiments.writable(call, run.experimentId);
    requireActive(experiment);
    const tags = checkedTags(run.tags);
    checkLength(MAX_NAME, { run_name: run.name, user_id: run.user });
    const tagged = tags.find(tag => tag.key === RUN_NAME)?.value;
    if (run.name && tagged && run.name !== tagged) {
      throw invalidParameter(
        `Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='${run.name}', mlflow.runName='${tagged}').`,
      );
    }
    const id = randomUUID().replace(/-/g, '');
    const name = run.name || tagged || `run-${id.slice(0, 8)}`;
    await store.addRun(
      {
        id,
        experimentId: experiment.id,
        name,
        user: run.user || toActor(call.caller),
        status: 'RUNNING',
        stage: 'active',
        startedAt:
          run.startedAt ?? (this.options.clock?.() ?? new Date()).getTime(),
      },
      [...tags, { key: RUN_NAME, value: name }].map(
        (tag): Fact => ({ kind: 'tag', ...tag }),
      ),
    );
    return await this.get(call, id);
  }

  async get(call: MlflowCall, id: string): Promise<RunDetails> {
    const run = await this.readable(call, id);
    return (await this.withDetails([run]))[0];
  }

  async update(
    call: MlflowCall,
    id: string,
    change: Partial<Pick<Run, 'name' | 'status' | 'endedAt'>>,
  ): Promise<RunDetails> {
    checkLength(MAX_NAME, { run_name: change.name });
    await this.changeable(call, id);
    await this.options.store.updateRun(id, change);
    if (change.name) {
      await this.options.store.putFacts(id, [
        { kind: 'tag', key: RUN_NAME, value: change.name },
      ]);
    }
    return await this.get(call, id);
  }

  async move(call: MlflowCall, id: string, stage: LifeStage): Promise<void> {
    await this.writable(call, id);
    await this.options.store.updateRun(id, { stage });
  }

  async search(
    call: MlflowCall,
    query: {
      experimentIds: string[];
      comparisons: TrackingComparison[];
      orders: TrackingOrder[];
      stages: LifeStage[];
      limit: number;
      offset: number;
    },
  ): Promise<RunDetails[]> {
    const { access, store } = this.options;
    const experimentIds = await access.readableIds(call, query.experimentIds);
    return await this.withDetails(
      await store.searchRuns({ ...query, experimentIds }),
    );
  }

  /** All of it or nothing; parameters never change. */
  async log(
    call: MlflowCall,
    id: string,
    logged: { metrics?: Metric[]; params?: Tag[]; tags?: Tag[] },
  ): Promise<void> {
    const metrics = logged.metrics ?? [];
    const params = checkedParams(logged.params ?? []);
    const tags = checkedTags(logged.tags ?? []);
    for (const metric of metrics) {
      checkKey(metric.key, 'name');
      checkLength(MAX_KEY, { 'Metric name': metric.key });
      checkLength(MAX_ID, { model_id: metric.loggedModelId });
    }
    const { experimentId } = await this.changeable(call, id);
    await this.options.loggedModels.requireLinkable(
      call,
      metrics.flatMap(({ loggedModelId }) => loggedModelId ?? []),
      experimentId,
    );
    const name = tags.find(tag => tag.key === RUN_NAME)?.value;
    try {
      await this.options.store.log(id, {
        facts: [
          ...params.map((one): Fact => ({ kind: 'param', ...one })),
          ...tags.map((one): Fact => ({ kind: 'tag', ...one })),
        ],
        metrics,
        runName: name ? name.slice(0, MAX_NAME) : undefined,
      });
    } catch (error) {
      if (!(error instanceof ParameterKept)) throw error;
      const { key, value: before } = error;
      const after = params.find(param => param.key === key)?.value;
      throw invalidParameter(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${before}' for run ID='${id}'. Attempted logging new value '${after}'.`,
      );
    }
  }

  async deleteTag(call: MlflowCall, id: string, key: string): Promise<void> {
    await this.changeable(call, id);
    if (!(await this.options.store.removeFact(id, 'tag', key))) {
      throw doesNotExist(`No tag with name: ${key} in run with id ${id}`);
    }
  }

  /** Logged models that a run made, or was given. */
  async linkModels(
    call: MlflowCall,
    id: string,
    kind: 'input' | 'output',
    models: Array<{ id: string; step: number }>,
  ): Promise<void> {
    for (const model of models) checkLength(MAX_ID, { model_id: model.id });
    const { experimentId } = await this.changeable(call, id);
    await this.options.loggedModels.requireLinkable(
      call,
      models.map(model => model.id),
      experimentId,
      // A run may be given what it only reads.
      { toRead: kind === 'input' },
    );
    await this.options.store.putFacts(
      id,
      models.map(
        (model): Fact => ({ kind, key: model.id, value: String(model.step) }),
      ),
    );
  }

  async linkDatasets(
    call: MlflowCall,
    id: string,
    inputs: DatasetInput[],
  ): Promise<void> {
    const facts = new Map(
      inputs
        .map(datasetFact)
        .reverse()
        .map(fact => [fact.key, fact]),
    );
    await this.changeable(call, id);
    // The first one that was logged stays.
    const known = ((await this.options.store.facts([id])).get(id) ?? []).filter(
      ({ kind }) => kind === 'dataset',
    );
    for (const { key } of known) facts.delete(key);
    if (facts.size > 0 && known.length + facts.size > MAX_DATASETS) {
      throw invalidParameter(
        `A run can be given at most ${MAX_DATASETS} data sets: ${id} has ${known.length}, and these are ${facts.size} more`,
      );
    }
    await this.options.store.putFacts(id, [...facts.values()]);
  }

  async metricHistory(
    call: MlflowCall,
    id: string,
    key: string,
    page: { limit: number; offset: number },
  ): Promise<Metric[]> {
    await this.readable(call, id);
    return await this.options.store.metricHistory(id, key, page);
  }

  private async readable(call: MlflowCall, id: string): Promise<Run> {
    const run = await this.options.store.findRun(id);
    if (!run || !(await this.options.access.find(call, run.experimentId))) {
      throw doesNotExist(`Run with id=${id} not found`);
    }
    return run;
  }

  private async writable(call: MlflowCall, id: string): Promise<Run> {
    const run = await this.readable(call, id);
    await this.options.access.writable(call, run.experimentId);
    return run;
  }

  private async changeable(call: MlflowCall, id: string): Promise<Run> {
    const run = await this.writable(call, id);
    if (run.stage !== 'active') {
      throw invalidParameter(
        `The run ${id} must be in the 'active' state. Current state is ${run.stage}.`,
      );
    }
    return run;
  }

  private async withDetails(runs: Run[]): Promise<RunDetails[]> {
    const { store } = this.options;
    const ids = runs.map(run => run.id);
    const facts = await store.facts(ids);
    const metrics = await store.latestMetrics('run', ids);
    return runs.map(run => ({
      run,
      facts: facts.get(run.id) ?? [],
      metrics: metrics.get(run.id) ?? [],
    }));
  }
}

/** Where the files of a run are among the artifacts. */
export function runRoot(run: Pick<Run, 'id' | 'experimentId'>): string {
  return `${run.experimentId}/${run.id}/artifacts`;
}

function checkedTags(tags: Tag[]): Tag[] {
  return tags.map(({ key, value }) => {
    checkKey(key);
    checkLength(MAX_KEY, { key });
    return { key, value: value.slice(0, MAX_TAG) };
  });
}

function checkedParams(params: Tag[]): Tag[] {
  const doubled = params
    .map(({ key }) => key)
    .filter((key, index, keys) => keys.indexOf(key) !== index);
  if (doubled.length > 0) {
    throw invalidParameter(
      `Duplicate parameter keys have been submitted: [${doubled
        .map(key => `'${key}'`)
        .join(
          ', ',
        )}]. Please ensure the request contains only one param value per param key.`,
    );
  }
  return params.map(({ key, value }) => {
    checkKey(key);
    checkLength(MAX_KEY, { 'Param key': key });
    return { key, value: value.slice(0, MAX_PARAM) };
  });
}
