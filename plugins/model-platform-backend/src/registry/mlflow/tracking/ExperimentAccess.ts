import { NotAllowedError } from '@backstage/errors';
import {
  modelPublishPermission,
  modelReadPermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer, ModelPermission } from '../../../access/Authorizer';
import { forSomeOwner } from '../../../access/forSomeOwner';
import { matchesFilter } from '../../../access/matchesFilter';
import { ModelFilter } from '../../../access/ModelFilter';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist, invalidParameter } from '../MlflowError';
import { subjectOf, systemOf } from '../MlflowPlaces';
import { DEFAULT_ID, DEFAULT_NAME, isDefault } from './defaultExperiment';
import { Experiment, TrackingStore, VisibleExperiments } from './TrackingStore';

const MAX_EXPERIMENTS = 1000;

/**
 * Who may read models of an experiment's system and owner may read what is in
 * it, who may publish such models may write it; what one may not read is not
 * there.
 */
export class ExperimentAccess {
  constructor(
    private readonly options: { store: TrackingStore; authorizer: Authorizer },
  ) {}

  /** Undefined where the caller may not see it. Reading never makes the one of those who name none. */
  async find(call: MlflowCall, id: string): Promise<Experiment | undefined> {
    if (id === DEFAULT_ID) {
      return onlyOne(DEFAULT_NAME, await this.defaults(call));
    }
    const found = await this.options.store.findExperiment(id);
    return found &&
      isOf(call, found) &&
      (await this.may(call, modelReadPermission, found))
      ? found
      : undefined;
  }

  async get(call: MlflowCall, id: string): Promise<Experiment> {
    const found = await this.find(call, id);
    if (!found) throw doesNotExist(`No Experiment with id=${id} exists`);
    return found;
  }

  async writable(call: MlflowCall, id: string): Promise<Experiment> {
    const found = await this.get(call, id);
    await this.requireWrite(call, found);
    return found;
  }

  async requireWrite(
    call: MlflowCall,
    experiment: Pick<Experiment, 'name' | 'system' | 'owner'>,
  ): Promise<void> {
    if (await this.may(call, modelPublishPermission, experiment)) return;
    if (isDefault(experiment)) {
      throw new NotAllowedError(
        `Not allowed: this needs the right to publish in system ${experiment.system}; a platform admin can give it`,
      );
    }
    throw this.options.authorizer.missing(
      call.caller,
      modelPublishPermission,
      experiment,
    );
  }

  /** Of these those that the caller may read. Throws where they are too many. */
  async readableIds(call: MlflowCall, ids: string[]): Promise<string[]> {
    const wanted = new Set(ids);
    if (wanted.size > MAX_EXPERIMENTS) {
      throw invalidParameter(
        `'experiment_ids' can name at most ${MAX_EXPERIMENTS} experiments, got ${wanted.size}. Search them in several requests.`,
      );
    }
    const found = await this.options.store.findExperiments(
      { ids: [...wanted] },
      await this.visible(call),
    );
    if (wanted.has(DEFAULT_ID)) found.push(...(await this.defaults(call)));
    return [...new Set(found.map(({ id }) => id))];
  }

  /** What the caller sees of all experiments. */
  async visible(call: MlflowCall): Promise<VisibleExperiments> {
    return {
      owned: await this.filter(call, modelReadPermission, false),
      byDefault: await this.filter(call, modelReadPermission, true),
      system: call.system,
    };
  }

  /** Of the call's system; where that is not clear, of all that it may read. */
  private async defaults(call: MlflowCall): Promise<Experiment[]> {
    return await this.options.store.findExperiments(
      { name: DEFAULT_NAME },
      await this.visible({ ...call, system: systemOf(call) }),
    );
  }

  private async may(
    call: MlflowCall,
    permission: ModelPermission,
    experiment: Pick<Experiment, 'name' | 'system' | 'owner'>,
  ): Promise<boolean> {
    return matchesFilter(
      await this.filter(call, permission, isDefault(experiment)),
      subjectOf(experiment, experiment.name),
    );
  }

  /**
   * Of the experiment that no owner has: who may publish into its system for
   * any owner may read and write it. The right to read models of an owner, in
   * whichever system they are, is none to it.
   */
  private async filter(
    { caller }: MlflowCall,
    permission: ModelPermission,
    byDefault: boolean,
  ): Promise<ModelFilter> {
    const { authorizer } = this.options;
    const owned = await authorizer.filter(caller, permission);
    if (!byDefault) return owned;
    const published = forSomeOwner(
      await authorizer.filter(caller, modelPublishPermission),
    );
    return permission === modelPublishPermission
      ? published
      : either(owned, published);
  }
}

function either(one: ModelFilter, other: ModelFilter): ModelFilter {
  if (one === true || other === true) return true;
  if (one === false) return other;
  return other === false ? one : { anyOf: [one, other] };
}

/** Throws where several systems have one of this name. */
export function onlyOne(
  name: string,
  found: Experiment[],
): Experiment | undefined {
  const systems = found.map(({ system }) => system).sort();
  if (systems.length > 1) {
    throw invalidParameter(
      `There is an experiment ${name} in each of the systems ${systems.join(
        ', ',
      )}: say which one by the workspace (MLFLOW_WORKSPACE, or the header X-MLFLOW-WORKSPACE)`,
    );
  }
  return found[0];
}

function isOf(call: MlflowCall, { system }: Experiment): boolean {
  return call.system === undefined || call.system === system;
}
