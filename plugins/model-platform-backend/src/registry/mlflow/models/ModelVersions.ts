import { modelPublishPermission } from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../../access/Authorizer';
import { responsibleFor } from '../../../access/Caller';
import { HistoryDraft } from '../../ModelStore';
import { Registry } from '../../Registry';
import { Candidate, Completion } from '../completion/Completion';
import { isMetadataTag } from '../completion/metadataOfTags';
import { isPrompt, promptTags } from '../completion/promptVersion';
import { Tag, textsOf } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { invalidParameter } from '../MlflowError';
import { MlflowSettings } from '../MlflowSettings';
import { checkKey, checkLength, checkTag } from '../validation';
import { describeMissing } from './describeMissing';
import { downloadUriOf } from './downloadUriOf';
import { MlflowVersion, Stage } from './MlflowModel';
import { MlflowModelAccess, NamedVersion } from './MlflowModelAccess';
import { LabelStore, ModelVersionStore, Search } from './MlflowModelStore';
import { SourceResolver } from './SourceResolver';
import { VersionRegistration } from './VersionRegistration';

const MAX_VERSIONS = 10_000;

/**
 * MLflow's versions of models, on top of the registry's. A version becomes one
 * of the registry when nothing is missing, by the same publish as from every
 * other door; until then it is `pending` here, or, where its system asks
 * nothing, `bare`.
 */
export class ModelVersions {
  constructor(
    private readonly options: {
      versionStore: ModelVersionStore;
      labelStore: LabelStore;
      registry: Registry;
      authorizer: Authorizer;
      settings: MlflowSettings;
      completion: Completion;
      sources: SourceResolver;
      access: MlflowModelAccess;
      registration: VersionRegistration;
    },
  ) {}

  async get(
    call: MlflowCall,
    name: string,
    number: number,
  ): Promise<NamedVersion> {
    const { access } = this.options;
    const model = await access.readableOf(call, name, number);
    return await access.versionOf(call, model, number);
  }

  async search(
    call: MlflowCall,
    search: Omit<Search, 'scope'>,
  ): Promise<MlflowVersion[]> {
    return await this.options.versionStore.searchVersions({
      ...search,
      scope: await this.options.access.scope(call),
    });
  }

  /** Where a client loads the version from. */
  async downloadUri(
    call: MlflowCall,
    name: string,
    number: number,
  ): Promise<string> {
    return downloadUriOf((await this.get(call, name, number)).version);
  }

  async create(
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
    const { access, authorizer, sources } = this.options;
    checkLength(64, { run_id: given.runId, model_id: given.modelId });
    const prompt = isPrompt(given.tags);
    const { source, runId, modelId, root, location } = await sources.resolve(
      call,
      given,
      prompt,
    );
    for (const tag of given.tags) checkTag(tag);
    const model = await access.readable(call, name);
    await authorizer.require(call.caller, modelPublishPermission, model);
    const modelTags = await this.options.access.tagsOf(model);
    const candidate: Candidate = {
      number: 0,
      source,
      root,
      runId,
      loggedModelId: modelId,
      description: given.description,
      tags: given.tags,
      responsible: responsibleFor(call.caller),
    };
    const problems = await this.options.completion.problems(
      call,
      model,
      modelTags,
      candidate,
    );
    const settings = this.options.settings.of(model.system);
    const outside = root === undefined && !prompt;
    const bare =
      problems.length > 0 && (settings.open || (outside && settings.external));
    if (problems.length > 0 && !bare && settings.incomplete === 'refuse') {
      throw invalidParameter(
        `The version of ${name} was refused: ${describeMissing(problems)}`,
      );
    }
    const number = await this.options.versionStore.reserveNumber(name);
    await this.options.versionStore.addVersion(
      {
        modelId: model.id,
        number,
        state: bare ? 'bare' : 'pending',
        statusMessage:
          problems.length > 0 && !bare ? describeMissing(problems) : undefined,
        source,
        root,
        location,
        runId,
        loggedModelId: modelId,
        runLink: given.runLink,
        description: given.description,
        tags: given.tags,
        responsible: candidate.responsible,
      },
      access.history(call, 'version-registered', {
        version: number,
        // What waits is nobody's business yet; what is ready is told of.
        ...(bare
          ? {
              state: 'bare',
              source,
              runId,
              description: given.description,
              tags: textsOf(given.tags),
            }
          : { state: 'pending' }),
      }),
    );
    if (problems.length === 0) {
      await this.options.registration.publish(call, model, modelTags, {
        ...candidate,
        number,
      });
    }
    return (await this.get(call, name, number)).version;
  }

