import {
  modelPublishPermission,
  modelReadPermission,
  modelUpdatePermission,
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { toActor } from '../../../access/Caller';
import { modelNameProblem } from '../../modelNameProblem';
import { Registry } from '../../Registry';
import { toSlug } from '../../toSlug';
import { MlflowArtifacts, registryRoot } from '../artifacts/MlflowArtifacts';
import { Candidate, Completion, isConflict } from '../completion/Completion';
import { isMetadataTag } from '../completion/metadataOfTags';
import { isPrompt } from '../completion/promptVersion';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import {
  invalidParameter,
  MlflowError,
  modelNotFound,
  versionNotFound,
} from '../MlflowError';
import { MlflowPlaces } from '../MlflowPlaces';
import { MlflowSettings } from '../MlflowSettings';
import { Tracking } from '../tracking/Tracking';
import {
  checkAlias,
  checkLength,
  checkModelName,
  checkTag,
} from '../validation';
import { describeMissing } from './describeMissing';
import { MlflowAlias, MlflowModel, MlflowVersion, Stage } from './MlflowModel';
import { MlflowModelStore, Search } from './MlflowModelStore';
import { SourceResolver } from './SourceResolver';
import { VersionScope } from './versionEntries';

const MAX_VERSIONS = 10_000;

/** A registered model with what its answers show. */
export interface ModelDetails {
  model: MlflowModel;
  tags: Tag[];
  aliases: MlflowAlias[];
  latest: MlflowVersion[];
}

export interface MlflowModelsOptions {
  store: MlflowModelStore;
  registry: Registry;
  authorizer: Authorizer;
  places: MlflowPlaces;
  settings: MlflowSettings;
  completion: Completion;
  artifacts: MlflowArtifacts;
  tracking: Tracking;
}

/**
 * MLflow's model registry on top of ours. A version becomes one of the
 * registry when nothing is missing, by the same publish as from every other
 * door; until then it is `pending` here, or, where its system asks nothing,
 * `bare`.
 */
export class MlflowModels {
  private readonly sources: SourceResolver;

  constructor(private readonly options: MlflowModelsOptions) {
    this.sources = new SourceResolver({
      tracking: options.tracking,
      artifacts: options.artifacts,
      findVersion: async (call, name, ref) =>
        /^\d{1,9}$/.test(ref)
          ? (await this.version(call, name, Number(ref))).version
          : (await this.versionByAlias(call, name, ref)).version,
    });
  }

  // Reading

  async model(call: MlflowCall, name: string): Promise<ModelDetails> {
    const model = await this.readable(call, name);
    return (await this.withDetails(call, [model]))[0];
  }

  async searchModels(
    call: MlflowCall,
    search: Omit<Search, 'scope'>,
  ): Promise<ModelDetails[]> {
    const scope = await this.scope(call);
    return await this.withDetails(
      call,
      await this.options.store.searchModels({ ...search, scope }),
    );
  }

  async version(
    call: MlflowCall,
    name: string,
    number: number,
  ): Promise<{ version: MlflowVersion; aliases: string[] }> {
    const model = await this.readable(call, name);
    return await this.versionOf(call, model, number);
  }

  /** By alias; `latest` is the one with the highest number. */
  async versionByAlias(
    call: MlflowCall,
    name: string,
    alias: string,
  ): Promise<{ version: MlflowVersion; aliases: string[] }> {
    checkAlias(alias, false);
    const { model, aliases, latest } = await this.model(call, name);
    if (alias.toLocaleLowerCase('en-US') === 'latest') {
      const newest = Math.max(0, ...latest.map(version => version.number));
      if (newest === 0) {
        throw new MlflowError(
          'RESOURCE_DOES_NOT_EXIST',
          `Latest version not found for model ${name}.`,
        );
      }
      return await this.versionOf(call, model, newest);
    }
    const found = aliases.find(one => one.alias === alias);
    if (!found) {
      throw invalidParameter(`Registered model alias ${alias} not found.`);
    }
    return await this.versionOf(call, model, found.number);
  }

  async latestVersions(
    call: MlflowCall,
    name: string,
    stages: Stage[],
  ): Promise<MlflowVersion[]> {
    const { latest } = await this.model(call, name);
    return latest.filter(
      version => stages.length === 0 || stages.includes(version.stage),
    );
  }

  async searchVersions(
    call: MlflowCall,
    search: Omit<Search, 'scope'>,
  ): Promise<MlflowVersion[]> {
    return await this.options.store.searchVersions({
      ...search,
      scope: await this.scope(call),
    });
  }

  /** Where a client loads the version from. */
  async downloadUri(
    call: MlflowCall,
    name: string,
    number: number,
  ): Promise<string> {
    const { version } = await this.version(call, name, number);
    if (version.state === 'registered') {
      return `mlflow-artifacts:/${registryRoot(
        version.modelId,
        version.number,
      )}`;
    }
    return version.root
      ? `mlflow-artifacts:/${version.root}`
      : version.source ?? '';
  }

  // Models

  async createModel(
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
    const actor = toActor(call.caller);
    const made = await this.options.store.createModel(
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
        publisher: actor,
        tags,
      },
      { actor, action: 'registered', details: { door: 'mlflow' } },
    );
    if (!made) throw await this.taken(call, name, isPrompt(tags));
    return await this.model(call, name);
  }

  async updateModel(
    call: MlflowCall,
    name: string,
    description: string,
  ): Promise<ModelDetails> {
    const model = await this.changeable(call, name);
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
      await this.options.store.updateModel(
        model.id,
        { description },
        this.history(call, 'updated', { changed: ['description'] }),
      );
    }
    await this.completePending(call, name);
    return await this.model(call, name);
  }

  async renameModel(
    call: MlflowCall,
    name: string,
    newName: string,
  ): Promise<ModelDetails> {
    checkModelName(newName);
    const model = await this.changeable(call, name);
    if (model.published) {
      throw invalidParameter(
        `${name} cannot be renamed: its name is how deployments, aliases and history know it`,
      );
    }
    const rule = modelNameProblem(newName);
    if (rule) {
      throw invalidParameter(`Invalid model name '${newName}': ${rule}`);
    }
    const renamed = await this.options.store.renameModel(
      model,
      newName,
      this.history(call, 'updated', { changed: ['name'] }),
    );
    if (!renamed) throw await this.taken(call, newName, false);
    return await this.model(call, newName);
  }

  /** A model of the registry is archived; nothing that was ready is lost. */
  async deleteModel(call: MlflowCall, name: string): Promise<void> {
    const model = await this.changeable(call, name);
    if (model.published) {
      await this.options.registry.changes.updateModel(call.caller, name, {
        archived: true,
      });
    } else {
      await this.options.store.deleteModel(model);
    }
  }

  async setModelTag(call: MlflowCall, name: string, tag: Tag): Promise<void> {
    checkTag(tag);
    const model = await this.changeable(call, name);
    await this.requirePlace(call, model, tag);
    await this.options.store.setTag(
      model.id,
      0,
      tag.key,
      tag.value,
      this.history(call, 'tag-set', tag),
    );
    if (isMetadataTag(tag.key)) await this.completePending(call, name);
  }

  async deleteModelTag(
    call: MlflowCall,
    name: string,
    key: string,
  ): Promise<void> {
    checkTag({ key, value: '' });
    const model = await this.changeable(call, name);
    await this.options.store.setTag(
      model.id,
      0,
      key,
      undefined,
      this.history(call, 'tag-deleted', { key }),
    );
  }

  // Versions

  async createVersion(
    call: MlflowCall,
    name: string,
    given: {
      source: string;
      runId?: string;
      modelId?: string;
      runLink?: string;
      description?: string;
      tags: Tag[];
    },
  ): Promise<MlflowVersion> {
    for (const tag of given.tags) checkTag(tag);
    checkLength(64, { run_id: given.runId, model_id: given.modelId });
    const model = await this.readable(call, name);
    await this.options.authorizer.require(
      call.caller,
      modelPublishPermission,
      model,
    );
    const { source, runId, modelId, root } = await this.sources.resolve(
      call,
      given,
      isPrompt(given.tags),
    );
    const modelTags = await this.tagsOf(model);
    const candidate: Candidate = {
      number: 0,
      source,
      root,
      runId,
      loggedModelId: modelId,
      description: given.description,
      tags: given.tags,
    };
    const problems = await this.options.completion.problems(
      call,
      model,
      modelTags,
      candidate,
    );
    const settings = this.options.settings.of(model.system);
    const outside = root === undefined && !isPrompt(given.tags);
    const bare =
      problems.length > 0 && (settings.open || (outside && settings.external));
    if (problems.length > 0 && !bare && settings.incomplete === 'refuse') {
      throw invalidParameter(
        `The version of ${name} was refused: ${describeMissing(problems)}`,
      );
    }
    const number = await this.options.store.reserveNumber(name);
    await this.options.store.addVersion(
      {
        modelId: model.id,
        number,
        state: bare ? 'bare' : 'pending',
        statusMessage:
          problems.length > 0 && !bare ? describeMissing(problems) : undefined,
        source,
        root,
        runId,
        loggedModelId: modelId,
        runLink: given.runLink,
        description: given.description,
        tags: given.tags,
      },
      this.history(call, 'version-registered', { version: number }),
    );
    if (problems.length === 0) {
      await this.publish(call, model, modelTags, { ...candidate, number });
    }
    return (await this.version(call, name, number)).version;
  }

  async updateVersion(
    call: MlflowCall,
    name: string,
    number: number,
    description: string,
  ): Promise<MlflowVersion> {
    const { model, version } = await this.changeableVersion(call, name, number);
    await this.options.store.updateVersion(
      version,
      { description },
      this.history(call, 'version-updated', { version: number }),
    );
    if (version.state === 'pending') await this.complete(call, model, number);
    return (await this.version(call, name, number)).version;
  }

  async transition(
    call: MlflowCall,
    name: string,
    number: number,
    stage: Stage,
    archiveExisting: boolean,
  ): Promise<{ version: MlflowVersion; aliases: string[] }> {
    if (archiveExisting && stage !== 'Staging' && stage !== 'Production') {
      throw invalidParameter(
        `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
      );
    }
    const { model, version } = await this.changeableVersion(call, name, number);
    const others = archiveExisting
      ? await this.options.store.versionsInStage(model.id, stage, MAX_VERSIONS)
      : [];
    await this.options.store.transition(
      version,
      stage,
      others.filter(other => other.number !== number),
      this.history(call, 'stage-changed', {
        version: number,
        from: version.stage,
        to: stage,
      }),
    );
    return await this.version(call, name, number);
  }

  async deleteVersion(
    call: MlflowCall,
    name: string,
    number: number,
  ): Promise<void> {
    const { model, version } = await this.changeableVersion(call, name, number);
    if (version.state === 'registered') {
      await this.options.registry.changes.archiveVersion(
        call.caller,
        model.name,
        number,
      );
    } else {
      await this.options.store.deleteVersion(
        version,
        this.history(call, 'version-deleted', { version: number }),
      );
    }
  }

  async setVersionTag(
    call: MlflowCall,
    name: string,
    number: number,
    tag: Tag,
  ): Promise<void> {
    checkTag(tag);
    const { model, version } = await this.changeableVersion(call, name, number);
    requireNotFrozen(version, tag.key);
    await this.options.store.setTag(
      model.id,
      number,
      tag.key,
      tag.value,
      this.history(call, 'version-tag-set', { version: number, ...tag }),
    );
    if (version.state === 'pending') await this.complete(call, model, number);
  }

  async deleteVersionTag(
    call: MlflowCall,
    name: string,
    number: number,
    key: string,
  ): Promise<void> {
    checkTag({ key, value: '' });
    const { model, version } = await this.changeableVersion(call, name, number);
    requireNotFrozen(version, key);
    await this.options.store.setTag(
      model.id,
      number,
      key,
      undefined,
      this.history(call, 'version-tag-deleted', { version: number, key }),
    );
    if (version.state === 'pending') await this.complete(call, model, number);
  }

  // Aliases

  async setAlias(
    call: MlflowCall,
    name: string,
    alias: string,
    number: number,
  ): Promise<void> {
    checkAlias(alias, true);
    const { model, version } = await this.changeableVersion(call, name, number);
    const { registry, store } = this.options;
    if (version.state === 'pending') {
      throw invalidParameter(
        `Version ${number} of ${name} is PENDING_REGISTRATION, so no alias can name it yet: ${
          version.statusMessage ?? 'it is being registered'
        }`,
      );
    }
    if (version.state === 'registered') {
      await registry.changes.setAlias(call.caller, name, alias, {
        version: number,
      });
      await store.setBareAlias(model.id, alias, undefined);
    } else {
      if (model.published) {
        await registry.changes.deleteAlias(call.caller, name, alias);
      }
      await store.setBareAlias(
        model.id,
        alias,
        number,
        this.history(call, 'alias-moved', { alias, version: number }),
      );
    }
  }

  async deleteAlias(
    call: MlflowCall,
    name: string,
    alias: string,
  ): Promise<void> {
    checkAlias(alias, false);
    const model = await this.changeable(call, name);
    if (model.published) {
      await this.options.registry.changes.deleteAlias(call.caller, name, alias);
    }
    await this.options.store.setBareAlias(
      model.id,
      alias,
      undefined,
      this.history(call, 'alias-removed', { alias }),
    );
  }

  // How it is done

  /** Throws the same for what the caller may not see as for what is not there. */
  private async readable(call: MlflowCall, name: string): Promise<MlflowModel> {
    const model = await this.options.store.findModel(name);
    if (
      !model ||
      (call.system !== undefined && call.system !== model.system) ||
      !(await this.options.authorizer.can(
        call.caller,
        modelReadPermission,
        model,
      ))
    ) {
      throw modelNotFound(name);
    }
    return model;
  }

  private async changeable(
    call: MlflowCall,
    name: string,
  ): Promise<MlflowModel> {
    const model = await this.readable(call, name);
    await this.options.authorizer.require(
      call.caller,
      model.published ? modelUpdatePermission : modelPublishPermission,
      model,
    );
    return model;
  }

  private async changeableVersion(
    call: MlflowCall,
    name: string,
    number: number,
  ) {
    const model = await this.readable(call, name);
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

  private async versionOf(
    call: MlflowCall,
    model: MlflowModel,
    number: number,
  ) {
    const { store } = this.options;
    const version = await store.findVersion(
      await this.scope(call),
      model.id,
      number,
    );
    if (!version) throw versionNotFound(model.name, number);
    const aliases = (await store.aliasesOfModels([model.id])).get(model.id);
    return {
      version,
      aliases: (aliases ?? [])
        .filter(one => one.number === number)
        .map(one => one.alias),
    };
  }

  private async withDetails(
    call: MlflowCall,
    models: MlflowModel[],
  ): Promise<ModelDetails[]> {
    const { store } = this.options;
    const ids = models.map(model => model.id);
    const [tags, aliases, latest] = [
      await store.tagsOfModels(ids),
      await store.aliasesOfModels(ids),
      await store.latestVersions(await this.scope(call), ids),
    ];
    return models.map(model => ({
      model,
      tags: tags.get(model.id) ?? [],
      aliases: aliases.get(model.id) ?? [],
      latest: latest.get(model.id) ?? [],
    }));
  }

  private async scope(call: MlflowCall): Promise<VersionScope> {
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

  private async tagsOf(model: MlflowModel): Promise<Tag[]> {
    return (
      (await this.options.store.tagsOfModels([model.id])).get(model.id) ?? []
    );
  }

  private history(call: MlflowCall, action: string, details: object) {
    return { actor: toActor(call.caller), action, details: { ...details } };
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
    const { authorizer, store } = this.options;
    const moved = { ...model, owner };
    if (!(await authorizer.can(call.caller, modelPublishPermission, moved))) {
      throw authorizer.missing(call.caller, modelPublishPermission, moved);
    }
    await store.updateModel(
      model.id,
      { owner },
      this.history(call, 'updated', { changed: ['owner'] }),
    );
  }

  /** Tags of the model are defaults of its versions: some that wait may be complete now. */
  private async completePending(call: MlflowCall, name: string): Promise<void> {
    const model = await this.readable(call, name);
    for (const version of await this.options.store.pendingVersions(model.id)) {
      await this.complete(call, model, version.number);
    }
  }

  private async complete(
    call: MlflowCall,
    model: MlflowModel,
    number: number,
  ): Promise<void> {
    const { version } = await this.versionOf(call, model, number);
    const tags = await this.tagsOf(model);
    const problems = await this.options.completion.problems(
      call,
      model,
      tags,
      version,
    );
    if (problems.length === 0) {
      await this.publish(call, model, tags, version);
    } else {
      await this.noteProblems(version, describeMissing(problems));
    }
  }

  private async publish(
    call: MlflowCall,
    model: MlflowModel,
    tags: Tag[],
    candidate: Candidate,
  ): Promise<void> {
    const { completion, store } = this.options;
    try {
      await completion.publish(call, model, tags, candidate);
    } catch (error) {
      // It waits, and says why; the next change of it tries again.
      if (!isConflict(error)) throw error;
      const { version } = await this.versionOf(call, model, candidate.number);
      await this.noteProblems(version, error.message);
      return;
    }
    const { version } = await this.versionOf(call, model, candidate.number);
    await store.noteState(version, 'registered', undefined);
  }

  private async noteProblems(
    version: MlflowVersion,
    message: string,
  ): Promise<void> {
    if (version.statusMessage !== message) {
      await this.options.store.noteState(version, 'pending', message);
    }
  }

  private async taken(
    call: MlflowCall,
    name: string,
    prompt: boolean,
  ): Promise<MlflowError> {
    const kind = (isOne: boolean) => (isOne ? 'Prompt' : 'Registered Model');
    const existing = await this.model(call, name).catch(() => undefined);
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

/** What a version satisfied stays what it is. */
function requireNotFrozen(version: MlflowVersion, key: string): void {
  if (version.state !== 'pending' && isMetadataTag(key)) {
    throw invalidParameter(
      `Version ${version.number} of ${version.model} is READY, so its tag ${key} never changes; register a new version`,
    );
  }
}
