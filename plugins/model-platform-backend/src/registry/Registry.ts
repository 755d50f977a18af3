import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  DraftResponse,
  FacetValue,
  FieldProblem,
  HistoryEntry,
  Model,
  modelArchivePermission,
  ModelEvent,
  modelPublishPermission,
  modelReadPermission,
  modelUpdatePermission,
  ModelVersion,
  Page,
  toEntityRef,
  VersionSelector,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  ByteRange,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { Authorizer, ModelPermission, noSuchModel } from '../access/Authorizer';
import { Caller, toActor } from '../access/Caller';
import { ModelScope } from './ModelScope';
import {
  ModelChange,
  ModelRecord,
  ModelStore,
  PublishedVersion,
  VersionRecord,
} from './ModelStore';
import { checkAliasName } from './checkAliasName';
import { decodeCursor, encodeCursor } from './cursor';
import { EntityDirectory } from './EntityDirectory';
import { manifestDigest } from './manifestDigest';
import { ModelProblemsError } from './ModelProblemsError';
import { ModelsQuery, parseModelsQuery } from './parseModelsQuery';
import { PublishCheck } from './PublishCheck';
import { toSlug } from './toSlug';

export interface RegistryOptions {
  store: ModelStore;
  artifacts: ArtifactStore;
  authorizer: Authorizer;
  check: PublishCheck;
  directory: EntityDirectory;
  /** How long a draft lives after it was last touched. */
  draftLifeMs: number;
  clock?: () => Date;
  /** Told when a listener fails, which must not fail what it listens to. */
  onListenerError?: (error: unknown) => void;
}

/** Told after each commit. */
export type ModelListener = (event: ModelEvent) => void;

/** Facts of publishing that overviews ask for. */
export interface PublishingFilter {
  system?: string;
  owner?: string;
  theme?: string;
}

/**
 * The rules of the registry: publish, alias, change, archive. The same for
 * every door. Methods that take a `Caller` check its rights, and answer the
 * same for what it may not see as for what is not there; those whose name
 * begins with `find` take none and are for the platform's own work.
 */
export class Registry {
  private readonly listeners = new Set<ModelListener>();
  private readonly now: () => Date;

  constructor(private readonly options: RegistryOptions) {
    this.now = options.clock ?? (() => new Date());
  }

  /** Calls back after each change is stored. @returns how to end it. */
  onChanged(listener: ModelListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  // Reading, for a caller

  /** By name, slug or entity ref. */
  async getModel(caller: Caller, ref: string): Promise<Model> {
    const { model } = await this.readable(caller, ref);
    return {
      ...model,
      actions: await this.options.authorizer.actions(caller, model),
    };
  }

  async getModelById(caller: Caller, id: string): Promise<Model> {
    const record = await this.options.store.findById(id);
    return (await this.requireReadable(caller, record, id)).model;
  }

  /** Throws `InputError` for filters, facets or a sort that do not exist. */
  async listModels(
    caller: Caller,
    query: ModelsQuery = {},
  ): Promise<Page<Model> & { facets?: Record<string, FacetValue[]> }> {
    const { facets, ...parsed } = parseModelsQuery(query);
    const visible = await this.options.authorizer.filter(
      caller,
      modelReadPermission,
    );
    const [found, counted] = await Promise.all([
      this.options.store.list({ ...parsed, visible, limit: parsed.limit + 1 }),
      facets.length > 0
        ? this.options.store.facets({ ...parsed, visible }, facets)
        : undefined,
    ]);
    const items = found.items.slice(0, parsed.limit);
    const last = items[items.length - 1];
    return {
      items,
      totalItems: found.totalItems,
      nextCursor:
        last && found.items.length > items.length
          ? encodeCursor({ value: String(last[parsed.sort.by]), id: last.id })
          : undefined,
      facets: counted,
    };
  }

  /** Newest first; drafts only for those who may publish. */
  async listVersions(
    caller: Caller,
    ref: string,
    page: { limit?: number; cursor?: string } = {},
  ): Promise<Page<ModelVersion>> {
    const { model } = await this.readable(caller, ref);
    const limit = page.limit ?? 50;
    const cursor =
      page.cursor === undefined ? undefined : decodeCursor(page.cursor).value;
    if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) {
      throw new InputError('This cursor is not of a list of versions');
    }
    const before = cursor === undefined ? undefined : Number(cursor);
    const drafts = await this.options.authorizer.can(
      caller,
      modelPublishPermission,
      model,
    );
    const found = await this.options.store.listVersions(model.id, {
      limit: limit + 1,
      before,
      drafts,
    });
    const items = found.slice(0, limit);
    return {
      items,
      nextCursor:
        found.length > limit
          ? encodeCursor({
              value: String(items[items.length - 1].number),
              id: model.id,
            })
          : undefined,
    };
  }

