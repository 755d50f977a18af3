import {
  modelPublishPermission,
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { toActor } from '../../../access/Caller';
import { modelNameProblem } from '../../modelNameProblem';
import { Registry } from '../../Registry';
import { toSlug } from '../../toSlug';
import { isMetadataTag } from '../completion/metadataOfTags';
import { isPrompt } from '../completion/promptVersion';
import { Tag, textsOf } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { invalidParameter, MlflowError } from '../MlflowError';
import { MlflowPlaces } from '../MlflowPlaces';
import { MlflowSettings } from '../MlflowSettings';
import { checkKey, checkModelName, checkTag } from '../validation';
import { MlflowAlias, MlflowModel, MlflowVersion, Stage } from './MlflowModel';
import { MlflowModelAccess, NamedVersion } from './MlflowModelAccess';
import {
  LabelStore,
  ModelVersionStore,
  RegisteredModelStore,
  Search,
} from './MlflowModelStore';
import { VersionRegistration } from './VersionRegistration';

/** A registered model with what its answers show. */
export interface ModelDetails {
  model: MlflowModel;
  tags: Tag[];
  aliases: MlflowAlias[];
  latest: MlflowVersion[];
}

/** MLflow's registered models, on top of the registry's. */
export class RegisteredModels {
  constructor(
    private readonly options: {
      modelStore: RegisteredModelStore;
      versionStore: ModelVersionStore;
      labelStore: LabelStore;
      registry: Registry;
      authorizer: Authorizer;
      places: MlflowPlaces;
      settings: MlflowSettings;
      access: MlflowModelAccess;
      registration: VersionRegistration;
    },
  ) {}

  async get(call: MlflowCall, name: string): Promise<ModelDetails> {
    const model = await this.options.access.readable(call, name);
    return (await this.withDetails(call, [model]))[0];
  }

  async search(
    call: MlflowCall,
    search: Omit<Search, 'scope'>,
  ): Promise<ModelDetails[]> {
    const scope = await this.options.access.scope(call);
    return await this.withDetails(
      call,
      await this.options.modelStore.searchModels({ ...search, scope }),
    );
  }

  async latestVersions(
    call: MlflowCall,
    name: string,
    stages: Stage[],
  ): Promise<NamedVersion[]> {
    const { latest, aliases } = await this.get(call, name);
    return latest
      .filter(({ stage }) => stages.length === 0 || stages.includes(stage))
      .map(version => ({
        version,
        aliases: aliases
          .filter(({ number }) => number === version.number)
          .map(({ alias }) => alias),
      }));
  }

  async create(
    call: MlflowCall,
    name: string,
    tags: Tag[],
    description: string,
  ): Promise<ModelDetails> {
    checkModelName(name);
    const rule = modelNameProblem(name);
    if (rule) throw invalidParameter(`Invalid model name '${name}': ${rule}`);
    for (const tag of tags) checkTag(tag);
    const place = await this.options.places.placeOf(call, tags, name);
    const made = await this.options.modelStore.createModel(
      {
        fields: {
          name,
          ...place,
          type: isPrompt(tags) ? 'prompt' : 'ml',
          description,
          lifecycle: 'experimental',
          visibility: 'system',
          sharedWith: [],
          tags: [],
        },
        slug: toSlug(name),
        publisher: toActor(call.caller),
        tags,
      },
      this.options.access.history(call, 'registered', {
        door: 'mlflow',
        description,
        tags: textsOf(tags),
      }),
    );
    if (!made) throw await this.taken(call, name, isPrompt(tags));
    return await this.get(call, name);
  }

  async update(
    call: MlflowCall,
    name: string,
    description: string,
  ): Promise<ModelDetails> {
    const model = await this.options.access.changeable(call, name);
    if (model.published) {
      if (description.trim() === '') {
        throw invalidParameter(
          `The description of ${name} cannot be removed: every model in the registry has one`,
        );
      }
      await this.options.registry.changes.updateModel(call.caller, name, {
        description,
      });
    } else {
      await this.options.modelStore.updateModel(
        model.id,
        { description },
        this.options.access.history(call, 'updated', {
          changed: ['description'],
        }),
      );
    }
    await this.options.registration.completePending(call, name);
    return await this.get(call, name);
  }

  async rename(
    call: MlflowCall,
    name: string,
    newName: string,
  ): Promise<ModelDetails> {
    checkModelName(newName, 'new_name');
    const model = await this.options.access.changeable(call, name);
    if (model.published) {
      throw invalidParameter(
        `${name} cannot be renamed: its name is how deployments, aliases and history know it`,
      );
    }
    const rule = modelNameProblem(newName);
    if (rule) {
      throw invalidParameter(`Invalid model name '${newName}': ${rule}`);
    }
    const renamed = await this.options.modelStore.renameModel(
      model,
      newName,
      this.options.access.history(call, 'updated', { changed: ['name'] }),
    );
    if (!renamed) throw await this.taken(call, newName, false);
    return await this.get(call, newName);
  }

  /** A model of the registry is archived; nothing that was ready is lost. */
  async delete(call: MlflowCall, name: string): Promise<void> {
    const model = await this.options.access.changeable(call, name);
    if (model.published) {
      await this.options.registry.changes.updateModel(call.caller, name, {
        archived: true,
      });
    } else {
      // Where nothing is mandatory, it is as if the model had never been; else no number means two things.
      await this.options.modelStore.deleteModel(
        model,
        this.options.settings.of(model.system).open,
        this.options.access.history(call, 'deleted', {}),
      );
    }
  }

  async setTag(call: MlflowCall, name: string, tag: Tag): Promise<void> {
    checkTag(tag);
    const model = await this.options.access.changeable(call, name);
    await this.requirePlace(call, model, tag);
    await this.options.labelStore.setTag(
      model.id,
      0,
      tag.key,
      tag.value,
      this.options.access.history(call, 'tag-set', tag),
    );
    if (isMetadataTag(tag.key))
      await this.options.registration.completePending(call, name);
  }

  async deleteTag(call: MlflowCall, name: string, key: string): Promise<void> {
    checkKey(key);
    const model = await this.options.access.changeable(call, name);
    await this.options.labelStore.setTag(
      model.id,
      0,
      key,
      undefined,
      this.options.access.history(call, 'tag-deleted', { key }),
    );
  }

  /** The model stays in its system; who owns it must be somebody whose models the caller may publish. */
  private async requirePlace(
    call: MlflowCall,
    model: MlflowModel,
    { key, value }: Tag,
  ): Promise<void> {
    if (key === 'metadata.system' && toSystemName(value) !== model.system) {
      throw invalidParameter(
        `${model.name} is in system ${model.system}, and stays there; register it under another name for another system`,
      );
    }
    if (key !== 'metadata.owner') return;
    const owner = toEntityRef(value, 'group');
    if (owner === model.owner) return;
    if (model.published) {
      throw invalidParameter(
        `${model.name} is of ${model.owner}; the owner of a model is changed on its page`,
      );
    }
    const { authorizer, modelStore } = this.options;
    const moved = { ...model, owner };
    if (!(await authorizer.can(call.caller, modelPublishPermission, moved))) {
      throw authorizer.missing(call.caller, modelPublishPermission, moved);
    }
    await modelStore.updateModel(
      model.id,
      { owner },
      this.options.access.history(call, 'updated', { changed: ['owner'] }),
    );
  }

  private async withDetails(
    call: MlflowCall,
    models: MlflowModel[],
  ): Promise<ModelDetails[]> {
    const { versionStore, labelStore } = this.options;
    const ids = models.map(model => model.id);
    const [tags, aliases, latest] = [
      await labelStore.tagsOfModels(ids),
      await labelStore.aliasesOfModels(ids),
      await versionStore.latestVersions(
        await this.options.access.scope(call),
        ids,
      ),
    ];
    return models.map(model => ({
      model,
      tags: tags.get(model.id) ?? [],
      aliases: aliases.get(model.id) ?? [],
      latest: latest.get(model.id) ?? [],
    }));
  }

  private async taken(
    call: MlflowCall,
    name: string,
    prompt: boolean,
  ): Promise<MlflowError> {
    const kind = (isOne: boolean) => (isOne ? 'Prompt' : 'Registered Model');
    const existing = await this.get(call, name).catch(() => undefined);
    if (!existing) {
      return new MlflowError(
        'RESOURCE_ALREADY_EXISTS',
        `The name ${name} is taken`,
      );
    }
    const other = isPrompt(existing.tags);
    return new MlflowError(
      'RESOURCE_ALREADY_EXISTS',
      other === prompt
        ? `${kind(prompt)} (name=${name}) already exists.`
        : `Tried to create a ${kind(
            prompt,
          ).toLowerCase()} with name '${name}', but the name is already taken by a ${kind(
            other,
          ).toLowerCase()}. MLflow does not allow creating a model and a prompt with the same name.`,
    );
  }
}
