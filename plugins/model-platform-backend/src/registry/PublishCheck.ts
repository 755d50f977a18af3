import { createHash } from 'node:crypto';
import {
  CustomMetric,
  FieldProblem,
  FileReading,
  MetadataSchemaRef,
  metricProblems,
  signatureProblems,
  toEntityRef,
  toSystemName,
  toSystemRef,
  VersionFile,
  VersionSpec,
  versionSpecSchema,
  zodProblems,
} from '@model-platform/plugin-model-platform-common';
import { ModelSubject } from '../access/ModelFilter';
import { catalogueProblems } from './catalogueProblems';
import { EntityDirectory } from './EntityDirectory';
import { filePathProblem } from './filePathProblem';
import {
  filesSchema,
  modelFieldsSchema,
  unsignedSpecSchema,
  picklesSchema,
} from './draftSchema';
import { MetadataSchemas } from './metadata/MetadataSchemas';
import { MetricCatalogue } from './metadata/MetricCatalogue';
import { imageProblems } from './imageProblems';
import { modelNameProblem } from './modelNameProblem';
import { ModelFields, ModelRecord } from './ModelStore';
import { PicklePolicy, PickleReading } from './pickles/PicklePolicy';
import { mayBeRead } from './reading/mayBeRead';

/** A draft without shape problems, normalised. */
export interface CheckedDraft {
  model: ModelFields;
  /** Fields of the model that the publish named itself; the others have their defaults. */
  given: string[];
  version: VersionSpec;
  files: VersionFile[];
  /** Of the files that came with the draft, by digest. */
  contents: Map<string, Buffer>;
  force: boolean;
  /** To be made ready as soon as every file is there. */
  complete: boolean;
}

export interface CheckedPublish {
  problems: FieldProblem[];
  /** Absent where the shape is too wrong to say more. */
  draft?: CheckedDraft;
  name: string;
}

/** Stands in for the catalog where it may not be asked. */
const UNASKED: EntityDirectory = { has: async () => true };

/** Every rule that a publish must keep, all broken ones at once. */
export class PublishCheck {
  constructor(
    private readonly options: {
      schemas: MetadataSchemas;
      catalogue: MetricCatalogue;
      directory: EntityDirectory;
      pickles: PicklePolicy;
      maxFileBytes: number;
    },
  ) {}

