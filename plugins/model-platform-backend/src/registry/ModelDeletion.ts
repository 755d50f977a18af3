import { ConflictError } from '@backstage/errors';
import {
  Model,
  modelDeletePermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../access/Authorizer';
import { Caller, toAuthor } from '../access/Caller';
import { ModelAccess } from './ModelAccess';
import { ModelListeners } from './ModelListeners';
import { ModelStore } from './ModelStore';
import { VersionStore } from './VersionStore';
import { VersionUsers } from './VersionUsers';

/**
 * Deleting for good, in two steps: what is archived can get no alias and into
 * no new revision, so nobody starts to use it while it is being deleted.
 */
export class ModelDeletion {
  constructor(
    private readonly options: {
      store: ModelStore;
      versions: VersionStore;
      access: ModelAccess;
      authorizer: Authorizer;
      listeners: ModelListeners;
      users: VersionUsers;
      /** Frees the files of what was deleted; what it cannot free now, it frees later. */
      free: () => Promise<void>;
    },
  ) {}

  /**
   * Its number stays taken, its history stays. Throws `ConflictError` where it
   * is not archived or somebody uses it.
   */
  async deleteVersion(
    caller: Caller,
    ref: string,
    number: number,
    options: { reason?: string } = {},
  ): Promise<void> {
    const { access, authorizer, versions, listeners } = this.options;
    const { model } = await access.readable(caller, ref);
    await authorizer.require(caller, modelDeletePermission, model);
    const { version } = await access.versionOf(model, number);
    if (version.status !== 'archived') {
      throw new ConflictError(
        version.status === 'draft'
          ? `Version ${number} of ${model.name} is a draft; it expires by itself`
          : `Version ${number} of ${model.name} is not archived; archive it first, then it can be deleted`,
      );
    }
    await this.requireUnused(model, number);
    await versions.deleteVersion(model.id, number, {
      ...toAuthor(caller),
      action: 'version-deleted',
      reason: options.reason,
      details: {
        version: number,
        publisher: version.publisher,
        manifestDigest: version.manifestDigest,
      },
    });
    await listeners.announce(model, 'version-deleted', number);
    await this.options.free();
  }

  /** With all its versions. The name is free again; what gets it is another model, and goes on counting. */
  async deleteModel(
    caller: Caller,
    ref: string,
    options: { ifMatch?: string; reason?: string } = {},
  ): Promise<void> {
    const { access, authorizer, store, listeners } = this.options;
    const record = await access.readable(caller, ref);
    const { model } = record;
    await authorizer.require(caller, modelDeletePermission, model);
    access.requireMatch(model, options.ifMatch);
    if (!model.archivedAt) {
      throw new ConflictError(
        `${model.name} is not archived; archive it first, then it can be deleted`,
      );
    }
    await this.requireUnused(model);
    await store.deleteModel(record, {
      ...toAuthor(caller),
      action: 'deleted',
      reason: options.reason,
      details: { name: model.name, system: model.system, owner: model.owner },
    });
    await listeners.announce(model, 'deleted');
    await this.options.free();
  }

  private async requireUnused(model: Model, number?: number): Promise<void> {
    const uses = await this.options.users.of(model.id, number);
    if (uses.length > 0) {
      throw new ConflictError(
        `${
          number === undefined
            ? model.name
            : `Version ${number} of ${model.name}`
        } is in use: ${uses.join('; ')}`,
      );
    }
  }
}
