import {
  modelPublishPermission,
  modelReadPermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { MlflowCall } from '../MlflowCall';
import { doesNotExist } from '../MlflowError';
import { subjectOf } from '../MlflowPlaces';
import { Experiment, TrackingStore } from './TrackingStore';

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

  /** Undefined where the caller may not see it. */
  async find(call: MlflowCall, id: string): Promise<Experiment | undefined> {
    const found = await this.options.store.findExperiment(id);
    return found && (await this.canRead(call, found)) ? found : undefined;
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

  async requireWrite(call: MlflowCall, experiment: Experiment): Promise<void> {
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

  /** Of these those that the caller may read. */
  async readableIds(call: MlflowCall, ids: string[]): Promise<string[]> {
    const readable: string[] = [];
    for (const id of new Set(ids.slice(0, MAX_EXPERIMENTS))) {
      if (await this.find(call, id)) readable.push(id);
    }
    return readable;
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
}