  /** By number or alias; `latest` is the newest that is ready. Drafts only for those who may publish. */
  async getVersion(
    caller: Caller,
    ref: string,
    numberOrAlias: number | string,
  ): Promise<ModelVersion> {
    const found = await this.options.store.find(modelNameOf(ref));
    const draft =
      found && !found.published
        ? await this.visibleDraft(caller, found, numberOrAlias)
        : undefined;
    if (draft) {
      return await this.withMissing(draft);
    }
    const { model } = await this.requireReadable(caller, found, ref);
    const record = await this.versionOf(model, numberOrAlias);
    if (record.version.status !== 'draft') {
      return record.version;
    }
    if (
      !(await this.options.authorizer.can(
        caller,
        modelPublishPermission,
        model,
      ))
    ) {
      throw noSuchVersion(model.name, numberOrAlias);
    }
    return await this.withMissing(record);
  }

  async getHistory(
    caller: Caller,
    ref: string,
    page: { limit?: number; cursor?: string } = {},
  ): Promise<Page<HistoryEntry>> {
    const { model } = await this.readable(caller, ref);
    const limit = page.limit ?? 50;
    const before =
      page.cursor === undefined ? undefined : decodeCursor(page.cursor).value;
    if (before !== undefined && !/^\d{1,18}$/.test(before)) {
      throw new InputError('This cursor is not of a history');
    }
    const found = await this.options.store.history(model.id, {
      limit: limit + 1,
      before,
    });
    const items = found.slice(0, limit);
    return {
      items,
      nextCursor:
        found.length > limit
          ? encodeCursor({ value: items[items.length - 1].id, id: model.id })
          : undefined,
    };
  }

  /** For queries of other domains: adds that the model in this column is one the permission holds for. */
  async scope(
    caller: Caller,
    permission: ModelPermission = modelReadPermission,
  ): Promise<ModelScope> {
    return this.options.store.scope(
      await this.options.authorizer.filter(caller, permission),
    );
  }

  /** Models that were published for the first time, and versions, from and up to (not including) a time. */
  async countPublished(
    caller: Caller,
    query: PublishingFilter & { from: Date; to: Date },
  ): Promise<{ models: number; versions: number }> {
    return await this.options.store.countPublished({
      visible: await this.options.authorizer.filter(
        caller,
        modelReadPermission,
      ),
      where: whereOf(query),
      from: query.from.toISOString(),
      to: query.to.toISOString(),
    });
  }

  /** Newest first. */
  async lastPublished(
    caller: Caller,
    query: PublishingFilter & { limit?: number } = {},
  ): Promise<PublishedVersion[]> {
    return await this.options.store.lastPublished(
      {
        visible: await this.options.authorizer.filter(
          caller,
          modelReadPermission,
        ),
        where: whereOf(query),
      },
      query.limit ?? 10,
    );
  }

  // Reading, for the platform itself

  /** By name, slug or entity ref; archived ones too, but none that has no ready version. */
  async findModel(ref: string): Promise<Model | undefined> {
    return published(await this.options.store.find(modelNameOf(ref)))?.model;
  }

  async findModelById(id: string): Promise<Model | undefined> {
    return published(await this.options.store.findById(id))?.model;
  }

