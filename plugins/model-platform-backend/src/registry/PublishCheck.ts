import { createHash } from 'node:crypto';
import {
  CustomMetric,
  FieldProblem,
  FileReading,
  MetadataSchemaRef,
  toEntityRef,
  toSystemName,
  VersionFile,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import { ModelSubject } from '../access/ModelFilter';
import { EntityDirectory } from './EntityDirectory';
import { fileProblems } from './fileProblems';
import {
  filesSchema,
  modelFieldsSchema,
  unsignedSpecSchema,
  versionSpecSchema,
  picklesSchema,
} from './draftSchema';
import { MetadataSchemas } from './metadata/MetadataSchemas';
import { MetricCatalogue } from './metadata/MetricCatalogue';
import { imageProblems } from './imageProblems';
import { isText } from './isText';
import { metricProblems } from './metricProblems';
import { modelNameProblem } from './modelNameProblem';
import { ModelFields } from './ModelStore';
import { PicklePolicy, PickleReading } from './pickles/PicklePolicy';
import { placeProblems } from './placeProblems';
import { mayBeRead } from './reading/mayBeRead';
import { contentProblems, sentContents } from './sentContents';
import { signatureProblems } from './signatureProblems';
import { zodProblems } from './zodProblems';

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
    problems.push(...(await placeProblems(rawModel, directory)));
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
        ...metricProblems(version.data.metrics ?? [], this.options.catalogue),
      );
    }
    const pickles = picklesSchema.safeParse(body.pickles);
    if (!pickles.success)
      problems.push(...zodProblems(pickles.error, 'pickles', body.pickles));
    else if (isText(rawModel.system))
      problems.push(...this.pickleProblems(rawModel.system, pickles.data));
    const contents = sentContents(files.data ?? []);
    if (files.success) {
      problems.push(
        ...fileProblems(files.data, this.options.maxFileBytes),
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

  private withCollected(metric: CustomMetric): CustomMetric {
    return {
      ...metric,
      collected: this.options.catalogue.get(metric.name) !== undefined,
    };
  }
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

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
