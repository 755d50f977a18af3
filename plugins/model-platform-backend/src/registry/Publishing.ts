import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ConflictError, InputError } from '@backstage/errors';
import {
  DraftResponse,
  FieldProblem,
  ModelVersion,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import pLimit from 'p-limit';
import { Caller, responsibleFor, toActor, toAuthor } from '../access/Caller';
import { announcedFile } from './announcedFile';
import { archivedModelError } from './archivedModelError';
import { BlobReferences } from './artifacts/BlobReferences';
import { removeUnusedBlob } from './artifacts/removeUnusedBlob';
import { DraftFiles } from './DraftFiles';
import { DraftLife } from './DraftLife';
import { manifestDigest } from './manifestDigest';
import { ModelAccess, published } from './ModelAccess';
import { ModelListeners } from './ModelListeners';
import { modelDifferences } from './modelDifferences';
import { ModelProblemsError } from './ModelProblemsError';
import { ModelStore } from './ModelStore';
import { PartUploads } from './PartUploads';
import { CheckedDraft, PublishCheck } from './PublishCheck';
import { applyReadings } from './reading/applyReadings';
import { VersionReadings } from './reading/VersionReadings';
import { readLockProblems } from './readLockProblems';
import { SystemQuotas } from './SystemQuotas';
import { toSlug } from './toSlug';
import {
  Completion,
  StorageUsage,
  VersionRecord,
  VersionStore,
} from './VersionStore';

export interface PublishingOptions {
  store: ModelStore;
  versions: VersionStore;
  artifacts: ArtifactStore;
  references: BlobReferences;
  access: ModelAccess;
  files: DraftFiles;
  listeners: ModelListeners;
  check: PublishCheck;
  /** Without it, files are not asked what they say. */
  readings?: VersionReadings;
  quotas: SystemQuotas;
  /** How long a draft lives after it was last touched. */
  draftLifeMs: number;
  now: () => Date;
}

/** Of the files that came with a draft; each waits for the disk. */
const FILES_AT_ONCE = 4;

/** From a draft to a version that is ready; nothing is half published. */
export class Publishing {
  private readonly access: ModelAccess;
  private readonly files: DraftFiles;
  private readonly listeners: ModelListeners;
  private readonly life: DraftLife;
  /** Files that come part by part. */
  readonly parts: PartUploads;

  constructor(private readonly options: PublishingOptions) {
    this.access = options.access;
    this.files = options.files;
    this.listeners = options.listeners;
    this.life = new DraftLife(options);
    this.parts = new PartUploads({ ...options, life: this.life });
  }

  /** Everything a draft would be refused for; nothing is stored. */
  async checkDraft(caller: Caller, request: unknown): Promise<FieldProblem[]> {
    const { problems, draft } = await this.check(caller, request);
    if (!draft) {
      return problems;
    }
    const existing = await this.access.publishable(caller, draft.model);
    return [
      ...problems,
      ...modelDifferences(existing, draft.model, draft.given),
      ...(await this.quotaProblems(draft)),
      ...(await this.contentProblems(draft)),
    ];
  }

  /**
   * Opens a draft and fixes its number, takes the files that came with it, and
   * makes it ready where that was asked for and none is missing. Throws
   * `ModelProblemsError` with every problem, `NotAllowedError` where the caller
   * may not publish there, and `ConflictError` where the name is taken.
   * `options` are for doors that reserve numbers and take files before a version
   * is complete, and may know who answers for it. A reserved number has one
   * draft: what an attempt that came to nothing left gives way.
   */
  async openDraft(
    caller: Caller,
    request: unknown,
    idempotencyKey?: string,
    options: { number?: number; stored?: boolean; responsible?: string } = {},
  ): Promise<DraftResponse> {
    const { store, versions } = this.options;
    const { problems, draft, name } = await this.check(caller, request);
    if (!draft) {
      throw new ModelProblemsError(name, problems);
    }
    const existing = await this.access.publishable(caller, draft.model);
    const all = [
      ...problems,
      ...modelDifferences(existing, draft.model, draft.given),
    ];
    if (all.length > 0) {
      throw new ModelProblemsError(name, all);
    }
    if (options.number !== undefined) {
      await this.discardDraft(name, options.number);
    }
    const publisher = toActor(caller);
    const key = draftKeyOf(caller, idempotencyKey);
    const digest = manifestDigest(draft.version, draft.files);
    if (existing) {
      if (existing.model.archivedAt) {
        throw archivedModelError(name);
      }
      const newest = await versions.newestReady(existing.model.id);
      if (!draft.force && newest?.version.manifestDigest === digest) {
        return { version: newest.version, unchanged: true, missing: [] };
      }
      const opened =
        key === undefined
          ? undefined
          : await versions.findDraft(existing.model.id, publisher, key);
      if (opened) {
        return await this.reopen(caller, opened, digest, draft);
      }
    }
    let record: VersionRecord;
    try {
      record = await versions.openDraft({
        fields: draft.model,
        given: draft.given,
        slug: toSlug(draft.model.name),
        spec: withProvenance(caller, draft.version),
        files: draft.files,
        manifestDigest: digest,
        publisher,
        idempotencyKey: key,
        expiresAt: this.life.expiry(),
        admit: this.admission(draft),
        ...options,
        responsible: options.responsible ?? responsibleFor(caller),
      });
    } catch (error) {
      // Two calls with one key at once: the other one opened it.
      if (error instanceof ConflictError && key !== undefined) {
        const model = await store.find(name);
        const opened =
          model && (await versions.findDraft(model.model.id, publisher, key));
        if (opened) return await this.reopen(caller, opened, digest, draft);
      }
      throw error;
    }
    return await this.takeContents(caller, record, draft);
  }

  /** The files that came with a draft, and the end of it where these are all. */
  private async takeContents(
    caller: Caller,
    record: VersionRecord,
    { contents, complete }: CheckedDraft,
  ): Promise<DraftResponse> {
    const { artifacts, versions } = this.options;
    const { version, system } = record;
    const limit = pLimit(FILES_AT_ONCE);
    await Promise.all(
      [...contents].map(([digest, bytes]) =>
        limit(() =>
          artifacts.write(
            Readable.from([bytes]),
            { digest: digest as Sha256, sizeBytes: bytes.length },
            system,
          ),
        ),
      ),
    );
    const isWhole = version.files.every(({ digest }) => contents.has(digest));
    if (complete && isWhole) {
      const ready = await this.complete(caller, record, contents);
      return { version: ready, unchanged: false, missing: [] };
    }
    for (const digest of contents.keys())
      await versions.noteUpload(version.id, digest, this.life.expiry());
    const draft = await this.files.withMissing(record);
    const missing = draft.missing ?? [];
    return complete && missing.length === 0
      ? {
          version: await this.complete(caller, record, contents),
          unchanged: false,
          missing,
        }
      : { version: draft, unchanged: false, missing };
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
    const record = await this.access.draftFor(caller, ref, number);
    const file = announcedFile(record, digest);
    if (contentLength !== undefined && contentLength !== file.sizeBytes) {
      throw new InputError(
        `${file.path} was announced with ${file.sizeBytes} bytes, but ${contentLength} are being sent`,
      );
    }
    await this.life.extend(record);
    await this.options.artifacts.write(
      source,
      { digest: digest as Sha256, sizeBytes: file.sizeBytes },
      record.system,
    );
    await this.options.versions.noteUpload(
      record.version.id,
      digest,
      this.life.expiry(),
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
    const record = await this.access.draftFor(caller, ref, number);
    if (record.version.status !== 'draft') return record.version;
    await this.files.requireAll(record);
    return await this.complete(caller, record);
  }

  /** Of a draft whose files are all there. */
  private async complete(
    caller: Caller,
    record: VersionRecord,
    contents?: Map<string, Buffer>,
  ): Promise<ModelVersion> {
    const { store, versions } = this.options;
    const { modelId, number } = record.version;
    const model = await store.findById(modelId);
    const differences = modelDifferences(
      published(model),
      record.fields,
      record.given,
    );
    const { problems, completion } = await this.completionOf(record, contents);
    const all = [...differences, ...problems];
    if (all.length > 0) {
      throw new ModelProblemsError(record.fields.name, all);
    }
    const made = await versions.completeDraft(
      record,
      {
        ...toAuthor(caller),
        action: 'published',
        details: { version: number },
      },
      completion,
    );
    if (made) {
      await this.listeners.announce(
        model?.model ?? modelId,
        'published',
        number,
      );
      return made;
    }
    // Another call completed it, unless it expired.
    const ready = await versions.findVersion(modelId, number);
    if (!ready || ready.version.status === 'draft') {
      throw new ConflictError(
        `The draft ${number} of ${record.fields.name} expired in the meantime; publish again`,
      );
    }
    return ready.version;
  }

  /** Removes drafts that expired, with the blobs that nothing else uses. @returns how many. */
  async removeExpiredDrafts(signal?: AbortSignal): Promise<number> {
    const { versions } = this.options;
    const now = this.options.now().toISOString();
    let removed = 0;
    for (;;) {
      const drafts = await versions.expiredDrafts(now, 100);
      for (const draft of drafts) {
        if (signal?.aborted) return removed;
        if (await this.removeDraft(draft, now)) removed += 1;
      }
      if (drafts.length < 100) return removed;
    }
  }

  private async removeDraft(
    draft: VersionRecord,
    now: string,
  ): Promise<boolean> {
    const { versions, artifacts } = this.options;
    if (!(await versions.removeDraft(draft, now))) return false;
    const { system, version } = draft;
    for (const digest of new Set(version.files.map(one => one.digest)))
      await removeUnusedBlob(this.options, system, digest);
    await artifacts.removeParts(system, version.id);
    return true;
  }

  private async discardDraft(name: string, number: number): Promise<void> {
    const { store, versions } = this.options;
    const model = await store.find(name);
    const left = model && (await versions.findVersion(model.model.id, number));
    if (left?.version.status !== 'draft') return;
    const now = this.options.now().toISOString();
    await versions.extendDraft(left.version.id, now);
    await this.removeDraft(left, now);
  }

  private async check(caller: Caller, request: unknown) {
    return await this.options.check.check(request, model =>
      this.access.mayPublish(caller, model),
    );
  }

  /** What the version gets as it becomes ready, and what it is refused for: schemas may have changed since the draft. */
  private async completionOf(
    record: VersionRecord,
    contents?: Map<string, Buffer>,
  ): Promise<{ problems: FieldProblem[]; completion: Completion }> {
    const { version, fields } = record;
    const { check, readings, artifacts } = this.options;
    const [metadata, read, lock] = await Promise.all([
      check.metadataOf(fields, version.metadata),
      readings?.of(record, contents) ?? [],
      readLockProblems(record, artifacts),
    ]);
    const { filled, problems } = applyReadings(version, read);
    return {
      problems: [
        ...metadata.problems,
        ...problems,
        ...lock,
        ...check.pickleProblems(record.system, read),
        ...(filled.signature
          ? check.signatureProblems({ ...version, ...filled })
          : []),
      ],
      completion: {
        filled,
        readings: check.markedReadings(record.system, read),
        schemas: metadata.schemas,
      },
    };
  }

  /** Of pickles that came along, which nobody has looked into yet. */
  private async contentProblems({
    files,
    contents,
    model: { system },
  }: CheckedDraft): Promise<FieldProblem[]> {
    const { check, readings } = this.options;
    const sent = files.filter(({ digest }) => contents.has(digest));
    if (!readings || sent.length === 0) return [];
    return check.pickleProblems(
      system,
      await readings.pickles(
        sent.map(file => ({ ...file, system })),
        contents,
      ),
    );
  }

  private async quotaProblems({
    model: { system },
    files,
  }: CheckedDraft): Promise<FieldProblem[]> {
    const { quotas, versions } = this.options;
    return quotas.of(system) === undefined
      ? []
      : quotas.problems(system, await versions.storageUsage(system, files));
  }

  private admission({ model: { name, system } }: CheckedDraft) {
    const { quotas } = this.options;
    if (quotas.of(system) === undefined) return undefined;
    return (usage: StorageUsage) => {
      const problems = quotas.problems(system, usage);
      if (problems.length > 0) throw new ModelProblemsError(name, problems);
    };
  }

  private async reopen(
    caller: Caller,
    record: VersionRecord,
    digest: string,
    draft: CheckedDraft,
  ): Promise<DraftResponse> {
    if (record.version.manifestDigest !== digest) {
      throw new ConflictError(
        'This Idempotency-Key was used for a draft with other content; send another key',
      );
    }
    await this.life.extend(record);
    const answer = await this.takeContents(caller, record, draft);
    return { ...answer, resumed: true };
  }
}

/** What a CI system says of its job stands above what the job says itself. */
function withProvenance(caller: Caller, spec: VersionSpec): VersionSpec {
  return caller.kind === 'ci'
    ? { ...spec, provenance: { ...spec.provenance, ...caller.provenance } }
    : spec;
}

/** Tokens of one name are not one publisher: each has its own keys. */
function draftKeyOf(caller: Caller, key: string | undefined) {
  return key !== undefined && caller.kind === 'token'
    ? createHash('sha256').update(`${caller.tokenId} ${key}`).digest('hex')
    : key;
}