  /** Ready and archived ones; no drafts. */
  async findVersion(
    modelId: string,
    number: number,
  ): Promise<ModelVersion | undefined> {
    const record = await this.options.store.findVersion(modelId, number);
    return record?.version.status === 'draft' ? undefined : record?.version;
  }

  /** What a selector means now. Throws `NotFoundError`. */
  async resolveSelector(
    modelId: string,
    selector: VersionSelector,
  ): Promise<ModelVersion> {
    const model = await this.findModelById(modelId);
    if (!model) {
      throw new NotFoundError('The model is not there any more');
    }
    let wanted: number | string = 'latest';
    if ('number' in selector) wanted = selector.number;
    if ('alias' in selector) wanted = selector.alias;
    const record = await this.versionOf(model, wanted);
    if (record.version.status !== 'ready') {
      throw noSuchVersion(model.name, wanted);
    }
    return record.version;
  }

  /** Opens one of a version's files. Throws `NotFoundError`. */
  async openFile(
    version: ModelVersion,
    path: string,
    range?: ByteRange,
  ): Promise<Readable> {
    const file = version.files.find(one => one.path === path);
    const record = await this.options.store.findVersion(
      version.modelId,
      version.number,
    );
    if (!file || !record) {
      throw new NotFoundError(
        `Version ${version.number} of ${version.model} has no file ${path}`,
      );
    }
    return await this.options.artifacts.read(
      file.digest as Sha256,
      record.system,
      range,
    );
  }

  // Publishing

  /** Everything a draft would be refused for; nothing is stored. */
  async checkDraft(caller: Caller, request: unknown): Promise<FieldProblem[]> {
    const { problems, draft } = await this.options.check.check(request);
    if (!draft) {
      return problems;
    }
    const existing = await this.publishable(caller, draft.model);
    return [
      ...problems,
      ...this.options.check.differences(existing, draft.model, draft.given),
    ];
  }

  /**
   * Opens a draft and fixes its number. Throws `ModelProblemsError` with every
   * problem, `NotAllowedError` where the caller may not publish there, and
   * `ConflictError` where the name is taken.
   */
  async openDraft(
    caller: Caller,
    request: unknown,
    idempotencyKey?: string,
  ): Promise<DraftResponse> {
    const { store } = this.options;
    const { problems, draft, name } = await this.options.check.check(request);
    if (!draft) {
      throw new ModelProblemsError(name, problems);
    }
    const existing = await this.publishable(caller, draft.model);
    const all = [
      ...problems,
      ...this.options.check.differences(existing, draft.model, draft.given),
    ];
    if (all.length > 0) {
      throw new ModelProblemsError(name, all);
    }
    const publisher = toActor(caller);
    const key = draftKeyOf(caller, idempotencyKey);
    const digest = manifestDigest(draft.version, draft.files);
    if (existing) {
      if (existing.model.archivedAt) {
        throw new ConflictError(
          `The model ${name} is archived; restore it first (PATCH with archived: false)`,
        );
      }
      const newest = await store.newestReady(existing.model.id);
      if (!draft.force && newest?.version.manifestDigest === digest) {
        return { version: newest.version, unchanged: true, missing: [] };
      }
      const opened =
        key === undefined
          ? undefined
          : await store.findDraft(existing.model.id, publisher, key);
      if (opened) {
        return await this.reopen(opened, digest);
      }
    }
    try {
      const record = await store.openDraft({
        fields: draft.model,
        given: draft.given,
        slug: toSlug(draft.model.name),
        spec: draft.version,
        files: draft.files,
        manifestDigest: digest,
        publisher,
        idempotencyKey: key,
        expiresAt: this.expiry(),
      });
      const version = await this.withMissing(record);
      return { version, unchanged: false, missing: version.missing ?? [] };
    } catch (error) {
      // Two calls with one key at once: the other one opened it.
      if (error instanceof ConflictError && key !== undefined) {
        const model = await store.find(name);
        const opened =
          model && (await store.findDraft(model.model.id, publisher, key));
        if (opened) return await this.reopen(opened, digest);
      }
      throw error;
    }
  }

