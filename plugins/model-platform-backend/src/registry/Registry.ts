import { Readable } from 'node:stream';
import { InputError, NotFoundError } from '@backstage/errors';
import {
  FacetValue,
  Model,
  modelPublishPermission,
  modelReadPermission,
  ModelVersion,
  Page,
  VersionComparison,
  VersionSelector,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  ByteRange,
  DirectRequest,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { Authorizer, ModelPermission } from '../access/Authorizer';
import { Caller, responsibleForActor } from '../access/Caller';
import { Claims } from '../access/Claims';
import { AliasGuard } from './aliases/AliasGuard';
import { AliasRules } from './aliases/AliasRules';
import { ApprovalQueue } from './aliases/ApprovalQueue';
import { Approvals } from './aliases/Approvals';
import { ApprovalStore } from './aliases/ApprovalStore';
import { BlobReferences } from './artifacts/BlobReferences';
import { compareVersions } from './compareVersions';
import { decodeCursor, encodeCursor } from './cursor';
import { DraftFiles } from './DraftFiles';
import { EntityDirectory } from './EntityDirectory';
import { HistoryStore } from './HistoryStore';
import {
  ModelAccess,
  modelNameOf,
  noSuchVersion,
  published,
} from './ModelAccess';
import { ModelChanges } from './ModelChanges';
import { ModelDeletion } from './ModelDeletion';
import { ModelHistory } from './ModelHistory';
import { ModelListener, ModelListeners } from './ModelListeners';
import { ModelScope } from './ModelScope';
import { ModelStore, PublishedVersion } from './ModelStore';
import { ModelsQuery, parseModelsQuery } from './parseModelsQuery';
import { PublishCheck } from './PublishCheck';
import { notDirect } from './PartUploads';
import { Publishing } from './Publishing';
import { VersionReadings } from './reading/VersionReadings';
import { SystemQuotas } from './SystemQuotas';
import { StoredFile, VersionStore } from './VersionStore';
import { VersionUser, VersionUsers } from './VersionUsers';

export interface RegistryOptions {
  store: ModelStore;
  versions: VersionStore;
  history: HistoryStore;
  approvals: ApprovalStore;
  aliasRules: AliasRules;
  artifacts: ArtifactStore;
  references: BlobReferences;
  authorizer: Authorizer;
  claims: Claims;
  check: PublishCheck;
  quotas: SystemQuotas;
  directory: EntityDirectory;
  readings?: VersionReadings;
  /** How long a draft lives after it was last touched. */
  draftLifeMs: number;
  clock?: () => Date;
  /** Told when a listener fails, which must not fail what it listens to. */
  onListenerError?: (error: unknown) => void;
}

/** Facts of publishing that overviews ask for. */
export interface PublishingFilter {
  system?: string;
  owner?: string;
  theme?: string;
}

/**
 * The registry: what is in it, how one publishes into it, and what changes
 * then. The same rules for every door. Methods that take a `Caller` check its
 * rights, and answer the same for what it may not see as for what is not
 * there; those whose name begins with `find` take none and are for the
 * platform's own work.
 */
export class Registry {
  readonly publishing: Publishing;
  readonly changes: ModelChanges;
  readonly deletion: ModelDeletion;
  readonly history: ModelHistory;
  readonly approvals: Approvals;
  readonly approvalQueue: ApprovalQueue;
  private readonly users = new VersionUsers();
  private readonly access: ModelAccess;
  private readonly files: DraftFiles;
  private readonly listeners: ModelListeners;

  constructor(private readonly options: RegistryOptions) {
    this.access = new ModelAccess(options);
    this.files = new DraftFiles(options);
    this.listeners = new ModelListeners({
      store: options.store,
      onError: options.onListenerError,
    });
    const parts = {
      ...options,
      access: this.access,
      files: this.files,
      listeners: this.listeners,
    };
    this.publishing = new Publishing({
      ...parts,
      now: options.clock ?? (() => new Date()),
    });
    const { aliasRules: rules, authorizer, claims, approvals } = options;
    this.changes = new ModelChanges({
      ...parts,
      guard: new AliasGuard({ rules, authorizer, claims, approvals }),
    });
    this.approvals = new Approvals({ ...parts, rules, store: approvals });
    this.approvalQueue = new ApprovalQueue({
      rules,
      authorizer,
      claims,
      approvals,
    });
    this.history = new ModelHistory(parts);
    this.deletion = new ModelDeletion({
      ...parts,
      users: this.users,
      free: async () => {
        try {
          await this.publishing.removeExpiredDrafts();
        } catch (error) {
          // What is left is removed with the drafts that expire.
          options.onListenerError?.(error);
        }
      },
    });
  }

  /** Calls back after each change is stored. @returns how to end it. */
  onChanged(listener: ModelListener): () => void {
    return this.listeners.add(listener);
  }

  /** What it says is used is not deleted. */
  addUser(user: VersionUser): void {
    this.users.add(user);
  }

  // Reading, for a caller

  /** By name, slug or entity ref. */
  async getModel(caller: Caller, ref: string): Promise<Model> {
    const { model } = await this.access.readable(caller, ref);
    return await this.access.withActions(caller, model);
  }

  async getModelById(caller: Caller, id: string): Promise<Model> {
    const record = await this.options.store.findById(id);
    return (await this.access.requireReadable(caller, record, id)).model;
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
      this.options.store.list({ ...parsed, visible }),
      facets.length > 0
        ? this.options.store.facets({ ...parsed, visible }, facets)
        : undefined,
    ]);
    return {
      items: found.items,
      totalItems: found.totalItems,
      nextCursor: found.next && encodeCursor(found.next),
      facets: counted,
    };
  }

  /**
   * What lists of models are made of beside what is asked: whose models the
   * caller may see, and all changes up to now. Where both are as before, so is
   * the list.
   */
  async listState(caller: Caller): Promise<{ scope: string; state: string }> {
    const [visible, state] = await Promise.all([
      this.options.authorizer.filter(caller, modelReadPermission),
      this.options.store.revision(),
    ]);
    return { scope: JSON.stringify(visible), state };
  }

  /** Newest first; drafts only for those who may publish. */
  async listVersions(
    caller: Caller,
    ref: string,
    page: { limit?: number; cursor?: string } = {},
  ): Promise<Page<ModelVersion>> {
    const { model } = await this.access.readable(caller, ref);
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
    const found = await this.options.versions.listVersions(model.id, {
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
        ? await this.access.visibleDraft(caller, found, numberOrAlias)
        : undefined;
    if (draft) {
      return await this.files.withMissing(draft);
    }
    const { model } = await this.access.requireReadable(caller, found, ref);
    const record = await this.access.versionOf(model, numberOrAlias);
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
    return await this.files.withMissing(record);
  }

  /** What differs between two versions; by number or alias. */
  async compare(
    caller: Caller,
    ref: string,
    before: number | string,
    after: number | string,
  ): Promise<VersionComparison> {
    return compareVersions(
      await this.getVersion(caller, ref, before),
      await this.getVersion(caller, ref, after),
    );
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

  /** One without a ready version too, which only its publishers know. */
  async findUnpublishedModelById(id: string): Promise<Model | undefined> {
    return (await this.options.store.findById(id))?.model;
  }

  /** Ready and archived ones; no drafts. */
  async findVersion(
    modelId: string,
    number: number,
  ): Promise<ModelVersion | undefined> {
    const record = await this.options.versions.findVersion(modelId, number);
    return record?.version.status === 'draft' ? undefined : record?.version;
  }

  async isDraft(modelId: string, number: number): Promise<boolean> {
    const record = await this.options.versions.findVersion(modelId, number);
    return record?.version.status === 'draft';
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
    const record = await this.access.versionOf(model, wanted);
    if (record.version.status !== 'ready') {
      throw noSuchVersion(model.name, wanted);
    }
    return record.version;
  }

  /**
   * The request that fetches one of a version's files from the store itself.
   * Throws `NotFoundError`.
   */
  async directFile(
    version: ModelVersion,
    path: string,
  ): Promise<DirectRequest> {
    const { digest, system } = await this.storedFile(version, path);
    const { direct } = this.options.artifacts;
    if (!direct) throw notDirect();
    return await direct.read(digest, system, path.split('/').pop() ?? path);
  }

  /** The person who answers for where an alias is, as far as one is known. */
  async aliasMover(
    modelId: string,
    alias: string,
  ): Promise<string | undefined> {
    const now = new Date().toISOString();
    const [moved] = await this.options.history.aliasesAt(modelId, now, alias);
    return moved && responsibleForActor(moved.actor);
  }

  /** Opens one of a version's files. Throws `NotFoundError`. */
  async openFile(
    version: ModelVersion,
    path: string,
    range?: ByteRange,
  ): Promise<Readable> {
    const { digest, system } = await this.storedFile(version, path);
    return await this.options.artifacts.read(digest, system, range);
  }

  /** Like `openFile`, for who is done with a piece before asking for the next one. */
  async openPieces(
    version: ModelVersion,
    path: string,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    const { digest, system } = await this.storedFile(version, path);
    return await this.options.artifacts.readPieces(digest, system, range);
  }

  /** A file of a version that is no draft. Throws `NotFoundError` for a model that the caller may not read. */
  async findFile(
    caller: Caller,
    modelId: string,
    numberOrAlias: number | string,
    path: string,
  ): Promise<StoredFile | undefined> {
    const model = await this.getModelById(caller, modelId);
    const number = this.access.numberOf(model, numberOrAlias);
    const file =
      number === undefined
        ? undefined
        : await this.options.versions.findFile(model.id, number, path);
    return file?.status === 'draft' ? undefined : file;
  }

  private async storedFile(
    version: ModelVersion,
    path: string,
  ): Promise<{ digest: Sha256; system: string }> {
    const file = await this.options.versions.findFile(
      version.modelId,
      version.number,
      path,
    );
    if (!file) {
      throw new NotFoundError(
        `Version ${version.number} of ${version.model} has no file ${path}`,
      );
    }
    return { digest: file.digest as Sha256, system: file.system };
  }
}

function whereOf(filter: PublishingFilter): Map<string, string[]> {
  const where = new Map<string, string[]>();
  for (const key of ['system', 'owner', 'theme'] as const) {
    const value = filter[key];
    if (value !== undefined) where.set(key, [value]);
  }
  return where;
}
