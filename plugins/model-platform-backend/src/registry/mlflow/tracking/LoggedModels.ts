import { randomUUID } from 'node:crypto';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter } from '../MlflowError';
import { TrackingComparison } from '../search/parseTrackingFilter';
import { TrackingOrder } from '../search/parseTrackingOrder';
import { checkLength, checkTag } from '../validation';
import { ExperimentAccess } from './ExperimentAccess';
import { Experiments, requireActive } from './Experiments';
import {
  Fact,
  LoggedModel,
  Metric,
  ParameterKept,
  TrackingStore,
} from './TrackingStore';

const MAX_NAME = 255;
const MAX_ID = 36;

export interface LoggedModelDetails {
  model: LoggedModel;
  facts: Fact[];
  metrics: Metric[];
}

/** MLflow's logged models; rights are those of their experiment. */
export class LoggedModels {
  constructor(
    private readonly options: {
      store: TrackingStore;
      experiments: Experiments;
      access: ExperimentAccess;
      clock?: () => Date;
    },
  ) {}

  async create(
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
    const { experiments, store } = this.options;
    const experiment = await experiments.writable(call, model.experimentId);
    requireActive(experiment);
    for (const one of [...model.params, ...model.tags]) checkTag(one);
    checkLength(MAX_NAME, { name: model.name, model_type: model.type });
    checkLength(MAX_ID, { source_run_id: model.sourceRunId });
    checkName(model.name);
    if (model.sourceRunId) {
      await this.requireSourceRun(call, model.sourceRunId, experiment.id);
    }
    const id = `m-${randomUUID().replace(/-/g, '')}`;
    const now = (this.options.clock?.() ?? new Date()).toISOString();
    await store.addLoggedModel(
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
    return await this.get(call, id);
  }

  async get(call: MlflowCall, id: string): Promise<LoggedModelDetails> {
    const model = await this.readable(call, id);
    return (await this.withDetails([model]))[0];
  }

  async update(
    call: MlflowCall,
    id: string,
    change: Partial<Pick<LoggedModel, 'status' | 'stage'>> & {
      facts?: Fact[];
    },
  ): Promise<LoggedModelDetails> {
    const { store } = this.options;
    const model = await this.writable(call, id);
    const { facts = [], ...fields } = change;
    for (const fact of facts) checkTag(fact);
    try {
      await store.log(id, { facts });
    } catch (error) {
      if (!(error instanceof ParameterKept)) throw error;
      throw invalidParameter(
        `Changing param values is not allowed. Param with key='${error.key}' was already logged with value='${error.value}' for model ID='${id}'.`,
      );
    }
    if (Object.keys(fields).length > 0) {
      await store.updateLoggedModel(id, fields);
    }
    return (await this.withDetails([{ ...model, ...fields }]))[0];
  }

  async deleteTag(call: MlflowCall, id: string, key: string): Promise<void> {
    await this.writable(call, id);
    if (!(await this.options.store.removeFact(id, 'tag', key))) {
      throw doesNotExist(
        `No tag with key '${key}' found for model with ID '${id}'.`,
      );
    }
  }

  async search(
    call: MlflowCall,
    query: {
      experimentIds: string[];
      comparisons: TrackingComparison[];
      orders: TrackingOrder[];
      limit: number;
      offset: number;
    },
  ): Promise<LoggedModelDetails[]> {
    const { access, store } = this.options;
    const experimentIds = await access.readableIds(call, query.experimentIds);
    return await this.withDetails(
      await store.searchLoggedModels({ ...query, experimentIds }),
    );
  }

  /**
   * Throws where one of them is not there for the caller, or where it is of
   * another experiment than what is written of it and the caller may not write
   * to that. Reading does where nothing is said of the model itself.
   */
  async requireLinkable(
    call: MlflowCall,
    ids: string[],
    experimentId: string,
    { toRead = false }: { toRead?: boolean } = {},
  ): Promise<void> {
    const { access, store } = this.options;
    const wanted = [...new Set(ids)];
    const found = new Map(
      (await store.findLoggedModels(wanted))
        .filter(({ stage }) => stage === 'active')
        .map(model => [model.id, model.experimentId]),
    );
    const others = new Set<string>();
    for (const id of wanted) {
      const other = found.get(id);
      if (other === undefined) throw notFound(id);
      if (other === experimentId || others.has(other)) continue;
      if (!(await access.find(call, other))) throw notFound(id);
      if (!toRead) await access.writable(call, other);
      others.add(other);
    }
  }

  private async requireSourceRun(
    call: MlflowCall,
    runId: string,
    experimentId: string,
  ): Promise<void> {
    const { access, store } = this.options;
    const run = await store.findRun(runId);
    if (run?.experimentId === experimentId) return;
    if (!run || !(await access.find(call, run.experimentId))) {
      throw doesNotExist(`Run with id=${runId} not found`);
    }
    await access.writable(call, run.experimentId);
  }

  private async readable(call: MlflowCall, id: string): Promise<LoggedModel> {
    const { access, store } = this.options;
    const model = await store.findLoggedModel(id);
    if (
      model?.stage !== 'active' ||
      !(await access.find(call, model.experimentId))
    ) {
      throw notFound(id);
    }
    return model;
  }

  private async writable(call: MlflowCall, id: string): Promise<LoggedModel> {
    const model = await this.readable(call, id);
    await this.options.access.writable(call, model.experimentId);
    return model;
  }

  private async withDetails(
    models: LoggedModel[],
  ): Promise<LoggedModelDetails[]> {
    const { store } = this.options;
    const ids = models.map(model => model.id);
    const facts = await store.facts(ids);
    const metrics = await store.latestMetrics('loggedModel', ids);
    return models.map(model => ({
      model,
      facts: facts.get(model.id) ?? [],
      metrics: metrics.get(model.id) ?? [],
    }));
  }
}

function notFound(id: string) {
  return doesNotExist(`Logged model with ID '${id}' not found.`);
}

/** Where the files of a logged model are among the artifacts. */
export function loggedModelRoot(
  model: Pick<LoggedModel, 'id' | 'experimentId'>,
): string {
  return `${model.experimentId}/models/${model.id}/artifacts`;
}

/** MLflow's rule: the name must do as part of an address. */
function checkName(name: string | undefined): void {
  if (name && /[/:.%"']/.test(name)) {
    throw invalidParameter(
      `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
    );
  }
}
