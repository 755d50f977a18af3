import { randomUUID } from 'node:crypto';
import { ConflictError } from '@backstage/errors';
import {
  FacetValue,
  HistoryEntry,
  Model,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { ModelFilter } from '../access/ModelFilter';
import { applyModelFilter } from './applyModelFilter';
import { applyModelQuery, facetColumn } from './applyModelQuery';
import { facetsOf, searchTextOf } from './facetsOf';
import {
  AliasRow,
  FacetRow,
  FileRow,
  HistoryRow,
  ModelRow,
  toHistoryEntry,
  toModel,
  toSummary,
  toVersion,
  toVersionRecord,
  VersionRow,
} from './modelRows';
import {
  HistoryDraft,
  ModelChange,
  ModelQuery,
  ModelRecord,
  ModelStore,
  NewDraft,
  PublishedVersion,
  PublishingQuery,
  VersionRecord,
} from './ModelStore';
import { withSuffix } from './toSlug';

const MAX_SLUG_ATTEMPTS = 1000;
const MAX_FACET_VALUES = 100;
const INSERT_CHUNK = 100;
const sortColumns = {
  name: 'name',
  updatedAt: 'updated_at',
  createdAt: 'created_at',
} as const;

/** Models in SQLite or PostgreSQL. */
export class DatabaseModelStore implements ModelStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseModelStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async findById(id: string): Promise<ModelRecord | undefined> {
    return (await this.findMany([id])).get(id);
  }

  async find(nameOrSlug: string): Promise<ModelRecord | undefined> {
    const row = await this.knex<ModelRow>('registry_models')
      .where({ name: nameOrSlug })
      .orWhere({ slug: nameOrSlug })
      .first();
    return row && (await this.toRecords([row]))[0];
  }

  async findMany(ids: string[]): Promise<Map<string, ModelRecord>> {
    const found = new Map<string, ModelRecord>();
    for (let start = 0; start < ids.length; start += 500) {
      const rows = await this.knex<ModelRow>('registry_models').whereIn(
        'id',
        ids.slice(start, start + 500),
      );
      for (const record of await this.toRecords(rows)) {
        found.set(record.model.id, record);
      }
    }
    return found;
  }

  async list(
    query: ModelQuery,
  ): Promise<{ items: Model[]; totalItems: number }> {
    const column = sortColumns[query.sort.by];
    const direction = query.sort.descending ? 'desc' : 'asc';
    const page = this.matching(query)
      .select('registry_models.*')
      .orderBy([
        { column: `registry_models.${column}`, order: direction },
        { column: 'registry_models.id', order: direction },
      ])
      .limit(query.limit);
    const { after } = query;
    if (after) {
      const beyond = query.sort.descending ? '<' : '>';
      page.andWhere(part =>
        part
          .where(`registry_models.${column}`, beyond, after.value)
          .orWhere(equal =>
            equal
              .where(`registry_models.${column}`, after.value)
              .andWhere('registry_models.id', beyond, after.id),
          ),
      );
    }
    const rows: ModelRow[] = await page;
    const counted = await this.matching(query).count({ count: '*' }).first();
    const records = await this.toRecords(rows);
    return {
      items: records.map(({ model }) => model),
      totalItems: Number(counted?.count ?? 0),
    };
  }

  async facets(
    query: Pick<ModelQuery, 'visible' | 'words' | 'where'>,
    keys: string[],
  ): Promise<Record<string, FacetValue[]>> {
    const facets: Record<string, FacetValue[]> = {};
    for (const key of keys) {
      const select = this.matching(query);
      let value: string | Knex.Raw = 'registry_facets.value';
      if (key === 'archived') {
        value = this.knex.raw(
          `case when registry_models.archived_at is null then 'false' else 'true' end`,
        );
      } else if (facetColumn(key)) {
        value = `registry_models.${facetColumn(key)}`;
      } else {
        select
          .join(
            'registry_facets',
            'registry_facets.model_id',
            'registry_models.id',
          )
          .where('registry_facets.key', key);
      }
      const rows: Array<{ value: string; count: number | string }> =
        await select
          .select({ value })
          .count({ count: '*' })
          .groupBy(typeof value === 'string' ? value : this.knex.raw('1'))
          .orderBy([{ column: 'count', order: 'desc' }, { column: 'value' }])
          .limit(MAX_FACET_VALUES);
      facets[key] = rows.map(row => ({
        value: row.value,
        count: Number(row.count),
      }));
    }
    return facets;
  }

  scope(
    visible: ModelFilter,
  ): (query: Knex.QueryBuilder, modelIdColumn: string) => void {
    return (query, modelIdColumn) => {
      if (visible === true) return;
      query.whereIn(modelIdColumn, (inner: Knex.QueryBuilder) => {
        inner
          .select('registry_models.id')
          .from('registry_models')
          .whereNotNull('registry_models.published_at');
        applyModelFilter(inner, visible);
      });
    };
  }

  async openDraft(draft: NewDraft): Promise<VersionRecord> {
    const now = this.now();
    const versionId = randomUUID();
    const { modelId, number } = await this.knex.transaction(async tx => {
      await this.lockScope(tx, draft.fields.system);
      await tx('registry_names')
        .insert({ name: draft.fields.name, last_number: 0 })
        .onConflict('name')
        .ignore();
      await tx('registry_names')
        .where({ name: draft.fields.name })
        .increment('last_number', 1);
      const names = await tx('registry_names')
        .where({ name: draft.fields.name })
        .first('last_number');
      const model = await this.modelForDraft(tx, draft, now);
      const inserted = await tx<VersionRow>('registry_versions')
        .insert({
          id: versionId,
          model_id: model,
          number: names.last_number,
          status: 'draft',
          system: draft.fields.system,
          fields: JSON.stringify({ fields: draft.fields, given: draft.given }),
          spec: JSON.stringify(draft.spec),
          manifest_digest: draft.manifestDigest,
          publisher: draft.publisher,
          idempotency_key: draft.idempotencyKey ?? null,
          created_at: now,
          expires_at: draft.expiresAt,
        })
        .onConflict()
        .ignore()
        .returning('id');
      if (inserted.length === 0) {
        throw new ConflictError(
          'A draft with this Idempotency-Key is there already',
        );
      }
      const files = draft.files.map(
        (file, position): FileRow => ({
          version_id: versionId,
          position,
          path: file.path,
          digest: file.digest,
          size_bytes: file.sizeBytes,
          system: draft.fields.system,
        }),
      );
      for (let start = 0; start < files.length; start += INSERT_CHUNK) {
        await tx<FileRow>('registry_files').insert(
          files.slice(start, start + INSERT_CHUNK),
        );
      }
      return { modelId: model, number: Number(names.last_number) };
    });
    const record = await this.findVersion(modelId, number);
    if (!record) {
      throw new ConflictError(
        'The draft expired in the meantime; publish again',
      );
    }
    return record;
  }

  async findDraft(
    modelId: string,
    publisher: string,
    idempotencyKey: string,
  ): Promise<VersionRecord | undefined> {
    const row = await this.knex<VersionRow>('registry_versions')
      .where({
        model_id: modelId,
        publisher,
        idempotency_key: idempotencyKey,
        status: 'draft',
      })
      .andWhere('expires_at', '>', this.now())
      .first();
    return row && (await this.toVersionRecords([row]))[0];
  }

  async extendDraft(versionId: string, expiresAt: string): Promise<void> {
    await this.knex<VersionRow>('registry_versions')
      .where({ id: versionId, status: 'draft' })
      .update({ expires_at: expiresAt });
  }

  async noteUpload(
    versionId: string,
    digest: string,
    expiresAt: string,
  ): Promise<void> {
    await this.knex.transaction(async tx => {
      const drafts = await tx<VersionRow>('registry_versions')
        .where({ id: versionId, status: 'draft' })
        .update({ expires_at: expiresAt });
      if (drafts > 0) {
        await tx<FileRow>('registry_files')
          .where({ version_id: versionId, digest })
          .update({ uploaded: true });
      }
    });
  }

  async ownDigests(record: VersionRecord): Promise<Set<string>> {
    const { version, system } = record;
    const rows: Array<Pick<FileRow, 'digest'>> = await this.knex(
      'registry_files',
    )
      .join(
        'registry_versions',
        'registry_versions.id',
        'registry_files.version_id',
      )
      .where({
        'registry_versions.model_id': version.modelId,
        'registry_files.system': system,
      })
      .whereIn('registry_files.digest', inner =>
        inner
          .select('wanted.digest')
          .from({ wanted: 'registry_files' })
          .where('wanted.version_id', version.id),
      )
      .andWhere(either =>
        either
          .where('registry_files.uploaded', true)
          .orWhere('registry_versions.status', '<>', 'draft'),
      )
      .distinct('registry_files.digest');
    return new Set(rows.map(({ digest }) => digest));
  }

  async findVersion(
    modelId: string,
    number: number,
  ): Promise<VersionRecord | undefined> {
    const row = await this.knex<VersionRow>('registry_versions')
      .where({ model_id: modelId, number })
      .first();
    return row && (await this.toVersionRecords([row]))[0];
  }

  async listVersions(
    modelId: string,
    page: { limit: number; before?: number; drafts: boolean },
  ): Promise<ModelVersion[]> {
    const select = this.knex<VersionRow>('registry_versions')
      .where({ model_id: modelId })
      .orderBy('number', 'desc')
      .limit(page.limit);
    if (page.before !== undefined) select.andWhere('number', '<', page.before);
    if (!page.drafts) select.andWhere('status', '<>', 'draft');
    return (await this.toVersionRecords(await select)).map(
      ({ version }) => version,
    );
  }

  async newestReady(modelId: string): Promise<VersionRecord | undefined> {
    const row = await this.knex<VersionRow>('registry_versions')
      .where({ model_id: modelId, status: 'ready' })
      .orderBy('number', 'desc')
      .first();
    return row && (await this.toVersionRecords([row]))[0];
  }

  async completeDraft(
    record: VersionRecord,
    history: HistoryDraft,
  ): Promise<boolean> {
    const { version, fields } = record;
    const now = this.now();
    return await this.knex.transaction(async tx => {
      await this.lock(tx, version.modelId);
      const made = await tx<VersionRow>('registry_versions')
        .where({ id: version.id, status: 'draft' })
        .update({
          status: 'ready',
          ready_at: now,
          expires_at: null,
          idempotency_key: null,
        });
      if (made === 0) {
        return false;
      }
      const first = await tx<ModelRow>('registry_models')
        .where({ id: version.modelId })
        .whereNull('published_at')
        .update({
          type: fields.type,
          description: fields.description,
          owner: fields.owner,
          system: fields.system,
          lifecycle: fields.lifecycle,
          visibility: fields.visibility,
          shared_with: JSON.stringify(fields.sharedWith),
          tags: JSON.stringify(fields.tags),
          created_at: now,
          created_by: history.actor,
          published_at: now,
        });
      if (first === 0) {
        const model = await tx<ModelRow>('registry_models')
          .where({ id: version.modelId })
          .first();
        if (model?.system !== record.system) {
          throw new ConflictError(
            `${fields.name} was published in another system in the meantime; publish again`,
          );
        }
      }
      await this.refresh(tx, version.modelId, now);
      await this.insertHistory(tx, version.modelId, history, now);
      return true;
    });
  }

  async archiveVersion(
    modelId: string,
    number: number,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    await this.knex.transaction(async tx => {
      await this.lock(tx, modelId);
      const alias = await tx<AliasRow>('registry_aliases')
        .where({ model_id: modelId, version: number })
        .first();
      if (alias) {
        throw new ConflictError(
          `The alias ${alias.alias} names version ${number} since a moment ago; move it first`,
        );
      }
      const archived = await tx<VersionRow>('registry_versions')
        .where({ model_id: modelId, number, status: 'ready' })
        .update({ status: 'archived', archived_at: now });
      if (archived > 0) {
        await this.refresh(tx, modelId, now);
        await this.insertHistory(tx, modelId, history, now);
      }
    });
  }

  async expiredDrafts(now: string, limit: number): Promise<VersionRecord[]> {
    const rows = await this.knex<VersionRow>('registry_versions')
      .where({ status: 'draft' })
      .andWhere('expires_at', '<=', now)
      .orderBy('expires_at')
      .limit(limit);
    return await this.toVersionRecords(rows);
  }

  async removeDraft(
    record: VersionRecord,
    now: string,
    removeBlob: (digest: string) => Promise<void>,
  ): Promise<boolean> {
    const { version, system } = record;
    return await this.knex.transaction(async tx => {
      await this.lockScope(tx, system);
      await this.lock(tx, version.modelId);
      const removed = await tx<VersionRow>('registry_versions')
        .where({ id: version.id, status: 'draft' })
        .andWhere('expires_at', '<=', now)
        .delete();
      if (removed === 0) {
        return false;
      }
      // Not left to the database: SQLite looks after references only where it was told to.
      await tx<FileRow>('registry_files')
        .where({ version_id: version.id })
        .delete();
      await tx<ModelRow>('registry_models')
        .where({ id: version.modelId })
        .whereNull('published_at')
        .whereNotExists(
          tx
            .select(tx.raw('1'))
            .from('registry_versions')
            .where('model_id', version.modelId),
        )
        .delete();
      for (const digest of new Set(version.files.map(file => file.digest))) {
        const used = await tx<FileRow>('registry_files')
          .where({ system, digest })
          .first('version_id');
        // Before the commit: after it, somebody may announce the file and count on it.
        if (!used) await removeBlob(digest);
      }
      return true;
    });
  }

  async update(
    record: ModelRecord,
    change: ModelChange,
    history: HistoryDraft,
  ): Promise<void> {
    const now = this.now();
    const { id, name } = record.model;
    await this.knex.transaction(async tx => {
      await this.lock(tx, id);
      const set: Partial<ModelRow> = {};
      if (change.description !== undefined)
        set.description = change.description;
      if (change.lifecycle !== undefined) set.lifecycle = change.lifecycle;
      if (change.visibility !== undefined) set.visibility = change.visibility;
      if (change.owner !== undefined) set.owner = change.owner;
      if (change.sharedWith)
        set.shared_with = JSON.stringify(change.sharedWith);
      if (change.tags)
        set.tags = JSON.stringify([...new Set(change.tags)].sort());
      if (change.archived !== undefined)
        set.archived_at = change.archived ? now : null;
      const updated = await tx<ModelRow>('registry_models')
        .where({ id, changes: record.changes })
        .update({ ...set, updated_at: now });
      if (updated === 0) {
        throw new ConflictError(
          `${name} was changed in the meantime; read it again and repeat`,
        );
      }
      await this.refresh(tx, id, now);
      await this.insertHistory(tx, id, history, now);
    });
  }

  async moveAlias(
    modelId: string,
    alias: string,
    version: number | undefined,
    expected: { version?: number } | undefined,
    history: HistoryDraft,
  ): Promise<{ moved: boolean; from?: number }> {
    const now = this.now();
    return await this.knex.transaction(async tx => {
      await this.lock(tx, modelId);
      const row = await tx<AliasRow>('registry_aliases')
        .where({ model_id: modelId, alias })
        .first();
      const from = row?.version;
      if (expected && expected.version !== from) {
        return { moved: false, from };
      }
      if (from === version) {
        return { moved: true, from };
      }
      if (version === undefined) {
        await tx<AliasRow>('registry_aliases')
          .where({ model_id: modelId, alias })
          .delete();
      } else {
        const ready = await tx<VersionRow>('registry_versions')
          .where({ model_id: modelId, number: version, status: 'ready' })
          .first('id');
        if (!ready) {
          throw new ConflictError(`Version ${version} is not ready any more`);
        }
        await tx<AliasRow>('registry_aliases')
          .insert({ model_id: modelId, alias, version })
          .onConflict(['model_id', 'alias'])
          .merge();
      }
      await this.refresh(tx, modelId, now);
      await this.insertHistory(
        tx,
        modelId,
        { ...history, details: { ...history.details, from } },
        now,
      );
      return { moved: true, from };
    });
  }

  async history(
    modelId: string,
    page: { limit: number; before?: string },
  ): Promise<HistoryEntry[]> {
    const select = this.knex<HistoryRow>('registry_history')
      .where({ model_id: modelId })
      .orderBy('id', 'desc')
      .limit(page.limit);
    if (page.before !== undefined) select.andWhere('id', '<', page.before);
    return (await select).map(toHistoryEntry);
  }

  async countPublished(
    query: PublishingQuery,
  ): Promise<{ models: number; versions: number }> {
    const within = (select: Knex.QueryBuilder, column: string) =>
      select.andWhere(column, '>=', query.from).andWhere(column, '<', query.to);
    const all = { ...query, words: [] };
    const models = await within(
      this.matching(all),
      'registry_models.published_at',
    )
      .count({ count: '*' })
      .first();
    const versions = await within(
      this.matching(all).join(
        'registry_versions',
        'registry_versions.model_id',
        'registry_models.id',
      ),
      'registry_versions.ready_at',
    )
      .count({ count: '*' })
      .first();
    return {
      models: Number(models?.count ?? 0),
      versions: Number(versions?.count ?? 0),
    };
  }

  async lastPublished(
    query: Omit<PublishingQuery, 'from' | 'to'>,
    limit: number,
  ): Promise<PublishedVersion[]> {
    const rows: Array<Omit<PublishedVersion, 'at'> & { at: string }> =
      await this.matching({
        ...query,
        words: [],
      })
        .join(
          'registry_versions',
          'registry_versions.model_id',
          'registry_models.id',
        )
        .whereNotNull('registry_versions.ready_at')
        .orderBy([
          { column: 'registry_versions.ready_at', order: 'desc' },
          { column: 'registry_versions.id', order: 'desc' },
        ])
        .limit(limit)
        .select({
          modelId: 'registry_models.id',
          slug: 'registry_models.slug',
          name: 'registry_models.name',
          number: 'registry_versions.number',
          at: 'registry_versions.ready_at',
          publisher: 'registry_versions.publisher',
        });
    return rows;
  }

  private now(): string {
    return this.clock().toISOString();
  }

  /** Items, totals and facets are all made of this one. */
  private matching(query: Pick<ModelQuery, 'visible' | 'words' | 'where'>) {
    const select = this.knex('registry_models').whereNotNull(
      'registry_models.published_at',
    );
    applyModelFilter(select, query.visible);
    applyModelQuery(select, query);
    return select;
  }

  /** Announcing and removing files of a system take turns. */
  private async lockScope(tx: Knex.Transaction, system: string): Promise<void> {
    await tx('registry_scopes')
      .insert({ system, turns: 0 })
      .onConflict('system')
      .ignore();
    await tx('registry_scopes').where({ system }).update({ turns: 0 });
  }

  /** One change of a model at a time; the row of its name outlives the model's. */
  private async lock(tx: Knex.Transaction, modelId: string): Promise<void> {
    await tx('registry_names')
      .whereIn(
        'name',
        tx.select('name').from('registry_models').where({ id: modelId }),
      )
      .update({ last_number: tx.ref('last_number') });
  }

  private async modelForDraft(
    tx: Knex.Transaction,
    draft: NewDraft,
    now: string,
  ): Promise<string> {
    const { fields } = draft;
    const existing = await tx<ModelRow>('registry_models')
      .where({ name: fields.name })
      .first('id');
    if (existing) {
      return existing.id;
    }
    const named = await tx<ModelRow>('registry_models')
      .where({ slug: fields.name })
      .first('id');
    if (named) {
      throw new ConflictError(`The name ${fields.name} is taken`);
    }
    const id = randomUUID();
    for (let attempt = 1; attempt <= MAX_SLUG_ATTEMPTS; attempt += 1) {
      const slug = withSuffix(draft.slug, attempt);
      const taken = await tx<ModelRow>('registry_models')
        .where({ slug })
        .orWhere({ name: slug })
        .first('id');
      if (taken) continue;
      const inserted = await tx<ModelRow>('registry_models')
        .insert({
          id,
          name: fields.name,
          slug,
          type: fields.type,
          description: fields.description,
          owner: fields.owner,
          system: fields.system,
          lifecycle: fields.lifecycle,
          visibility: fields.visibility,
          shared_with: JSON.stringify(fields.sharedWith),
          tags: JSON.stringify(fields.tags),
          created_at: now,
          created_by: draft.publisher,
          updated_at: now,
          changes: 1,
          search_text: '',
        })
        .onConflict()
        .ignore()
        .returning('id');
      if (inserted.length > 0) {
        return id;
      }
    }
    throw new ConflictError(
      `No short name is left for ${fields.name}; choose another name`,
    );
  }

  /** Brings up to date what lists show of a model, and counts the change. */
  private async refresh(
    tx: Knex.Transaction,
    modelId: string,
    now: string,
  ): Promise<void> {
    const newest = await tx<VersionRow>('registry_versions')
      .where({ model_id: modelId, status: 'ready' })
      .max({ number: 'number' })
      .first<{ number: number | null }>();
    const champion = await tx<AliasRow>('registry_aliases')
      .where({ model_id: modelId, alias: 'champion' })
      .first();
    const latest = newest?.number ?? null;
    const current = champion?.version ?? latest;
    const row =
      current === null
        ? undefined
        : await tx<VersionRow>('registry_versions')
            .where({ model_id: modelId, number: current })
            .first('spec');
    const metadata: Record<string, unknown> | undefined =
      row && JSON.parse(row.spec).metadata;
    const model = await tx<ModelRow>('registry_models')
      .where({ id: modelId })
      .first();
    if (!model) {
      throw new ConflictError('The model is not there any more');
    }
    const tags: string[] = JSON.parse(model.tags);
    const sharedWith: string[] = JSON.parse(model.shared_with);
    await tx<ModelRow>('registry_models')
      .where({ id: modelId })
      .update({
        latest_number: latest,
        current_number: current,
        metadata: metadata ? JSON.stringify(metadata) : null,
        search_text: searchTextOf({ ...model, tags }, metadata),
        updated_at: now,
        changes: model.changes + 1,
      });
    await tx<FacetRow>('registry_facets').where({ model_id: modelId }).delete();
    const facets = facetsOf({ tags, sharedWith }, metadata).map(
      ([key, value]) => ({
        model_id: modelId,
        key,
        value,
      }),
    );
    for (let start = 0; start < facets.length; start += INSERT_CHUNK) {
      await tx<FacetRow>('registry_facets').insert(
        facets.slice(start, start + INSERT_CHUNK),
      );
    }
  }

  private async insertHistory(
    tx: Knex.Transaction,
    modelId: string,
    entry: HistoryDraft,
    now: string,
  ): Promise<void> {
    await tx('registry_history').insert({
      model_id: modelId,
      at: now,
      actor: entry.actor,
      action: entry.action,
      reason: entry.reason ?? null,
      details: entry.details ? JSON.stringify(entry.details) : null,
    });
  }

  private async toRecords(rows: ModelRow[]): Promise<ModelRecord[]> {
    if (rows.length === 0) {
      return [];
    }
    const ids = rows.map(row => row.id);
    const aliases = await this.knex<AliasRow>('registry_aliases')
      .whereIn('model_id', ids)
      .orderBy('alias');
    const versions: Array<
      Pick<VersionRow, 'model_id' | 'number' | 'status' | 'ready_at' | 'spec'>
    > = await this.knex('registry_versions')
      .join(
        'registry_models',
        'registry_models.id',
        'registry_versions.model_id',
      )
      .whereIn('registry_versions.model_id', ids)
      .andWhere(part =>
        part
          .where(
            'registry_versions.number',
            this.knex.ref('registry_models.current_number'),
          )
          .orWhere(
            'registry_versions.number',
            this.knex.ref('registry_models.latest_number'),
          ),
      )
      .select(
        'registry_versions.model_id',
        'registry_versions.number',
        'registry_versions.status',
        'registry_versions.ready_at',
        'registry_versions.spec',
      );
    return rows.map(row => ({
      model: toModel(
        row,
        aliases.filter(alias => alias.model_id === row.id),
        new Map(
          versions
            .filter(version => version.model_id === row.id)
            .map(version => [version.number, toSummary(version)]),
        ),
      ),
      published: row.published_at !== null,
      changes: row.changes,
    }));
  }

  private async toVersionRecords(rows: VersionRow[]): Promise<VersionRecord[]> {
    if (rows.length === 0) {
      return [];
    }
    const modelIds = [...new Set(rows.map(row => row.model_id))];
    const ids = rows.map(row => row.id);
    const models = await this.knex<ModelRow>('registry_models')
      .whereIn('id', modelIds)
      .select('id', 'name');
    const files = await this.knex<FileRow>('registry_files')
      .whereIn('version_id', ids)
      .orderBy('position');
    const aliases = await this.knex<AliasRow>('registry_aliases')
      .whereIn('model_id', modelIds)
      .orderBy('alias');
    return rows.map(row =>
      toVersionRecord(
        row,
        toVersion(
          row,
          models.find(model => model.id === row.model_id)?.name ?? '',
          files.filter(file => file.version_id === row.id),
          aliases.filter(alias => alias.model_id === row.model_id),
        ),
      ),
    );
  }
}
