import { randomInt, randomUUID } from 'node:crypto';
import {
  modelPublishPermission,
  modelReadPermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { toActor } from '../../../access/Caller';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter, MlflowError } from '../MlflowError';
import { MlflowPlaces, subjectOf } from '../MlflowPlaces';
import { Comparison } from '../search/parseFilter';
import { checkLength, checkTag } from '../validation';
import {
  Experiment,
  Fact,
  LifeStage,
  LoggedModel,
  Metric,
  Run,
  TrackingStore,
} from './TrackingStore';

/** MLflow's number of the experiment of those who name none. */
const DEFAULT_ID = '0';
const DEFAULT_NAME = 'Default';
const MAX_EXPERIMENTS = 1000;
const MAX_NAME = 255;
const MAX_ID = 36;

export interface RunDetails {
  run: Run;
  facts: Fact[];
  metrics: Metric[];
}

export interface LoggedModelDetails {
  model: LoggedModel;
  facts: Fact[];
  metrics: Metric[];
}

/**
 * Experiments, runs and logged models: as much of tracking as models are made
 * with. Who may read models of their system and owner may read them, who may
 * publish such models may write them; what one may not read is not there.
 */
export class Tracking {
  constructor(
    private readonly options: {
      store: TrackingStore;
      authorizer: Authorizer;
      places: MlflowPlaces;
      clock?: () => Date;
    },
  ) {}

  // Experiments

  async createExperiment(
    call: MlflowCall,
    name: string,
    tags: Tag[],
  ): Promise<Experiment> {
    if (name.trim() === '' || name.length > 255) {
      throw invalidParameter(
        `Invalid experiment name: '${name.slice(
          0,
          300,
        )}'. It must have 1 to 255 characters`,
      );
    }
    for (const tag of tags) checkTag(tag);
    const place = await this.options.places.placeOf(
      call,
      tags,
      `the experiment ${name}`,
    );
    const now = this.now().toISOString();
    const experiment: Experiment = {
      id: experimentId(),
      name,
      ...place,
      stage: 'active',
      tags,
      createdAt: now,
      updatedAt: now,
    };
    if (!(await this.options.store.addExperiment(experiment))) {
      throw new MlflowError(
        'RESOURCE_ALREADY_EXISTS',
        `Experiment(name=${name}) already exists.`,
      );
    }
    return experiment;
  }

  async experiment(call: MlflowCall, id: string): Promise<Experiment> {
    if (id === DEFAULT_ID) return await this.defaultExperiment(call);
    const found = await this.options.store.findExperiment(id);
    if (!found || !(await this.canRead(call, found))) {
      throw doesNotExist(`No Experiment with id=${id} exists`);
    }
    return found;
  }

  async experimentByName(call: MlflowCall, name: string): Promise<Experiment> {
    const found = await this.searchExperiments(call, {
      comparisons: [{ of: 'string', key: 'name', operator: '=', value: name }],
      stages: ['active', 'deleted'],
      limit: MAX_EXPERIMENTS,
      offset: 0,
    });
    const systems = [...new Set(found.map(one => one.system))].sort();
    if (systems.length > 1) {
      throw invalidParameter(
        `There is an experiment ${name} in each of the systems ${systems.join(
          ', ',
        )}: say which one by the workspace (MLFLOW_WORKSPACE, or the header X-MLFLOW-WORKSPACE)`,
      );
    }
    if (found.length === 0) {
      throw doesNotExist(`Could not find experiment with name '${name}'`);
    }
    return found[0];
  }

  async searchExperiments(
    call: MlflowCall,
    query: {
      comparisons: Comparison[];
      stages: LifeStage[];
      limit: number;
      offset: number;
    },
  ): Promise<Experiment[]> {
    return await this.options.store.searchExperiments({
      ...query,
      visible: await this.options.authorizer.filter(
        call.caller,
        modelReadPermission,
      ),
      system: call.system,
    });
  }

  /** Throws where the caller may not write there. */
  async writableExperiment(call: MlflowCall, id: string): Promise<Experiment> {
    const found = await this.experiment(call, id);
    await this.requireWrite(call, found);
    return found;
  }