  /**
   * `mayPublish`: whether it may publish such a model who asks; nobody else is
   * told what the catalog has.
   */
  async check(
    request: unknown,
    mayPublish: (model: ModelSubject) => Promise<boolean>,
  ): Promise<CheckedPublish> {
    const body = asObject(request);
    const rawModel = asObject(body.model);
    const rawVersion = asObject(body.version);
    const model = modelFieldsSchema.safeParse(rawModel);
    const toBeRead =
      rawVersion.signature === undefined && mayBeRead(rawVersion, body.files);
    const version = (
      toBeRead ? unsignedSpecSchema : versionSpecSchema
    ).safeParse(rawVersion);
    const files = filesSchema.safeParse(body.files);
    const problems: FieldProblem[] = [];
    const fields = model.success ? normalise(model.data) : undefined;
    const subject = fields ?? subjectOf(rawModel);
    const directory =
      subject && (await mayPublish(subject)) ? this.options.directory : UNASKED;

    if (!model.success)
      problems.push(...zodProblems(model.error, '', rawModel));
    if (typeof rawModel.name === 'string') {
      const rule = modelNameProblem(rawModel.name);
      if (rule)
        problems.push({
          field: 'name',
          rule,
          given: rawModel.name,
          example: 'churn',
          source: 'platform',
        });
    }
    problems.push(...(await this.placeProblems(rawModel, directory)));
    problems.push(
      ...(await this.metadataProblems(
        rawModel,
        rawVersion.metadata,
        directory,
      )),
    );
    if (!version.success)
      problems.push(...zodProblems(version.error, '', rawVersion));
    if (!files.success)
      problems.push(...zodProblems(files.error, 'files', body.files));
    if (version.success) {
      problems.push(
        ...(toBeRead ? [] : signatureProblems(version.data)),
        ...imageProblems(version.data),
        ...metricProblems(version.data.metrics ?? []),
        ...catalogueProblems(
          version.data.metrics ?? [],
          this.options.catalogue,
        ),
      );
    }
    const pickles = picklesSchema.safeParse(body.pickles);
    if (!pickles.success)
      problems.push(...zodProblems(pickles.error, 'pickles', body.pickles));
    else if (isText(rawModel.system))
      problems.push(...this.pickleProblems(rawModel.system, pickles.data));
    const contents = contentsOf(files.data ?? []);
    if (files.success) {
      problems.push(
        ...this.fileProblems(files.data),
        ...contentProblems(files.data, contents),
      );
      const endpoint = version.success ? version.data.endpoint : undefined;
      if (
        endpoint !== undefined &&
        !files.data.some(file => file.path === endpoint)
      ) {
        problems.push({
          field: 'endpoint',
          rule: 'is not among the files',
          given: endpoint,
          example: files.data[0].path,
          source: 'platform',
        });
      }
    }

    const name = typeof rawModel.name === 'string' ? rawModel.name : '';
    if (
      !fields ||
      !version.success ||
      !files.success ||
      modelNameProblem(name) ||
      problems.some(isPlace)
    ) {
      return { problems, name };
    }
    const draft: CheckedDraft = {
      model: fields,
      given: Object.keys(fields).filter(key => rawModel[key] !== undefined),
      version: {
        ...version.data,
        metadata: asObject(rawVersion.metadata),
        metrics: version.data.metrics?.map(metric =>
          this.withCollected(metric),
        ),
      },
      files: files.data.map(({ content: _, ...file }) => file),
      contents,
      force: body.force === true,
      complete: body.complete === true,
    };
    return { problems, draft, name };
  }

  /** Where a publish says something else of the model than is stored; what it leaves out differs in nothing. */
  differences(
    existing: ModelRecord | undefined,
    fields: ModelFields,
    given: string[],
  ): FieldProblem[] {
    if (!existing) {
      return [];
    }
    const problems: FieldProblem[] = [];
    const { model } = existing;
    const compared = [
      'type',
      'owner',
      'system',
      'description',
      'lifecycle',
      'visibility',
      'sharedWith',
      'tags',
    ] as const;
    for (const field of compared) {
      if (
        given.includes(field) &&
        JSON.stringify(sorted(model[field])) !==
          JSON.stringify(sorted(fields[field]))
      ) {
        problems.push({
          field,
          rule:
            field === 'system' || field === 'type'
              ? 'differs from the model as first published, and never changes'
              : `differs from the model; a publish does not change it: change it by PATCH models/${model.slug} or on its page`,
          given: fields[field],
          example: model[field],
          source: 'platform',
        });
      }
    }
    return problems;
  }

  /** References that nothing in the catalog answers to. */
  async sharedWithProblems(
    refs: string[],
    directory = this.options.directory,
  ): Promise<FieldProblem[]> {
    const problems: FieldProblem[] = [];
    for (const [index, ref] of refs.entries()) {
      const field = `sharedWith[${index}]`;
      if (!/^(group|system):/.test(ref)) {
        problems.push({
          field,
          rule: 'must be the entity ref of a group or a system',
          given: ref,
          example: 'group:default/marketing',
          source: 'platform',
        });
      } else if (!(await directory.has(ref))) {
        problems.push({
          field,
          rule: 'is not in the catalog',
          given: ref,
          source: 'platform',
        });
      }
    }
    return problems;
  }

