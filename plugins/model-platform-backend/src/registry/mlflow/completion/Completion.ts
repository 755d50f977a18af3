import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import {
  FieldProblem,
  lineProblems,
  VersionFile,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import { ArtifactFile } from '../artifacts/ArtifactIndex';
import { MlflowArtifacts } from '../artifacts/MlflowArtifacts';
import { MetadataSchemas } from '../../metadata/MetadataSchemas';
import { ModelProblemsError } from '../../ModelProblemsError';
import { Publishing } from '../../Publishing';
import { VersionReadings } from '../../reading/VersionReadings';
import { Tag } from '../http/readParameters';
import { MlflowCall } from '../MlflowCall';
import { MlflowError } from '../MlflowError';
import { MlflowModel, MlflowVersion } from '../models/MlflowModel';
import { RunDetails, Runs } from '../tracking/Runs';
import {
  mergeMetadata,
  metadataOfTags,
  modelFieldsOfTags,
  modelFieldTags,
  schemaAt,
} from './metadataOfTags';
import {
  isPrompt,
  promptFile,
  promptSpec,
  promptVariables,
} from './promptVersion';
import { Mlmodel, readExample, toMlmodel } from './Mlmodel';

/** Larger ones are read by nobody. */
const MAX_READ_BYTES = 1024 * 1024;

/** A version that may be made one of the registry. */
export type Candidate = Pick<
  MlflowVersion,
  | 'number'
  | 'root'
  | 'runId'
  | 'loggedModelId'
  | 'source'
  | 'description'
  | 'tags'
  | 'responsible'
>;

/** What a version says of itself, as a publish by any other door would. */
interface PublishRequest {
  model: Record<string, unknown>;
  version: Record<string, unknown>;
  files: VersionFile[];
  force: true;
}

const signatureMissing: FieldProblem = {
  field: 'signature',
  rule: 'is missing',
  source: 'platform',
};

/** A model's own files were asked already, but for ONNX, which says it by itself. */
function lacksSignature({ version }: PublishRequest): boolean {
  return version.signature === undefined && version.flavor !== 'onnx';
}

/** What a prompt's text says by itself, where it is asked for. */
function variablesOf(
  tags: Tag[],
  schema: Record<string, unknown>,
): Record<string, unknown> {
  return schemaAt(schema, ['inputVariables']) === undefined
    ? {}
    : { inputVariables: promptVariables(tags) };
}

/** Makes publishes of what MLflow says of a version; the rules are the registry's. */
export class Completion {
  constructor(
    private readonly options: {
      publishing: Publishing;
      schemas: MetadataSchemas;
      artifacts: MlflowArtifacts;
      runs: Runs;
      readings: VersionReadings;
    },
  ) {}

  /** What it lacks to be one of the registry's versions; nothing is stored. */
  async problems(
    call: MlflowCall,
    model: MlflowModel,
    modelTags: Tag[],
    version: Candidate,
  ): Promise<FieldProblem[]> {
    const tags = [...modelTags, ...version.tags];
    if (!version.root && !isPrompt(tags)) {
      return [
        {
          field: 'source',
          rule: 'is outside the platform: download the files and register them again from a run or a logged model here',
          given: version.source,
          source: 'platform',
        },
      ];
    }
    const { request, files, prompt } = await this.requestOf(
      call,
      model,
      modelTags,
      version,
    );
    try {
      const problems = await this.options.publishing.checkDraft(call.caller, {
        ...request,
        pickles: await this.options.readings.pickles(files),
      });
      return inWordsOfMlflow(
        lacksSignature(request) ? [...problems, signatureMissing] : problems,
        prompt !== undefined,
      );
    } catch (error) {
      if (error instanceof ModelProblemsError) return error.problems;
      throw error;
    }
  }

  /** Publishes a version that lacks nothing, under the number that it has already. */
  async publish(
    call: MlflowCall,
    model: MlflowModel,
    modelTags: Tag[],
    version: Candidate,
  ): Promise<void> {
    const { publishing, artifacts } = this.options;
    const { request, files, prompt } = await this.requestOf(
      call,
      model,
      modelTags,
      version,
    );
    if (prompt) {
      await artifacts.writeText(
        model.id,
        `${version.number}/${prompt.path}`,
        prompt.content,
        model.system,
      );
    }
    await artifacts.withCopies(model.system, files, () =>
      publishing.openDraft(
        call.caller,
        request,
        `mlflow-version-${version.number}`,
        {
          number: version.number,
          stored: true,
          responsible: version.responsible,
        },
      ),
    );
    await publishing.completeVersion(call.caller, model.name, version.number);
  }

  private async requestOf(
    call: MlflowCall,
    model: MlflowModel,
    modelTags: Tag[],
    version: Candidate,
  ) {
    // Of a version its own tags, else the model's.
    const tags = [...modelTags, ...version.tags];
    const prompt = isPrompt(tags) ? promptFile(version.tags) : undefined;
    const files = version.root
      ? await this.options.artifacts.filesBelow(call, version.root)
      : [];
    const mlmodel = prompt ? undefined : await this.mlmodelOf(files);
    const fields = withoutUndefined({
      type: model.type,
      owner: model.owner || undefined,
      description:
        model.description || version.description?.trim() || undefined,
      lifecycle: model.lifecycle,
      visibility: model.visibility,
      sharedWith: model.sharedWith,
      tags: model.modelTags,
      ...(model.published ? {} : modelFieldsOf(mlmodel?.metadata ?? {})),
      system: model.system,
      ...modelFieldsOfTags(tags),
      name: model.name,
    });
    const type = String(fields.type);
    const { schemas } = this.options;
    const schema = schemas.types().includes(type)
      ? schemas.get(type, model.system).schema
      : {};
    const request: PublishRequest = {
      model: fields,
      version: {
        ...(await this.specOf(call, version, files, mlmodel)),
        ...(prompt ? promptSpec(version.tags) : {}),
        metadata: mergeMetadata(
          prompt
            ? variablesOf(version.tags, schema)
            : metadataOf(mlmodel?.metadata ?? {}, schema),
          metadataOfTags(tags, schema),
        ),
      },
      files: prompt
        ? [fileOf(prompt.path, prompt.content)]
        : files.map(({ path, digest, sizeBytes }) => ({
            path,
            digest,
            sizeBytes,
          })),
      force: true,
    };
    return { request, files, prompt };
  }

  private async specOf(
    call: MlflowCall,
    version: Candidate,
    files: ArtifactFile[],
    mlmodel: Mlmodel | undefined,
  ): Promise<Partial<VersionSpec>> {
    const evaluation: Record<string, number> = {};
    const provenance: VersionSpec['provenance'] = { client: 'mlflow' };
    if (version.runId) {
      const { facts, metrics } = await this.runOf(call, version.runId);
      provenance.trainingRun = version.runId;
      const tag = (key: string) =>
        facts.find(fact => fact.kind === 'tag' && fact.key === key)?.value;
      provenance.commit = tag('mlflow.source.git.commit');
      provenance.repository = tag('mlflow.source.git.repoURL');
      for (const metric of metrics) {
        if (Number.isFinite(metric.value)) {
          evaluation[metric.key] = metric.value;
        }
      }
    }
    return {
      flavor: mlmodel?.flavor,
      runtime: mlmodel?.runtime,
      signature: mlmodel?.signature,
      example: await this.exampleOf(files, mlmodel),
      evaluation: Object.keys(evaluation).length > 0 ? evaluation : undefined,
      provenance: withoutUndefined(provenance),
    };
  }

  /** A version may name a run that its publisher may not read: a copy, for one. */
  private async runOf(
    call: MlflowCall,
    id: string,
  ): Promise<Pick<RunDetails, 'facts' | 'metrics'>> {
    try {
      return await this.options.runs.get(call, id);
    } catch (error) {
      if (
        error instanceof MlflowError &&
        error.code === 'RESOURCE_DOES_NOT_EXIST'
      ) {
        return { facts: [], metrics: [] };
      }
      throw error;
    }
  }

  private async mlmodelOf(files: ArtifactFile[]): Promise<Mlmodel | undefined> {
    const file = files.find(({ path }) => path === 'MLmodel');
    return (
      file &&
      toMlmodel(await this.options.readings.read(file, 'mlflow', file.system))
    );
  }

  /** Only one that fits the signature: it is shown as what the endpoint answers. */
  private async exampleOf(
    files: ArtifactFile[],
    mlmodel: Mlmodel | undefined,
  ): Promise<Record<string, unknown> | undefined> {
    if (!mlmodel?.exampleFile) return undefined;
    const content = await this.read(files, mlmodel.exampleFile);
    if (content === undefined) return undefined;
    let example: Record<string, unknown> | undefined;
    try {
      example = readExample(content);
    } catch {
      // Whatever is wrong with an example, it is not needed.
      return undefined;
    }
    const { signature } = mlmodel;
    return example &&
      signature &&
      lineProblems(signature, example, 'example').length === 0
      ? example
      : undefined;
  }

  private async read(
    files: ArtifactFile[],
    path: string,
  ): Promise<string | undefined> {
    const file = files.find(one => one.path === path);
    return file && file.sizeBytes <= MAX_READ_BYTES
      ? await text(await this.options.artifacts.open(file))
      : undefined;
  }
}

/** What a model's own metadata says of fields of the model; tags say it louder. */
function modelFieldsOf(own: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    modelFieldTags
      .filter(field => Object.hasOwn(own, field))
      .map(field => [field, own[field]]),
  );
}

