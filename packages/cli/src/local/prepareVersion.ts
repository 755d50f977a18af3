import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  DEFAULT_CALL_TIMEOUT_MS,
  ENDPOINT_SETTINGS_FILE,
  EndpointSettings,
  RunnerManifest,
} from '@model-platform/model-wire';
import {
  buildDraftRequest,
  endpointDocsPage,
  endpointOpenApi,
  inferLoading,
  Model,
  versionProblems,
} from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { collectFiles, FoundFile } from '../model/collectFiles';
import { readModelFile } from '../model/readModelFile';
import { readSignature } from '../model/readSignature';

/** A folder's model as a runner is started with it; nothing of it is published. */
export interface LocalVersion {
  manifest: RunnerManifest;
  runtime: 'node' | 'python';
  /** The model's folder. */
  source: string;
  files: FoundFile[];
  /** With `model.json` and `model/`, as runners take it. */
  directory: string;
  /** How long a call may take, as it would be deployed. */
  callTimeoutMs: number;
}

/**
 * Lays a folder out for a runner, in a temporary folder: the files that
 * `publish` would send, and no others.
 *
 * @throws CliError `Refused` where `publish` would refuse it without asking the
 *   platform, `Failed` where its files cannot be copied
 */
export async function prepareVersion(
  folder: string,
  settings: EndpointSettings | undefined,
  note: (message: string) => void,
): Promise<LocalVersion> {
  const { fields, folder: source, name, path: yaml } = readModelFile(folder);
  const files = collectFiles({ fields, folder: source, name, path: '' });
  const loading = inferLoading(
    fields,
    files.map(file => file.path),
  );
  if ('problem' in loading)
    throw new CliError('Refused', 'How the model is loaded is not clear.', {
      problems: [loading.problem],
    });
  const signature = await readSignature(fields, loading, files, note);
  const { version } = buildDraftRequest({
    fields,
    loading,
    signature,
    files: [],
    provenance: {},
  });
  const problems = versionProblems(version);
  if (problems.length)
    throw new CliError('Refused', `${path.basename(yaml)} is not accepted.`, {
      problems,
    });
  const slug = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const model = {
    name,
    slug,
    system: String(fields.system),
    type: String(fields.type),
    description: String(fields.description ?? ''),
  };
  const manifest = {
    formatVersion: 1,
    model,
    version: 0,
    flavor: loading.flavor,
    files: files.map(file => file.path),
    endpoint: loading.endpoint,
    signature,
    timeLimitSeconds: (fields.metadata as Record<string, unknown> | undefined)
      ?.timeLimitSeconds,
    example: fields.example,
    metrics: fields.metrics ?? [],
  } as RunnerManifest;
  const documents: Record<string, string> = {
    'model.json': JSON.stringify(manifest),
    'openapi.json': JSON.stringify(
      endpointOpenApi({
        endpoint: slug,
        model: model as Model,
        version: 0,
        signature: manifest.signature,
        example: manifest.example,
        flavor: manifest.flavor,
      }),
    ),
    'docs.html': endpointDocsPage({ endpoint: slug }),
    ...(settings && { [ENDPOINT_SETTINGS_FILE]: JSON.stringify(settings) }),
  };
  const directory = layOut(files, documents);
  const runtime = loading.runtime === 'python' ? 'python' : 'node';
  const { timeoutSeconds } = version.resources ?? {};
  return {
    manifest,
    runtime,
    source,
    files,
    directory,
    callTimeoutMs: timeoutSeconds
      ? timeoutSeconds * 1000
      : DEFAULT_CALL_TIMEOUT_MS,
  };
}

/** A folder with all of it, or none. */
function layOut(files: FoundFile[], documents: Record<string, string>): string {
  let directory: string | undefined;
  try {
    directory = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-local-'));
    directory = fs.realpathSync(directory);
    for (const { path: copied, location } of files) {
      const target = path.join(directory, 'model', copied);
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.copyFileSync(location, target, fs.constants.COPYFILE_FICLONE);
    }
    fs.mkdirSync(path.join(directory, 'model'), { recursive: true });
    fs.mkdirSync(path.join(directory, 'scratch'));
    for (const [document, text] of Object.entries(documents))
      fs.writeFileSync(path.join(directory, document), text, { mode: 0o600 });
    return directory;
  } catch (error) {
    if (directory) fs.rmSync(directory, { recursive: true, force: true });
    throw new CliError(
      'Failed',
      `Cannot copy the model to ${os.tmpdir()}: ${
        error instanceof Error ? error.message : error
      }.`,
      {
        details: ['TMPDIR names the folder that it is copied to.'],
        cause: error,
      },
    );
  }
}
