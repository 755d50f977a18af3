import { randomInt } from 'node:crypto';
import { isError } from '@backstage/errors';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter, MlflowError } from '../MlflowError';
import { MlflowPlaces, Place } from '../MlflowPlaces';
import { TrackingComparison } from '../search/parseTrackingFilter';
import { TrackingOrder } from '../search/parseTrackingOrder';
import { checkKey, checkLength, checkTag } from '../validation';
import { DEFAULT_ID, DEFAULT_NAME, isDefault } from './defaultExperiment';
import { ExperimentAccess, onlyOne } from './ExperimentAccess';
import {
  Experiment,
  ExperimentDetails,
  LifeStage,
  TrackingStore,
} from './TrackingStore';

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
    const experiment = await this.add(
      name,
      isDefault({ name }) ? { ...place, owner: '' } : place,
      tags,
    );
    if (!experiment) {
      throw new MlflowError(
        'RESOURCE_ALREADY_EXISTS',
        `Experiment(name=${name}) already exists.`,
      );
    }
    return experiment;
  }

  async get(call: MlflowCall, id: string): Promise<ExperimentDetails> {
    return (await this.withTags([await this.options.access.get(call, id)]))[0];
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
    onlyOne(
      name,
      found.map(({ experiment }) => experiment),
    );
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
    const { access, store } = this.options;
    return await this.withTags(
      await store.searchExperiments({
        ...query,
        visible: await access.visible(call),
      }),
    );
  }

  /** Throws where the caller may not write there. */
  async writable(call: MlflowCall, id: string): Promise<Experiment> {
    return id === DEFAULT_ID
      ? await this.defaultOne(call)
      : await this.options.access.writable(call, id);
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
    if (isDefault(found) !== isDefault({ name })) {
      throw invalidParameter(
        `${DEFAULT_NAME} is the experiment of everybody in the system ${found.system} who names none: neither it nor another one can be renamed to or from it`,
      );
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

  /** Of the call's system; made where it is not there yet. */
  private async defaultOne(call: MlflowCall): Promise<Experiment> {
    const { access, places } = this.options;
    const system = places.clearSystemOf(call, 'a run without an experiment');
    const inSystem = { ...call, system };
    const place = { system, owner: '' };
    await access.requireWrite(inSystem, { ...place, name: DEFAULT_NAME });
    const known = await access.find(inSystem, DEFAULT_ID);
    if (known) return known;
    await places.requireSystem(system);
    return (
      (await this.add(DEFAULT_NAME, place, [])) ??
      // Two at once: the other one made it.
      (await access.get(inSystem, DEFAULT_ID))
    );
  }

  /** Undefined where the system has one of this name. */
  private async add(
    name: string,
    place: Place,
    tags: Tag[],
  ): Promise<Experiment | undefined> {
    const now = (this.options.clock?.() ?? new Date()).toISOString();
    const experiment: Experiment = {
      id: experimentId(),
      name,
      ...place,
      stage: 'active',
      createdAt: now,
      updatedAt: now,
    };
    return (await this.options.store.addExperiment(experiment, tags))
      ? experiment
      : undefined;
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
