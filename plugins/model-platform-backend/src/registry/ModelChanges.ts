import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  Model,
  modelArchivePermission,
  ModelEvent,
  modelUpdatePermission,
  ModelVersion,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../access/Authorizer';
import { Caller, toAuthor } from '../access/Caller';
import { ModelSubject } from '../access/ModelFilter';
import { AliasGuard } from './aliases/AliasGuard';
import { checkAliasName } from './checkAliasName';
import { EntityDirectory } from './EntityDirectory';
import { ModelAccess } from './ModelAccess';
import { ModelListeners } from './ModelListeners';
import { ModelProblemsError } from './ModelProblemsError';
import { ModelChange, ModelStore } from './ModelStore';
import { sharedWithProblems } from './sharedWithProblems';
import { VersionStore } from './VersionStore';

export interface ModelChangesOptions {
  store: ModelStore;
  versions: VersionStore;
  access: ModelAccess;
  authorizer: Authorizer;
  directory: EntityDirectory;
  listeners: ModelListeners;
  guard: AliasGuard;
}

/** A model that has aliases, published or not. */
type AliasedModel = ModelSubject & Pick<Model, 'id'>;

/** What happens to models and versions after they were published. */
export class ModelChanges {
  constructor(private readonly options: ModelChangesOptions) {}

  /** Throws `ConflictError` where the model is not the one that `ifMatch` names any more. */
  async updateModel(
    caller: Caller,
    ref: string,
    change: ModelChange,
    options: { ifMatch?: string; reason?: string } = {},
  ): Promise<Model> {
    const { store, access, authorizer, directory } = this.options;
    const record = await access.readable(caller, ref);
    const { archived, ...fields } = change;
    const changesFields = Object.values(fields).some(
      value => value !== undefined,
    );
    if (archived !== undefined) {
      await authorizer.require(caller, modelArchivePermission, record.model);
    }
    if (changesFields) {
      await authorizer.require(caller, modelUpdatePermission, record.model);
    }
    const set: ModelChange = { ...change };
    if (fields.owner !== undefined) {
      set.owner = toEntityRef(fields.owner, 'group');
      const handed = { ...record.model, owner: set.owner };
      // First the right: who has none learns nothing about groups.
      if (!(await authorizer.can(caller, modelUpdatePermission, handed))) {
        throw authorizer.missing(caller, modelUpdatePermission, handed);
      }
      if (!(await directory.has(set.owner))) {
        throw new ModelProblemsError(record.model.name, [
          {
            field: 'owner',
            rule: 'there is no such group in the catalog',
            given: fields.owner,
            source: 'platform',
          },
        ]);
      }
    }
    if (fields.sharedWith) {
      set.sharedWith = [
        ...new Set(fields.sharedWith.map(one => toEntityRef(one, 'group'))),
      ].sort();
      const problems = await sharedWithProblems(set.sharedWith, directory);
      if (problems.length > 0) {
        throw new ModelProblemsError(record.model.name, problems);
      }
    }
    access.requireMatch(record.model, options.ifMatch);
    const actions: Array<ModelEvent['action']> = [];
    if (changesFields) actions.push('updated');
    if (
      archived !== undefined &&
      archived !== Boolean(record.model.archivedAt)
    ) {
      actions.push(archived ? 'archived' : 'restored');
    }
    if (actions.length === 0) {
      return await access.withActions(caller, record.model);
    }
    await store.update(
      record,
      set,
      ...actions.map(action => ({
        ...toAuthor(caller),
        action,
        reason: options.reason,
        details:
          action === 'updated'
            ? { changed: Object.keys(fields).filter(key => key in set) }
            : undefined,
      })),
    );
    for (const action of actions) {
      await this.options.listeners.announce(record.model, action);
    }
    return await access.withActions(
      caller,
      (
        await access.readable(caller, record.model.name)
      ).model,
    );
  }

  /** An archived version can be deployed no more; an alias must not name it. */
  async archiveVersion(
    caller: Caller,
    ref: string,
    number: number,
    options: { reason?: string } = {},
  ): Promise<ModelVersion> {
    const { model } = await this.options.access.readable(caller, ref);
    await this.options.authorizer.require(
      caller,
      modelArchivePermission,
      model,
    );
    const { version } = await this.options.access.versionOf(model, number);
    if (version.status === 'draft') {
      throw new ConflictError(
        `Version ${number} of ${model.name} is a draft; it expires by itself`,
      );
    }
    if (version.aliases.length > 0) {
      throw new ConflictError(
        `Version ${number} of ${
          model.name
        } has the aliases ${version.aliases.join(', ')}; move them first`,
      );
    }
    if (version.status === 'ready') {
      await this.options.versions.archiveVersion(model.id, number, {
        ...toAuthor(caller),
        action: 'version-archived',
        reason: options.reason,
        details: { version: number },
      });
      await this.options.listeners.announce(
        model.id,
        'version-archived',
        number,
      );
    }
    return (await this.options.access.versionOf(model, number)).version;
  }

