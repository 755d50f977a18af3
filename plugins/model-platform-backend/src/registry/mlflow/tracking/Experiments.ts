import { randomInt } from 'node:crypto';
import { isError } from '@backstage/errors';
import { modelReadPermission } from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter, MlflowError } from '../MlflowError';
import { MlflowPlaces } from '../MlflowPlaces';
import { TrackingComparison } from '../search/parseTrackingFilter';
import { TrackingOrder } from '../search/parseTrackingOrder';
import { checkKey, checkLength, checkTag } from '../validation';
import { ExperimentAccess } from './ExperimentAccess';
import {
  Experiment,
  ExperimentDetails,
  LifeStage,
  TrackingStore,
} from './TrackingStore';

/** MLflow's number of the experiment of those who name none. */
const DEFAULT_ID = '0';
const DEFAULT_NAME = 'Default';
const MAX_NAME = 255;
const MAX_TAG = 20_000;
const FIXED = ['metadata.system', 'metadata.owner'];

interface ExperimentQuery {
  comparisons: TrackingComparison[];
  orders: TrackingOrder[];
  stages: LifeStage[];
  limit: number;
  offset: number;
}

/** MLflow's experiments; each is of a system and an owner. */
export class Experiments {
  constructor(
    private readonly options: {
      store: TrackingStore;
      authorizer: Authorizer;
      places: MlflowPlaces;
      access: ExperimentAccess;
      clock?: () => Date;
    },
  ) {}

  async create(
    call: MlflowCall,
    name: string,
    tags: Tag[],
  ): Promise<Experiment> {
    checkLength(MAX_NAME, { name });
    for (const tag of tags) checkTag(tag, MAX_TAG);
    const place = await this.options.places.placeOf(
      call,
      tags,
      `the experiment ${name}`,
    );
    const now = (this.options.clock?.() ?? new Date()).toISOString();
    const experiment: Experiment = {
      id: experimentId(),
      name,
      ...place,
      stage: 'active',
      createdAt: now,
      updatedAt: now,
    };
    if (!(await this.options.store.addExperiment(experiment, tags))) {
      throw new MlflowError(
        'RESOURCE_ALREADY_EXISTS',
        `Experiment(name=${name}) already exists.`,
      );
    }
    return experiment;
  }

  async get(call: MlflowCall, id: string): Promise<ExperimentDetails> {
    return (await this.withTags([await this.find(call, id)]))[0];
  }

  async getByName(call: MlflowCall, name: string): Promise<ExperimentDetails> {
    const found = await this.searchAll(call, {
      comparisons: [
        { entity: 'attribute', key: 'name', operator: '=', value: name },
      ],
      orders: [],
      stages: ['active', 'deleted'],
      limit: 100,
      offset: 0,
    });
    const systems = [...new Set(found.map(one => one.experiment.system))];
    if (systems.length > 1) {
      throw invalidParameter(
        `There is an experiment ${name} in each of the systems ${systems
          .sort()
          .join(
            ', ',
          )}: say which one by the workspace (MLFLOW_WORKSPACE, or the header X-MLFLOW-WORKSPACE)`,
      );
    }
    if (found.length === 0) {
      throw doesNotExist(`Could not find experiment with name '${name}'`);
    }
    return found[0];
  }

  /** With the one of those who name none, which MLflow has from the start. */
  async search(
    call: MlflowCall,
    query: ExperimentQuery,
  ): Promise<ExperimentDetails[]> {
    try {
      await this.defaultOne(call);
    } catch (error) {
      // Of no system, or of one that the caller may not write in.
      if (
        !isError(error) ||
        !['MlflowError', 'NotAllowedError'].includes(error.name)
      ) {
        throw error;
      }
    }
    return await this.searchAll(call, query);
  }

  private async searchAll(
    call: MlflowCall,
    query: ExperimentQuery,
  ): Promise<ExperimentDetails[]> {
    const { authorizer, store } = this.options;
    return await this.withTags(
      await store.searchExperiments({
        ...query,
        visible: await authorizer.filter(call.caller, modelReadPermission),
        system: call.system,
      }),
    );
  }

  /** Throws where the caller may not write there. */
  async writable(call: MlflowCall, id: string): Promise<Experiment> {
    const found = await this.find(call, id);
    await this.options.access.requireWrite(call, found);
    return found;
  }

  /** What is deleted can be restored; its name stays taken. */
  async move(call: MlflowCall, id: string, stage: LifeStage): Promise<void> {
    const found = await this.writable(call, id);
    await this.options.store.updateExperiment(found.id, { stage });
  }

  async rename(call: MlflowCall, id: string, name: string): Promise<void> {
    checkLength(MAX_NAME, { new_name: name });
    const found = await this.writable(call, id);
    if (found.stage !== 'active') {
      throw invalidParameter('Cannot rename a non-active experiment.');
    }
    if (!(await this.options.store.renameExperiment(found.id, name))) {
      throw new MlflowError(
        'RESOURCE_ALREADY_EXISTS',
        `Experiment(name=${name}) already exists.`,
      );
    }
  }

  async setTag(call: MlflowCall, id: string, tag: Tag): Promise<void> {
    checkTag(tag, MAX_TAG);
    const found = await this.writable(call, id);
    requireActive(found);
    if (FIXED.includes(tag.key)) {
      throw invalidParameter(
        `${tag.key} of an experiment is set when it is made, and never changes`,
      );
    }
    await this.options.store.putFacts(found.id, [{ kind: 'tag', ...tag }]);
  }

  async deleteTag(call: MlflowCall, id: string, key: string): Promise<void> {
    checkKey(key);
    const found = await this.writable(call, id);
    requireActive(found);
    if (!(await this.options.store.removeFact(found.id, 'tag', key))) {
      throw doesNotExist(
        `No tag with name: ${key} in experiment with id ${id}`,
      );
    }
  }

  private async find(call: MlflowCall, id: string): Promise<Experiment> {
    if (id === DEFAULT_ID) return await this.defaultOne(call);
    return await this.options.access.get(call, id);
  }

  private async defaultOne(call: MlflowCall): Promise<Experiment> {
    const { system } = await this.options.places.placeOf(
      call,
      [],
      'a run without an experiment',
    );
    const inPlace = { ...call, system };
    try {
      return (await this.getByName(inPlace, DEFAULT_NAME)).experiment;
    } catch (error) {
      if (!(error instanceof MlflowError)) throw error;
      if (error.code !== 'RESOURCE_DOES_NOT_EXIST') throw error;
    }
    try {
      return await this.create(inPlace, DEFAULT_NAME, []);
    } catch (error) {
      // Two at once: the other one made it.
      if (!(error instanceof MlflowError)) throw error;
      return (await this.getByName(inPlace, DEFAULT_NAME)).experiment;
    }
  }

  private async withTags(found: Experiment[]): Promise<ExperimentDetails[]> {
    const facts = await this.options.store.facts(found.map(({ id }) => id));
    return found.map(experiment => ({
      experiment,
      tags: (facts.get(experiment.id) ?? []).map(({ key, value }) => ({
        key,
        value,
      })),
    }));
  }
}

/** Throws where nothing is written to it any more. */
export function requireActive({ id, stage }: Experiment): void {
  if (stage !== 'active') {
    throw invalidParameter(
      `The experiment ${id} must be in the 'active' state. Current state is ${stage}.`,
    );
  }
}

/** As long as MLflow's own: 18 digits, none of which tells how many there are. */
function experimentId(): string {
  return `${randomInt(100_000_000, 1_000_000_000)}${String(
    randomInt(0, 1_000_000_000),
  ).padStart(9, '0')}`;
}