  async updateExperiment(
    call: MlflowCall,
    id: string,
    change: Partial<Pick<Experiment, 'name' | 'stage'>> & { tag?: Tag },
  ): Promise<void> {
    const { tag, ...fields } = change;
    checkLength(MAX_NAME, { new_name: fields.name });
    const found = await this.writableExperiment(call, id);
    if (tag) {
      checkTag(tag);
      if (['metadata.system', 'metadata.owner'].includes(tag.key)) {
        throw invalidParameter(
          `${tag.key} of an experiment is set when it is made, and never changes`,
        );
      }
    }
    await this.options.store.updateExperiment(found.id, {
      ...fields,
      ...(tag
        ? {
            tags: [...found.tags.filter(one => one.key !== tag.key), tag],
          }
        : {}),
    });
  }

  // Runs

  async createRun(
    call: MlflowCall,
    run: {
      experimentId: string;
      name?: string;
      user?: string;
      startedAt?: number;
      tags: Tag[];
    },
  ): Promise<RunDetails> {
    const experiment = await this.writableExperiment(call, run.experimentId);
    for (const tag of run.tags) checkTag(tag);
    checkLength(MAX_NAME, { run_name: run.name, user_id: run.user });
    const id = randomUUID().replace(/-/g, '');
    const name =
      run.name ||
      run.tags.find(tag => tag.key === 'mlflow.runName')?.value ||
      `run-${id.slice(0, 8)}`;
    const facts = [...run.tags, { key: 'mlflow.runName', value: name }].map(
      (tag): Fact => ({ kind: 'tag', ...tag }),
    );
    await this.options.store.addRun(
      {
        id,
        experimentId: experiment.id,
        name,
        user: run.user || toActor(call.caller),
        status: 'RUNNING',
        stage: 'active',
        startedAt: run.startedAt ?? this.now().getTime(),
      },
      facts,
    );
    return await this.run(call, id);
  }

  async run(call: MlflowCall, id: string): Promise<RunDetails> {
    const run = await this.readableRun(call, id);
    return (await this.withRunDetails([run]))[0];
  }

  async updateRun(
    call: MlflowCall,
    id: string,
    change: Partial<Pick<Run, 'name' | 'status' | 'endedAt' | 'stage'>>,
  ): Promise<RunDetails> {
    await this.writableRun(call, id);
    checkLength(MAX_NAME, { run_name: change.name });
    await this.options.store.updateRun(id, change);
    if (change.name) {
      await this.options.store.putFacts(id, [
        { kind: 'tag', key: 'mlflow.runName', value: change.name },
      ]);
    }
    return await this.run(call, id);
  }

  async searchRuns(
    call: MlflowCall,
    query: {
      experimentIds: string[];
      stages: LifeStage[];
      limit: number;
      offset: number;
    },
  ): Promise<RunDetails[]> {
    const experimentIds = await this.readableIds(call, query.experimentIds);
    return await this.withRunDetails(
      await this.options.store.searchRuns({ ...query, experimentIds }),
    );
  }

  /** All of it or nothing; parameters never change. */
  async logToRun(
    call: MlflowCall,
    id: string,
    logged: { metrics?: Metric[]; params?: Tag[]; tags?: Tag[] },
  ): Promise<void> {
    await this.writableRun(call, id);
    const { metrics = [], params = [], tags = [] } = logged;
    for (const one of [...params, ...tags]) checkTag(one);
    for (const metric of metrics) {
      checkTag({ key: metric.key, value: '' });
      checkLength(MAX_ID, { model_id: metric.loggedModelId });
    }
    if (params.length > 0) {
      const known = (await this.options.store.facts([id])).get(id) ?? [];
      for (const param of params) {
        const before = known.find(
          fact => fact.kind === 'param' && fact.key === param.key,
        );
        if (before && before.value !== param.value) {
          throw invalidParameter(
            `Changing param values is not allowed. Param with key='${param.key}' was already logged with value='${before.value}' for run ID='${id}'. Attempted logging new value '${param.value}'.`,
          );
        }
      }
    }
    await this.options.store.putFacts(id, [
      ...params.map((one): Fact => ({ kind: 'param', ...one })),
      ...tags.map((one): Fact => ({ kind: 'tag', ...one })),
    ]);
    await this.options.store.addMetrics(id, metrics);
  }