  private async placeProblems(
    model: Record<string, unknown>,
    directory: EntityDirectory,
  ): Promise<FieldProblem[]> {
    const problems: FieldProblem[] = [];
    if (isText(model.owner)) {
      const ref = toEntityRef(model.owner, 'group');
      if (!ref.startsWith('group:')) {
        problems.push({
          field: 'owner',
          rule: 'must be a group',
          given: model.owner,
          example: 'group:default/crm',
          source: 'platform',
        });
      } else if (!(await directory.has(ref))) {
        problems.push({
          field: 'owner',
          rule: 'there is no such group in the catalog',
          given: model.owner,
          example: 'group:default/crm',
          source: 'platform',
        });
      }
    }
    if (
      isText(model.system) &&
      !(await directory.has(toSystemRef(model.system)))
    ) {
      problems.push({
        field: 'system',
        rule: 'there is no such system in the catalog',
        given: model.system,
        example: 'customer-care',
        source: 'platform',
      });
    }
    if (Array.isArray(model.sharedWith) && model.sharedWith.length <= 100) {
      const refs = model.sharedWith
        .filter(isText)
        .map(ref => toEntityRef(ref, 'group'));
      problems.push(...(await this.sharedWithProblems(refs, directory)));
    }
    return problems;
  }

  /** What is wrong with a signature that nobody has looked at before: a file said it. */
  signatureProblems(
    version: Pick<VersionSpec, 'signature' | 'example'>,
  ): FieldProblem[] {
    const { signature } = version;
    const shape = versionSpecSchema.shape.signature.safeParse(signature);
    return shape.success
      ? signatureProblems(version)
      : zodProblems(shape.error, 'signature', signature);
  }

  /** What is refused of what loading pickles would import. */
  pickleProblems(system: string, readings: PickleReading[]): FieldProblem[] {
    return this.options.pickles.problems(toSystemName(system), readings);
  }

  /** The readings of a version that becomes ready, with what they import that is on no list. */
  markedReadings(system: string, readings: FileReading[]): FileReading[] {
    return this.options.pickles.marked(system, readings);
  }

  /** What a version falls short of today: its metadata, and its pickles. `digest` is of the rules. */
  async complianceOf(
    subject: { type: string; system: string; readings: FileReading[] },
    metadata: Record<string, unknown>,
  ): Promise<{
    problems: FieldProblem[];
    schemas: MetadataSchemaRef[];
    digest: string;
  }> {
    const { system, readings } = subject;
    const { problems, schemas, digest } = await this.metadataOf(
      subject,
      metadata,
    );
    const pickles = this.options.pickles.digestOf(system);
    return {
      problems: [...problems, ...this.pickleProblems(system, readings)],
      schemas,
      digest: `sha256:${createHash('sha256')
        .update(`${digest} ${pickles}`)
        .digest('hex')}`,
    };
  }

  /** What the metadata of a version falls short of today, and by which schemas. */
  async metadataOf(
    model: { type: string; system: string },
    metadata: Record<string, unknown>,
  ): Promise<{
    problems: FieldProblem[];
    schemas: MetadataSchemaRef[];
    digest: string;
  }> {
    const problems = await this.metadataProblems(model, metadata);
    const { schemas } = this.options;
    if (!schemas.types().includes(model.type)) {
      return { problems, schemas: [], digest: '' };
    }
    return {
      problems,
      schemas: schemas.refsOf(model.type, model.system),
      digest: schemas.get(model.type, model.system).digest,
    };
  }

  private async metadataProblems(
    model: Record<string, unknown>,
    metadata: unknown,
    directory = this.options.directory,
  ): Promise<FieldProblem[]> {
    const { schemas } = this.options;
    if (!isText(model.type)) {
      return [];
    }
    if (!schemas.types().includes(model.type)) {
      return [
        {
          field: 'type',
          rule: `must be one of ${schemas.types().join(', ')}`,
          given: model.type,
          example: 'ml',
          source: 'platform',
        },
      ];
    }
    return await schemas.check(
      model.type,
      isText(model.system) ? model.system : undefined,
      metadata ?? {},
      ref => directory.has(ref),
    );
  }