  async update(
    call: MlflowCall,
    name: string,
    number: number,
    description: string | undefined,
  ): Promise<NamedVersion> {
    const { access, registration, versionStore } = this.options;
    const { model, version } = await access.changeableVersion(
      call,
      name,
      number,
    );
    await versionStore.updateVersion(
      version,
      { description },
      this.historyOf(call, 'version-updated', version),
    );
    if (version.state === 'pending') {
      await registration.complete(call, model, number);
    }
    return await this.get(call, name, number);
  }

  async transition(
    call: MlflowCall,
    name: string,
    number: number,
    stage: Stage,
    archiveExisting: boolean,
  ): Promise<NamedVersion> {
    if (archiveExisting && stage !== 'Staging' && stage !== 'Production') {
      throw invalidParameter(
        `Model version transition cannot archive existing model versions because '${stage}' is not an Active stage. Valid stages are ['Staging', 'Production']`,
      );
    }
    const { model, version } = await this.options.access.changeableVersion(
      call,
      name,
      number,
    );
    const others = archiveExisting
      ? await this.options.versionStore.versionsInStage(
          model.id,
          stage,
          MAX_VERSIONS,
        )
      : [];
    await this.options.versionStore.transition(
      version,
      stage,
      others.filter(other => other.number !== number),
      this.historyOf(call, 'stage-changed', version, {
        from: version.stage,
        to: stage,
      }),
    );
    return await this.get(call, name, number);
  }

  async delete(call: MlflowCall, name: string, number: number): Promise<void> {
    const { model, version } = await this.options.access.changeableVersion(
      call,
      name,
      number,
    );
    if (version.state === 'registered') {
      await this.options.registry.changes.archiveVersion(
        call.caller,
        model.name,
        number,
      );
    } else {
      await this.options.versionStore.deleteVersion(
        version,
        this.historyOf(call, 'version-deleted', version),
      );
    }
  }

  async setTag(
    call: MlflowCall,
    name: string,
    number: number,
    tag: Tag,
  ): Promise<void> {
    checkTag(tag);
    const { model, version } = await this.options.access.changeableVersion(
      call,
      name,
      number,
    );
    requireNotFrozen(version, tag.key);
    await this.options.labelStore.setTag(
      model.id,
      number,
      tag.key,
      tag.value,
      this.historyOf(call, 'version-tag-set', version, tag),
    );
    if (version.state === 'pending')
      await this.options.registration.complete(call, model, number);
  }

  async deleteTag(
    call: MlflowCall,
    name: string,
    number: number,
    key: string,
  ): Promise<void> {
    checkKey(key);
    const { model, version } = await this.options.access.changeableVersion(
      call,
      name,
      number,
    );
    requireNotFrozen(version, key);
    await this.options.labelStore.setTag(
      model.id,
      number,
      key,
      undefined,
      this.historyOf(call, 'version-tag-deleted', version, { key }),
    );
    if (version.state === 'pending')
      await this.options.registration.complete(call, model, number);
  }

  /** Of what waits it says so, since that is only for who may publish there. */
  private historyOf(
    call: MlflowCall,
    action: string,
    { number, state }: MlflowVersion,
    details: object = {},
  ): HistoryDraft {
    return this.options.access.history(call, action, {
      version: number,
      ...details,
      ...(state === 'pending' ? { state } : {}),
    });
  }
}

/** What a version satisfied, and what a prompt says, stays what it is. */
function requireNotFrozen(version: MlflowVersion, key: string): void {
  const frozen = isMetadataTag(key) || promptTags.includes(key);
  if (version.state !== 'pending' && frozen) {
    throw invalidParameter(
      `Version ${version.number} of ${version.model} is READY, so its tag ${key} never changes; register a new version`,
    );
  }
}