  async deleteRunTag(call: MlflowCall, id: string, key: string): Promise<void> {
    await this.writableRun(call, id);
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
    await this.writableRun(call, id);
    await this.options.store.putFacts(
      id,
      models.map(
        (model): Fact => ({ kind, key: model.id, value: String(model.step) }),
      ),
    );
  }

  async metricHistory(
    call: MlflowCall,
    id: string,
    key: string,
    page: { limit: number; offset: number },
  ): Promise<Metric[]> {
    await this.readableRun(call, id);
    return await this.options.store.metricHistory(id, key, page);
  }

  // Logged models

  async createLoggedModel(
    call: MlflowCall,
    model: {
      experimentId: string;
      name?: string;
      type?: string;
      sourceRunId?: string;
      params: Tag[];
      tags: Tag[];
    },
  ): Promise<LoggedModelDetails> {
    const experiment = await this.writableExperiment(call, model.experimentId);
    for (const one of [...model.params, ...model.tags]) checkTag(one);
    checkLength(MAX_NAME, { name: model.name, model_type: model.type });
    checkLength(MAX_ID, { source_run_id: model.sourceRunId });
    const id = `m-${randomUUID().replace(/-/g, '')}`;
    const now = this.now().toISOString();
    await this.options.store.addLoggedModel(
      {
        id,
        experimentId: experiment.id,
        name: model.name || `model-${id.slice(2, 10)}`,
        type: model.type ?? '',
        sourceRunId: model.sourceRunId ?? '',
        status: 'LOGGED_MODEL_PENDING',
        stage: 'active',
        createdAt: now,
        updatedAt: now,
      },
      [
        ...model.params.map((one): Fact => ({ kind: 'param', ...one })),
        ...model.tags.map((one): Fact => ({ kind: 'tag', ...one })),
      ],
    );
    return await this.loggedModel(call, id);
  }

  async loggedModel(call: MlflowCall, id: string): Promise<LoggedModelDetails> {
    const model = await this.readableLoggedModel(call, id);
    return (await this.withModelDetails([model]))[0];
  }

  async updateLoggedModel(
    call: MlflowCall,
    id: string,
    change: Partial<Pick<LoggedModel, 'status' | 'stage'>> & {
      facts?: Fact[];
    },
  ): Promise<LoggedModelDetails> {
    const model = await this.writableLoggedModel(call, id);
    const { facts = [], ...fields } = change;
    for (const fact of facts) checkTag(fact);
    await this.options.store.putFacts(id, facts);
    if (Object.keys(fields).length > 0) {
      await this.options.store.updateLoggedModel(id, fields);
    }
    return (await this.withModelDetails([{ ...model, ...fields }]))[0];
  }

  async deleteLoggedModelTag(
    call: MlflowCall,
    id: string,
    key: string,
  ): Promise<void> {
    await this.writableLoggedModel(call, id);
    if (!(await this.options.store.removeFact(id, 'tag', key))) {
      throw doesNotExist(
        `No tag with key '${key}' found for model with ID '${id}'.`,
      );
    }
  }

  async searchLoggedModels(
    call: MlflowCall,
    query: {
      experimentIds: string[];
      comparisons: Comparison[];
      limit: number;
      offset: number;
    },
  ): Promise<LoggedModelDetails[]> {
    const experimentIds = await this.readableIds(call, query.experimentIds);
    return await this.withModelDetails(
      await this.options.store.searchLoggedModels({ ...query, experimentIds }),
    );
  }

  // How it is done

  private async readableRun(call: MlflowCall, id: string): Promise<Run> {
    const run = await this.options.store.findRun(id);
    const experiment =
      run && (await this.options.store.findExperiment(run.experimentId));
    if (!experiment || !(await this.canRead(call, experiment))) {
      throw doesNotExist(`Run with id=${id} not found`);
    }
    return run;
  }

  private async writableRun(call: MlflowCall, id: string): Promise<Run> {
    const run = await this.readableRun(call, id);
    await this.writableExperiment(call, run.experimentId);
    return run;
  }

