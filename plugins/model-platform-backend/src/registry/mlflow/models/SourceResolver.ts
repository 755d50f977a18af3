import { registryRoot } from '../artifacts/MlflowArtifacts';
import { trimSlashes } from '../artifacts/trimSlashes';
import { isPrompt } from '../completion/promptVersion';
import { MlflowCall } from '../MlflowCall';
import { invalidParameter, MlflowError } from '../MlflowError';
import { loggedModelRoot, LoggedModels } from '../tracking/LoggedModels';
import { runRoot, Runs } from '../tracking/Runs';
import { downloadUriOf } from './downloadUriOf';
import { MlflowVersion } from './MlflowModel';

export interface GivenSource {
  source: string;
  runId?: string;
  modelId?: string;
}

/** Where a version's files are; without a root they are outside the platform. */
export interface ResolvedSource extends GivenSource {
  root?: string;
  /** Of a source that names something else: where that is. */
  location?: string;
}

/** Schemes that would make the server fetch from anywhere. */
const HOST_ADDRESSED = 'http https ftp sftp hdfs viewfs r2 b2 abfss'.split(' ');
const PROMPT_SOURCES = ['dummy-source', 'prompt-template'];
const ARTIFACTS = /^mlflow-artifacts:\/*/;

/** Finds out what the source of a version means; throws what MLflow answers to those that are none. */
export class SourceResolver {
  constructor(
    private readonly options: {
      runs: Runs;
      loggedModels: LoggedModels;
      /** `ref` is a number, an alias or `latest`. */
      findVersion(
        call: MlflowCall,
        name: string,
        ref: string,
      ): Promise<MlflowVersion>;
    },
  ) {}