  /**
   * Takes one file of a draft. Throws `InputError` where it is none of the
   * draft's, or digest or size differ from what was announced.
   */
  async uploadBlob(
    caller: Caller,
    ref: string,
    number: number,
    digest: string,
    source: Readable,
    contentLength?: number,
  ): Promise<void> {
    const record = await this.draftFor(caller, ref, number);
    if (record.version.status !== 'draft') {
      throw new ConflictError(
        `Version ${number} of ${record.version.model} is ready; its files never change`,
      );
    }
    const file = record.version.files.find(one => one.digest === digest);
    if (!file) {
      throw new InputError(
        `The draft announces no file with the digest ${digest}`,
      );
    }
    if (contentLength !== undefined && contentLength !== file.sizeBytes) {
      throw new InputError(
        `${file.path} was announced with ${file.sizeBytes} bytes, but ${contentLength} are being sent`,
      );
    }
    await this.options.store.extendDraft(record.version.id, this.expiry());
    await this.options.artifacts.write(
      source,
      { digest: digest as Sha256, sizeBytes: file.sizeBytes },
      record.system,
    );
    await this.options.store.noteUpload(
      record.version.id,
      digest,
      this.expiry(),
    );
  }

  /**
   * Makes the version ready in one transaction, once every file is there. May
   * be repeated. Throws `ConflictError` that names what is missing.
   */
  async completeVersion(
    caller: Caller,
    ref: string,
    number: number,
  ): Promise<ModelVersion> {
    const { store } = this.options;
    const record = await this.draftFor(caller, ref, number);
    if (record.version.status === 'draft') {
      await this.requireFiles(record);
      const model = await store.findById(record.version.modelId);
      const differences = this.options.check.differences(
        published(model),
        record.fields,
        record.given,
      );
      if (differences.length > 0) {
        throw new ModelProblemsError(record.fields.name, differences);
      }
      const made = await store.completeDraft(record, {
        actor: toActor(caller),
        action: 'published',
        details: { version: number },
      });
      if (made) {
        await this.announce(record.version.modelId, 'published', number);
      }
    }
    const ready = await store.findVersion(record.version.modelId, number);
    if (!ready || ready.version.status === 'draft') {
      throw new ConflictError(
        `The draft ${number} of ${ref} expired in the meantime; publish again`,
      );
    }
    return ready.version;
  }

  /** Removes drafts that expired, with the blobs that nothing else uses. @returns how many. */
  async removeExpiredDrafts(signal?: AbortSignal): Promise<number> {
    const now = this.now().toISOString();
    let removed = 0;
    for (;;) {
      const drafts = await this.options.store.expiredDrafts(now, 100);
      for (const draft of drafts) {
        if (signal?.aborted) return removed;
        await this.options.store.removeDraft(
          draft,
          now,
          async digest =>
            await this.options.artifacts.delete(digest as Sha256, draft.system),
        );
        removed += 1;
      }
      if (drafts.length < 100) return removed;
    }
  }

  // Changing

