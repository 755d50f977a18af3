import {
  modelPublishPermission,
  modelReadPermission,
  modelUpdatePermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { toActor } from '../../../access/Caller';
import { HistoryDraft } from '../../ModelStore';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { modelNotFound, versionNotFound } from '../MlflowError';
import { checkModelName } from '../validation';
import { MlflowModel, MlflowVersion } from './MlflowModel';
import {
  LabelStore,
  ModelVersionStore,
  RegisteredModelStore,
} from './MlflowModelStore';
import { VersionScope } from './versionEntries';

/** A version with the aliases that name it. */
export interface NamedVersion {
  version: MlflowVersion;
  aliases: string[];
}

/** Finds models and versions for a call; what its caller may not see is not there. */
export class MlflowModelAccess {
  constructor(
    private readonly options: {
      modelStore: RegisteredModelStore;
      versionStore: ModelVersionStore;
      labelStore: LabelStore;
      authorizer: Authorizer;
    },
  ) {}

  /** Throws the same for what the caller may not see as for what is not there. */
  async readable(call: MlflowCall, name: string): Promise<MlflowModel> {
    const model = await this.find(call, name);
    if (!model) throw modelNotFound(name);
    return model;
  }

  async changeable(call: MlflowCall, name: string): Promise<MlflowModel> {
    const model = await this.readable(call, name);
    await this.options.authorizer.require(
      call.caller,
      model.published ? modelUpdatePermission : modelPublishPermission,
      model,
    );
    return model;
  }

  /** The model of a version; without it there is no version either. */
  async readableOf(
    call: MlflowCall,
    name: string,
    number: number,
  ): Promise<MlflowModel> {
    const model = await this.find(call, name);
    if (!model) throw versionNotFound(name, number);
    return model;
  }

  async changeableVersion(
    call: MlflowCall,
    name: string,
    number: number,
  ): Promise<{ model: MlflowModel; version: MlflowVersion }> {
    const model = await this.readableOf(call, name, number);
    const { version } = await this.versionOf(call, model, number);
    await this.options.authorizer.require(
      call.caller,
      version.state === 'registered'
        ? modelUpdatePermission
        : modelPublishPermission,
      model,
    );
    return { model, version };
  }

  async versionOf(
    call: MlflowCall,
    model: MlflowModel,
    number: number,
  ): Promise<NamedVersion> {
    const { versionStore, labelStore } = this.options;
    const version = await versionStore.findVersion(
      await this.scope(call),
      model.id,
      number,
    );
    if (!version) throw versionNotFound(model.name, number);
    const aliases = (await labelStore.aliasesOfModels([model.id])).get(
      model.id,
    );
    return {
      version,
      aliases: (aliases ?? [])
        .filter(one => one.number === number)
        .map(one => one.alias),
    };
  }

  async scope(call: MlflowCall): Promise<VersionScope> {
    const { authorizer } = this.options;
    const { system } = call;
    return {
      visible: await authorizer.filter(call.caller, modelReadPermission),
      unfinished: await authorizer.filter(call.caller, modelPublishPermission),
      models:
        system === undefined
          ? undefined
          : query => query.where('registry_models.system', system),
    };
  }

  async tagsOf(model: MlflowModel): Promise<Tag[]> {
    return (
      (await this.options.labelStore.tagsOfModels([model.id])).get(model.id) ??
      []
    );
  }

  history(call: MlflowCall, action: string, details: object): HistoryDraft {
    return { actor: toActor(call.caller), action, details: { ...details } };
  }

  private async find(
    call: MlflowCall,
    name: string,
  ): Promise<MlflowModel | undefined> {
    checkModelName(name);
    const model = await this.options.modelStore.findModel(name);
    return model &&
      (call.system === undefined || call.system === model.system) &&
      (await this.options.authorizer.can(
        call.caller,
        modelReadPermission,
        model,
      ))
      ? model
      : undefined;
  }
}