  private fileProblems(files: VersionFile[]): FieldProblem[] {
    const problems: FieldProblem[] = [];
    const byFolded = new Map<string, string>();
    const folders = new Set(
      files.flatMap(({ path }) =>
        // One that is refused is in no folder; it may be far too deep.
        filePathProblem(path) ? [] : foldersOf(fold(path)),
      ),
    );
    for (const [index, { path, sizeBytes }] of files.entries()) {
      const field = `files[${index}].path`;
      const rule = filePathProblem(path);
      if (rule) {
        problems.push({
          field,
          rule,
          given: path,
          example: 'model.onnx',
          source: 'platform',
        });
      }
      const twin = byFolded.get(fold(path));
      if (twin !== undefined) {
        problems.push({
          field,
          rule:
            twin === path
              ? 'is named twice'
              : `differs from ${twin} only in case, which not every file system keeps apart`,
          given: path,
          source: 'platform',
        });
      }
      byFolded.set(fold(path), path);
      if (folders.has(fold(path))) {
        problems.push({
          field,
          rule: 'is a file and the folder of another one',
          given: path,
          source: 'platform',
        });
      }
      if (sizeBytes > this.options.maxFileBytes) {
        problems.push({
          field: `files[${index}].sizeBytes`,
          rule: `must be at most ${this.options.maxFileBytes} (modelPlatform.limits.maxFileBytes)`,
          given: sizeBytes,
          source: 'platform',
        });
      }
    }
    return problems;
  }

  private withCollected(metric: CustomMetric): CustomMetric {
    return {
      ...metric,
      collected: this.options.catalogue.get(metric.name) !== undefined,
    };
  }
}

type SentFile = VersionFile & { content?: string };

function contentsOf(files: SentFile[]): Map<string, Buffer> {
  return new Map(
    files.flatMap(({ digest, content }) =>
      content === undefined ? [] : [[digest, Buffer.from(content, 'base64')]],
    ),
  );
}

function contentProblems(
  files: SentFile[],
  contents: Map<string, Buffer>,
): FieldProblem[] {
  return files.flatMap(({ digest, sizeBytes }, index) => {
    const bytes = contents.get(digest);
    if (!bytes) return [];
    const sent = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (bytes.length === sizeBytes && sent === digest) return [];
    return [
      {
        field: `files[${index}].content`,
        rule: `has ${bytes.length} bytes with the digest ${sent}, which is not what is said of the file`,
        given: { sizeBytes, digest },
        source: 'platform',
      },
    ];
  });
}

function normalise(model: ModelFields): ModelFields {
  return {
    ...model,
    owner: toEntityRef(model.owner, 'group'),
    system: toSystemName(model.system),
    sharedWith: [
      ...new Set(model.sharedWith.map(ref => toEntityRef(ref, 'group'))),
    ].sort(),
    tags: [...new Set(model.tags)].sort(),
  };
}

/** What rights are decided on, of a model that has all of it. */
function subjectOf(model: Record<string, unknown>): ModelSubject | undefined {
  const { name, owner, system } = model;
  return isText(name) && isText(owner) && isText(system)
    ? {
        name,
        owner: toEntityRef(owner, 'group'),
        system: toSystemName(system),
        visibility: 'system',
        sharedWith: [],
      }
    : undefined;
}

/** Of problems without which nobody can say who may publish there. */
function isPlace(problem: FieldProblem): boolean {
  return problem.field === 'owner' || problem.field === 'system';
}

function sorted(value: string | string[]): string | string[] {
  return Array.isArray(value) ? [...value].sort() : value;
}

/** `a/b/c` is in `a` and in `a/b`. */
function foldersOf(path: string): string[] {
  return [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));
}

function fold(path: string): string {
  return path.normalize('NFC').toLocaleLowerCase('en-US');
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