  /** Makes an archived version ready again. */
  async restoreVersion(
    caller: Caller,
    ref: string,
    number: number,
    options: { reason?: string } = {},
  ): Promise<ModelVersion> {
    const { access, authorizer, versions, listeners } = this.options;
    const { model } = await access.readable(caller, ref);
    await authorizer.require(caller, modelArchivePermission, model);
    const { version } = await access.versionOf(model, number);
    if (version.status === 'draft') {
      throw new ConflictError(
        `Version ${number} of ${model.name} is a draft; only what is archived is restored`,
      );
    }
    if (version.status === 'archived') {
      await versions.restoreVersion(model.id, number, {
        ...toAuthor(caller),
        action: 'version-restored',
        reason: options.reason,
        details: { version: number },
      });
      await listeners.announce(model.id, 'version-restored', number);
    }
    return (await access.versionOf(model, number)).version;
  }

  async getAlias(
    caller: Caller,
    ref: string,
    alias: string,
  ): Promise<{ alias: string; version: number }> {
    const { model } = await this.options.access.readable(caller, ref);
    if (!Object.hasOwn(model.aliases, alias)) {
      throw new NotFoundError(`${model.name} has no alias ${alias}`);
    }
    return { alias, version: model.aliases[alias] };
  }

  /**
   * Points an alias to a ready version. `expected`: the version it must point
   * to now, or none; else `ConflictError`.
   */
  async setAlias(
    caller: Caller,
    ref: string,
    alias: string,
    target: {
      version: number;
      reason?: string;
      expected?: { version?: number };
    },
  ): Promise<{ alias: string; version: number }> {
    const { model } = await this.options.access.readable(caller, ref);
    await this.options.guard.requireMover(caller, model, alias);
    checkAliasName(alias);
    const { version } = await this.options.access.versionOf(
      model,
      target.version,
    );
    if (version.status !== 'ready') {
      throw new ConflictError(
        `Version ${target.version} of ${model.name} is ${
          version.status === 'draft' ? 'a draft' : 'archived'
        }; an alias names only what is ready`,
      );
    }
    await this.options.guard.requireEvidence(model, alias, version);
    await this.moveAlias(caller, model, alias, target.version, target);
    return { alias, version: target.version };
  }

  /**
   * Points an alias to a version that MLflow alone has. Throws `ConflictError`
   * where a rule asks for what only versions of the registry have.
   */
  async setBareAlias(
    caller: Caller,
    model: AliasedModel,
    alias: string,
    bare: number,
  ): Promise<void> {
    await this.options.guard.requireMover(caller, model, alias);
    this.options.guard.refuseBare(model, alias, bare);
    await this.moveAlias(caller, model, alias, { bare }, {});
  }

  /** Succeeds where there is none. */
  async deleteAlias(
    caller: Caller,
    ref: string,
    alias: string,
    options: { reason?: string; expected?: { version?: number } } = {},
  ): Promise<void> {
    const { model } = await this.options.access.readable(caller, ref);
    await this.deleteAliasOf(caller, model, alias, options);
  }

  /** The same, also of a model that is not published. */
  async deleteAliasOf(
    caller: Caller,
    model: AliasedModel,
    alias: string,
    options: { reason?: string; expected?: { version?: number } } = {},
  ): Promise<void> {
    await this.options.guard.requireMover(caller, model, alias);
    await this.moveAlias(caller, model, alias, undefined, options);
  }

  // How it is done

  private async moveAlias(
    caller: Caller,
    model: AliasedModel,
    alias: string,
    target: number | { bare: number } | undefined,
    options: { reason?: string; expected?: { version?: number } },
  ) {
    const version = typeof target === 'object' ? target.bare : target;
    const { moved, from } = await this.options.store.moveAlias(
      model.id,
      alias,
      target,
      options.expected,
      {
        ...toAuthor(caller),
        action: version === undefined ? 'alias-removed' : 'alias-moved',
        reason: options.reason,
        details: { alias, version },
      },
    );
    if (!moved) {
      throw new ConflictError(
        `The alias ${alias} of ${model.name} ${
          from === undefined ? 'is not set' : `points to version ${from}`
        }, not to what was expected; read it again and repeat`,
      );
    }
    if (from !== version) {
      // For who listens to the registry, nothing is named by it any more.
      const named = typeof target === 'number' ? target : undefined;
      await this.options.listeners.announce(
        model.id,
        named === undefined ? 'alias-removed' : 'alias-moved',
        named,
        alias,
      );
    }
  }
}