/** MLflow knows `metadata.data` and `{data: …}` alike; both may be in a model's own metadata. */
function metadataOf(
  own: Record<string, unknown>,
  schema: Record<string, unknown>,
): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  const dotted: Tag[] = [];
  for (const [key, value] of Object.entries(own)) {
    if (key.startsWith('metadata.')) {
      dotted.push({
        key,
        value: typeof value === 'string' ? value : JSON.stringify(value),
      });
    } else if (!modelFieldTags.includes(key) && key !== '__proto__') {
      plain[key] = value;
    }
  }
  return mergeMetadata(plain, metadataOfTags(dotted, schema));
}

/** One problem for a file or a signature that is not there. */
function inWordsOfMlflow(
  problems: FieldProblem[],
  prompt: boolean,
): FieldProblem[] {
  const isOf = (problem: FieldProblem, field: string) =>
    problem.field === field || problem.field.startsWith(`${field}.`);
  const rest = problems.filter(
    problem =>
      !isOf(problem, 'signature') &&
      !isOf(problem, 'flavor') &&
      !isOf(problem, 'runtime'),
  );
  if (problems.some(problem => isOf(problem, 'flavor'))) {
    rest.push({
      field: 'MLmodel',
      rule: 'is not among the files: log the model with mlflow.<flavor>.log_model',
      source: 'platform',
    });
  } else if (problems.some(problem => isOf(problem, 'signature'))) {
    rest.push({
      field: 'signature',
      rule: prompt
        ? 'is empty: a prompt needs at least one variable, as {{ name }}'
        : 'is missing: log the model with signature= or input_example=',
      source: 'platform',
    });
  }
  return rest;
}

function fileOf(path: string, content: string): VersionFile {
  return {
    path,
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    sizeBytes: Buffer.byteLength(content),
  };
}

function withoutUndefined<T extends object>(value: T): T {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as T;
}