  async resolve(
    call: MlflowCall,
    given: GivenSource,
    prompt: boolean,
  ): Promise<ResolvedSource> {
    const { source, runId, modelId } = given;
    if (prompt) {
      if (!PROMPT_SOURCES.includes(source)) {
        throw invalidParameter(
          `Invalid prompt source: '${source}'. Prompt sources must use an MLflow placeholder.`,
        );
      }
      return given;
    }
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1].toLowerCase();
    requireNoHost(source, scheme);
    if (scheme === undefined || scheme === 'file') {
      const parameter = modelId ? 'model_id' : 'run_id';
      throw invalidParameter(
        `Invalid model version source: '${source}'. To use a local path as a model version source, the ${parameter} request parameter has to be specified and the local path has to be contained within the artifact directory of the run specified by the ${parameter}.`,
      );
    }
    if (scheme === 'models') return await this.ofModels(call, given);
    requirePlainPath(source);
    if (scheme === 'runs') {
      return { ...given, root: await this.ofRun(call, given) };
    }
    if (scheme === 'mlflow-artifacts') {
      return {
        ...given,
        root: modelId
          ? await this.withinModel(call, source, modelId)
          : await this.withinRun(call, source, runId),
      };
    }
    return given;
  }

  private async ofModels(
    call: MlflowCall,
    given: GivenSource,
  ): Promise<ResolvedSource> {
    const { source, modelId } = given;
    const path = decoded(source.slice('models:'.length));
    if (path?.startsWith('//')) {
      throw invalidParameter(
        `Invalid model version source: '${source}'. Registered model sources must use the active model registry.`,
      );
    }
    const logged = /^\/?(m-[^/@]+)$/.exec(path ?? '')?.[1];
    if (logged) {
      if (logged !== modelId) throw notWithin(source, 'model_id');
      const { model } = await this.knownModel(call, source, logged);
      return {
        ...given,
        runId: given.runId || model.sourceRunId || undefined,
        root: loggedModelRoot(model),
        location: `mlflow-artifacts:/${loggedModelRoot(model)}`,
      };
    }
    const named = /^\/?([^/@]+)(?:@([^/]+)|\/([^/]+))$/.exec(path ?? '');
    if (!named) throw notWithin(source, 'model_id');
    const [, name, alias, version] = named;
    const found = await this.options.findVersion(call, name, alias ?? version);
    if (isPrompt(found.tags)) {
      throw invalidParameter(
        `Invalid model version source: '${source}'. Prompt versions cannot be used as model version sources.`,
      );
    }
    if (
      (given.runId !== undefined && given.runId !== (found.runId ?? '')) ||
      (modelId !== undefined && modelId !== (found.loggedModelId ?? ''))
    ) {
      throw invalidParameter(
        `Invalid model version source: '${source}'. The run_id and model_id request parameters must match the referenced model version.`,
      );
    }
    return {
      source: `models:/${name}/${found.number}`,
      runId: found.runId,
      modelId: found.loggedModelId,
      root:
        found.state === 'registered'
          ? registryRoot(found.modelId, found.number)
          : found.root,
      location: downloadUriOf(found),
    };
  }

  /** MLflow takes a run at its word; the files of one that is not here are elsewhere. */
  private async ofRun(
    call: MlflowCall,
    { source, runId, modelId }: GivenSource,
  ): Promise<string | undefined> {
    if (modelId) throw notWithin(source, 'model_id');
    const [, named, path] = /^runs:\/?([^/]+)(?:\/(.*))?$/.exec(source) ?? [];
    if (named === undefined || named !== runId) {
      throw notWithin(source, 'run_id');
    }
    try {
      const { run } = await this.options.runs.get(call, named);
      return path ? `${runRoot(run)}/${path}` : runRoot(run);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  private async withinModel(
    call: MlflowCall,
    source: string,
    modelId: string,
  ): Promise<string> {
    const { model } = await this.knownModel(call, source, modelId);
    return within(source, loggedModelRoot(model), 'model_id');
  }

  private async withinRun(
    call: MlflowCall,
    source: string,
    runId: string | undefined,
  ): Promise<string> {
    if (!runId) throw notWithin(source, 'run_id');
    const { run } = await orNotWithin(source, 'run_id', () =>
      this.options.runs.get(call, runId),
    );
    return within(source, runRoot(run), 'run_id');
  }

  private async knownModel(call: MlflowCall, source: string, id: string) {
    return await orNotWithin(source, 'model_id', () =>
      this.options.loggedModels.get(call, id),
    );
  }
}

function within(source: string, root: string, parameter: string): string {
  const path = trimSlashes(source.replace(ARTIFACTS, ''));
  if (
    !ARTIFACTS.test(source) ||
    (path !== root && !path.startsWith(`${root}/`))
  ) {
    throw notWithin(source, parameter);
  }
  return path;
}

async function orNotWithin<T>(
  source: string,
  parameter: string,
  find: () => Promise<T>,
): Promise<T> {
  try {
    return await find();
  } catch (error) {
    if (isMissing(error)) throw notWithin(source, parameter);
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof MlflowError && error.code === 'RESOURCE_DOES_NOT_EXIST'
  );
}

/** Throws where who loads the version would connect to a host that its publisher chose. */
function requireNoHost(source: string, scheme: string | undefined): void {
  if (
    scheme &&
    (HOST_ADDRESSED.includes(scheme) ||
      (scheme === 'mlflow-artifacts' && /^[^:]*:\/\/[^/]/.test(source)))
  ) {
    throw invalidParameter(
      `'source' cannot use the '${scheme}' scheme: the '${scheme}' scheme addresses a host other than the tracking server's configured artifact storage, so the server would connect to the host named in the URI.`,
    );
  }
}

function notWithin(source: string, parameter: string): MlflowError {
  return invalidParameter(
    `Invalid model version source: '${source}'. The ${parameter} request parameter must identify the resource that contains the source.`,
  );
}

/** Throws where a part of the path leads upwards, however often it is encoded. */
function requirePlainPath(source: string): void {
  let plain = source;
  for (let depth = 0; depth < 10; depth += 1) {
    const once = decoded(plain.replace(/\+/g, ' '));
    if (once === undefined || once === plain) break;
    plain = once;
  }
  if (plain.split('/').some(part => part === '..' || part === '.')) {
    throw invalidParameter(
      `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
    );
  }
}

/** Undefined where it is wrongly encoded. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