  /** Throws `ConflictError` where the model is not the one that `ifMatch` names any more. */
  async updateModel(
    caller: Caller,
    ref: string,
    change: ModelChange,
    options: { ifMatch?: string; reason?: string } = {},
  ): Promise<Model> {
    const { store, authorizer, directory } = this.options;
    const record = await this.readable(caller, ref);
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
      await authorizer.require(caller, modelUpdatePermission, {
        ...record.model,
        owner: set.owner,
      });
    }
    if (fields.sharedWith) {
      set.sharedWith = [
        ...new Set(fields.sharedWith.map(one => toEntityRef(one, 'group'))),
      ].sort();
      const problems = await this.options.check.sharedWithProblems(
        set.sharedWith,
      );
      if (problems.length > 0) {
        throw new ModelProblemsError(record.model.name, problems);
      }
    }
    if (
      options.ifMatch !== undefined &&
      options.ifMatch !== '*' &&
      options.ifMatch !== record.model.etag
    ) {
      throw new ConflictError(
        `${record.model.name} was changed in the meantime; read it again and repeat`,
      );
    }
    let action = 'updated';
    if (archived !== undefined && !changesFields) {
      if (archived === Boolean(record.model.archivedAt)) {
        return await this.getModel(caller, ref);
      }
      action = archived ? 'archived' : 'restored';
    }
    await store.update(record, set, {
      actor: toActor(caller),
      action,
      reason: options.reason,
      details: changesFields
        ? { changed: Object.keys(fields).filter(key => key in set) }
        : undefined,
    });
    await this.announce(record.model.id, action as ModelEvent['action']);
    return await this.getModel(caller, record.model.name);
  }

  /** An archived version can be deployed no more; an alias must not name it. */
  async archiveVersion(
    caller: Caller,
    ref: string,
    number: number,
    options: { reason?: string } = {},
  ): Promise<ModelVersion> {
    const { model } = await this.readable(caller, ref);
    await this.options.authorizer.require(
      caller,
      modelArchivePermission,
      model,
    );
    const { version } = await this.versionOf(model, number);
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
      await this.options.store.archiveVersion(model.id, number, {
        actor: toActor(caller),
        action: 'version-archived',
        reason: options.reason,
        details: { version: number },
      });
      await this.announce(model.id, 'updated', number);
    }
    return (await this.versionOf(model, number)).version;
  }

  async getAlias(
    caller: Caller,
    ref: string,
    alias: string,
  ): Promise<{ alias: string; version: number }> {
    const { model } = await this.readable(caller, ref);
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
    const { model } = await this.readable(caller, ref);
    await this.options.authorizer.require(caller, modelUpdatePermission, model);
    checkAliasName(alias);
    const { version } = await this.versionOf(model, target.version);
    if (version.status !== 'ready') {
      throw new ConflictError(
        `Version ${target.version} of ${model.name} is ${
          version.status === 'draft' ? 'a draft' : 'archived'
        }; an alias names only what is ready`,
      );
    }
    await this.moveAlias(caller, model, alias, target.version, target);
    return { alias, version: target.version };
  }

  /** Succeeds where there is none. */
  async deleteAlias(
    caller: Caller,
    ref: string,
    alias: string,
    options: { reason?: string; expected?: { version?: number } } = {},
  ): Promise<void> {
    const { model } = await this.readable(caller, ref);
    await this.options.authorizer.require(caller, modelUpdatePermission, model);
    await this.moveAlias(caller, model, alias, undefined, options);
  }

  // How it is done

  private async moveAlias(
    caller: Caller,
    model: Model,
    alias: string,
    version: number | undefined,
    options: { reason?: string; expected?: { version?: number } },
  ) {
    const { moved, from } = await this.options.store.moveAlias(
      model.id,
      alias,
      version,
      options.expected,
      {
        actor: toActor(caller),
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
      await this.announce(model.id, 'alias-moved', version);
    }
  }

  private async readable(caller: Caller, ref: string): Promise<ModelRecord> {
    return await this.requireReadable(
      caller,
      await this.options.store.find(modelNameOf(ref)),
      ref,
    );
  }

  private async requireReadable(
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

  private async versionOf(
    model: Model,
    numberOrAlias: number | string,
  ): Promise<VersionRecord> {
    const text = String(numberOrAlias);
    let number: number | undefined;
    if (/^\d{1,9}$/.test(text)) number = Number(text);
    else if (text === 'latest') number = model.latest?.number;
    else
      number = Object.hasOwn(model.aliases, text)
        ? model.aliases[text]
        : undefined;
    const record =
      number === undefined
        ? undefined
        : await this.options.store.findVersion(model.id, number);
    if (!record) {
      throw noSuchVersion(model.name, numberOrAlias);
    }
    return record;
  }

  /** The existing model of this name; throws where the caller may not publish there. */
  private async publishable(
    caller: Caller,
    fields: Pick<
      Model,
      'name' | 'owner' | 'system' | 'visibility' | 'sharedWith'
    >,
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
      if (!(await authorizer.can(caller, modelPublishPermission, fields))) {
        throw authorizer.missing(modelPublishPermission, fields);
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
  private async visibleDraft(
    caller: Caller,
    record: ModelRecord,
    number: number | string,
  ): Promise<VersionRecord | undefined> {
    if (!/^\d{1,9}$/.test(String(number))) {
      return undefined;
    }
    const draft = await this.options.store.findVersion(
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

  private async draftFor(
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

  private async reopen(
    record: VersionRecord,
    digest: string,
  ): Promise<DraftResponse> {
    if (record.version.manifestDigest !== digest) {
      throw new ConflictError(
        'This Idempotency-Key was used for a draft with other content; send another key',
      );
    }
    await this.options.store.extendDraft(record.version.id, this.expiry());
    const version = await this.withMissing(record);
    return { version, unchanged: false, missing: version.missing ?? [] };
  }

  private async withMissing(record: VersionRecord): Promise<ModelVersion> {
    const missing: string[] = [];
    const own = await this.options.store.ownDigests(record);
    for (const digest of new Set(
      record.version.files.map(file => file.digest),
    )) {
      if (
        !own.has(digest) ||
        !(await this.options.artifacts.has(digest as Sha256, record.system))
      ) {
        missing.push(digest);
      }
    }
    return { ...record.version, missing };
  }

  private async requireFiles(record: VersionRecord): Promise<void> {
    const missing: string[] = [];
    const problems: FieldProblem[] = [];
    const own = await this.options.store.ownDigests(record);
    for (const [index, file] of record.version.files.entries()) {
      const blob = own.has(file.digest)
        ? await this.options.artifacts.stat(
            file.digest as Sha256,
            record.system,
          )
        : undefined;
      if (!blob) {
        missing.push(file.path);
      } else if (blob.sizeBytes !== file.sizeBytes) {
        problems.push({
          field: `files[${index}].sizeBytes`,
          rule: `the file with this digest has ${blob.sizeBytes} bytes`,
          given: file.sizeBytes,
          example: blob.sizeBytes,
          source: 'platform',
        });
      }
    }
    if (problems.length > 0) {
      throw new ModelProblemsError(record.fields.name, problems);
    }
    if (missing.length > 0) {
      throw new ConflictError(
        `The draft lacks ${missing.length} of ${
          record.version.files.length
        } files: ${missing.slice(0, 10).join(', ')}${
          missing.length > 10 ? ', …' : ''
        }; upload them and complete again`,
      );
    }
  }

  private async announce(
    modelId: string,
    action: ModelEvent['action'],
    version?: number,
  ): Promise<void> {
    const record = await this.options.store.findById(modelId);
    if (!record) return;
    for (const listener of this.listeners) {
      try {
        listener({ modelId, slug: record.model.slug, action, version });
      } catch (error) {
        this.options.onListenerError?.(error);
      }
    }
  }

  private expiry(): string {
    return new Date(
      this.now().getTime() + this.options.draftLifeMs,
    ).toISOString();
  }
}

/** Tokens of one name are not one publisher: each has its own keys. */
function draftKeyOf(caller: Caller, key: string | undefined) {
  return key !== undefined && caller.kind === 'token'
    ? createHash('sha256').update(`${caller.tokenId} ${key}`).digest('hex')
    : key;
}

function published(record: ModelRecord | undefined): ModelRecord | undefined {
  return record?.published ? record : undefined;
}

function noSuchVersion(model: string, version: number | string): NotFoundError {
  return new NotFoundError(`${model} has no version ${version}`);
}

/** Name or slug, from an entity ref too: `model:default/iris`. */
function modelNameOf(ref: string): string {
  return /^model:(?:default\/)?(.+)$/i.exec(ref)?.[1] ?? ref;
}

function whereOf(filter: PublishingFilter): Map<string, string[]> {
  const where = new Map<string, string[]>();
  for (const key of ['system', 'owner', 'theme'] as const) {
    const value = filter[key];
    if (value !== undefined) where.set(key, [value]);
  }
  return where;
}