  private async readableLoggedModel(
    call: MlflowCall,
    id: string,
  ): Promise<LoggedModel> {
    const model = await this.options.store.findLoggedModel(id);
    const experiment =
      model?.stage === 'active'
        ? await this.options.store.findExperiment(model.experimentId)
        : undefined;
    if (!model || !experiment || !(await this.canRead(call, experiment))) {
      throw doesNotExist(`Logged model with ID '${id}' not found.`);
    }
    return model;
  }

  private async writableLoggedModel(
    call: MlflowCall,
    id: string,
  ): Promise<LoggedModel> {
    const model = await this.readableLoggedModel(call, id);
    await this.writableExperiment(call, model.experimentId);
    return model;
  }

  private async readableIds(
    call: MlflowCall,
    ids: string[],
  ): Promise<string[]> {
    const readable: string[] = [];
    for (const id of new Set(ids.slice(0, MAX_EXPERIMENTS))) {
      const found = await this.options.store.findExperiment(id);
      if (found && (await this.canRead(call, found))) readable.push(id);
    }
    return readable;
  }

  private async defaultExperiment(call: MlflowCall): Promise<Experiment> {
    const place = await this.options.places.placeOf(
      call,
      [],
      'a run without an experiment',
    );
    const inPlace = { ...call, system: place.system };
    try {
      return await this.experimentByName(inPlace, DEFAULT_NAME);
    } catch (error) {
      if (!(error instanceof MlflowError)) throw error;
      if (error.code !== 'RESOURCE_DOES_NOT_EXIST') throw error;
    }
    try {
      return await this.createExperiment(inPlace, DEFAULT_NAME, []);
    } catch (error) {
      // Two at once: the other one made it.
      if (!(error instanceof MlflowError)) throw error;
      return await this.experimentByName(inPlace, DEFAULT_NAME);
    }
  }

  private async canRead(
    call: MlflowCall,
    experiment: Experiment,
  ): Promise<boolean> {
    return (
      (call.system === undefined || call.system === experiment.system) &&
      (await this.options.authorizer.can(
        call.caller,
        modelReadPermission,
        subjectOf(experiment, experiment.name),
      ))
    );
  }

  private async requireWrite(
    call: MlflowCall,
    experiment: Experiment,
  ): Promise<void> {
    const { authorizer } = this.options;
    if (
      !(await authorizer.can(
        call.caller,
        modelPublishPermission,
        subjectOf(experiment, experiment.name),
      ))
    ) {
      throw authorizer.missing(call.caller, modelPublishPermission, experiment);
    }
  }

  private async withRunDetails(runs: Run[]): Promise<RunDetails[]> {
    const ids = runs.map(run => run.id);
    const facts = await this.options.store.facts(ids);
    const metrics = await this.options.store.latestMetrics('run', ids);
    return runs.map(run => ({
      run,
      facts: facts.get(run.id) ?? [],
      metrics: metrics.get(run.id) ?? [],
    }));
  }

  private async withModelDetails(
    models: LoggedModel[],
  ): Promise<LoggedModelDetails[]> {
    const ids = models.map(model => model.id);
    const facts = await this.options.store.facts(ids);
    const metrics = await this.options.store.latestMetrics('loggedModel', ids);
    return models.map(model => ({
      model,
      facts: facts.get(model.id) ?? [],
      metrics: metrics.get(model.id) ?? [],
    }));
  }

  private now(): Date {
    return (this.options.clock ?? (() => new Date()))();
  }
}

/** Where the files of a run are among the artifacts. */
export function runRoot(run: Pick<Run, 'id' | 'experimentId'>): string {
  return `${run.experimentId}/${run.id}/artifacts`;
}

/** Where those of a logged model are. */
export function loggedModelRoot(
  model: Pick<LoggedModel, 'id' | 'experimentId'>,
): string {
  return `${model.experimentId}/models/${model.id}/artifacts`;
}

/** As long as MLflow's own: 18 digits, none of which tells how many there are. */
function experimentId(): string {
  return `${randomInt(100_000_000, 1_000_000_000)}${String(
    randomInt(0, 1_000_000_000),
  ).padStart(9, '0')}`;
}
