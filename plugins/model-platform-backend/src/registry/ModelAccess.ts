import { ConflictError, NotFoundError } from '@backstage/errors';
import {
  Model,
  modelPublishPermission,
  modelReadPermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer, noSuchModel } from '../access/Authorizer';
import { Caller } from '../access/Caller';
import { ModelSubject } from '../access/ModelFilter';
import { ModelRecord, ModelStore } from './ModelStore';
import { VersionRecord, VersionStore } from './VersionStore';

/**
 * Models and versions as a caller may reach them: what it may not see is
 * answered as what is not there.
 */
export class ModelAccess {
  constructor(
    private readonly options: {
      store: ModelStore;
      versions: VersionStore;
      authorizer: Authorizer;
    },
  ) {}

  /** With what the caller may do with it. */
  async withActions(caller: Caller, model: Model): Promise<Model> {
    return {
      ...model,
      actions: await this.options.authorizer.actions(caller, model),
    };
  }

  async readable(caller: Caller, ref: string): Promise<ModelRecord> {
    return await this.requireReadable(
      caller,
      await this.options.store.find(modelNameOf(ref)),
      ref,
    );
  }

  async requireReadable(
    caller: Caller,
    record: ModelRecord | undefined,
    ref: string,
  ): Promise<ModelRecord> {
    if (
      !record?.published ||
      !(await this.options.authorizer.can(
        caller,
        modelReadPermission,
        record.model,
      ))
    ) {
      throw noSuchModel(ref);
    }
    return record;
  }

  /** Throws `ConflictError` where the model is not what `ifMatch` was read of any more. */
  requireMatch(model: Model, ifMatch: string | undefined): void {
    if (ifMatch !== undefined && ifMatch !== '*' && ifMatch !== model.etag) {
      throw new ConflictError(
        `${model.name} was changed in the meantime; read it again and repeat`,
      );
    }
  }

  async versionOf(
    model: Model,
    numberOrAlias: number | string,
  ): Promise<VersionRecord> {
    const number = this.numberOf(model, numberOrAlias);
    const record =
      number === undefined
        ? undefined
        : await this.options.versions.findVersion(model.id, number);
    if (!record) {
      throw noSuchVersion(model.name, numberOrAlias);
    }
    return record;
  }

  /** What the alias names, where it is none that says its number itself. */
  numberOf(model: Model, numberOrAlias: number | string): number | undefined {
    const text = String(numberOrAlias);
    if (/^\d{1,9}$/.test(text)) return Number(text);
    if (text === 'latest') return model.latest?.number;
    return Object.hasOwn(model.aliases, text) ? model.aliases[text] : undefined;
  }

  async mayPublish(caller: Caller, model: ModelSubject): Promise<boolean> {
    return await this.options.authorizer.can(
      caller,
      modelPublishPermission,
      model,
    );
  }

  /** The existing model of this name; throws where the caller may not publish there. */
  async publishable(
    caller: Caller,
    fields: ModelSubject,
  ): Promise<ModelRecord | undefined> {
    const { store, authorizer } = this.options;
    const existing = await store.find(fields.name);
    const taken =
      existing &&
      (existing.model.name !== fields.name ||
        !(await authorizer.can(
          caller,
          existing.published ? modelReadPermission : modelPublishPermission,
          existing.model,
        )));
    if (!existing?.published || taken) {
      // First the right to publish what is asked for: who has none learns nothing about names.
      if (!(await this.mayPublish(caller, fields))) {
        throw authorizer.missing(caller, modelPublishPermission, fields);
      }
    }
    if (taken) {
      throw new ConflictError(`The name ${fields.name} is taken`);
    }
    if (existing?.published) {
      await authorizer.require(caller, modelPublishPermission, existing.model);
    }
    return published(existing);
  }

  /** A draft of a model nobody can see yet, for one who may publish it. */
  async visibleDraft(
    caller: Caller,
    record: ModelRecord,
    number: number | string,
  ): Promise<VersionRecord | undefined> {
    if (!/^\d{1,9}$/.test(String(number))) {
      return undefined;
    }
    const draft = await this.options.versions.findVersion(
      record.model.id,
      Number(number),
    );
    return draft &&
      (await this.options.authorizer.can(
        caller,
        modelPublishPermission,
        draft.fields,
      ))
      ? draft
      : undefined;
  }

  async draftFor(
    caller: Caller,
    ref: string,
    number: number,
  ): Promise<VersionRecord> {
    const found = await this.options.store.find(modelNameOf(ref));
    if (found && !found.published) {
      const draft = await this.visibleDraft(caller, found, number);
      if (draft) return draft;
    }
    const { model } = await this.requireReadable(caller, found, ref);
    await this.options.authorizer.require(
      caller,
      modelPublishPermission,
      model,
    );
    return await this.versionOf(model, number);
  }
}

/** Only of models that have a ready version. */
export function published(
  record: ModelRecord | undefined,
): ModelRecord | undefined {
  return record?.published ? record : undefined;
}

export function noSuchVersion(
  model: string,
  version: number | string,
): NotFoundError {
  return new NotFoundError(`${model} has no version ${version}`);
}

/** Name or slug, from an entity ref too: `model:default/iris`. */
export function modelNameOf(ref: string): string {
  return /^model:(?:default\/)?(.+)$/i.exec(ref)?.[1] ?? ref;
}
