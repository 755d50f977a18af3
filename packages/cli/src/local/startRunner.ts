import fs from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { PythonEnvironments } from '@model-platform/model-python';
import {
  EndpointSettings,
  endpointSettingsSchema,
} from '@model-platform/model-wire';
import { REQUIREMENTS_LOCK } from '@model-platform/plugin-model-platform-common';
import { CliError } from '../errors/CliError';
import { readYamlFile } from '../model/readYamlFile';
import { Terminal } from '../output/Terminal';
import { cacheFolder } from '../publish/cacheFolder';
import { pinRequirements } from '../publish/pinRequirements';
import { ensureEngine } from './ensureEngine';
import { LocalRunner, RunnerLine } from './LocalRunner';
import { LocalVersion, prepareVersion } from './prepareVersion';
import { runtimeFolder } from './runtimeFolder';

const OLDEST_NODE = 24;

export interface StartOptions {
  folder: string;
  port: number;
  /** File with `configuration` and `secrets` for endpoint code. */
  settings?: string;
  env: Record<string, string | undefined>;
  terminal: Terminal;
  signal: AbortSignal;
  onLine: (line: RunnerLine) => void;
}

/** Starts a runner on this machine for the model in a folder; it may not be ready yet. */
export async function startRunner(
  options: StartOptions,
): Promise<{ runner: LocalRunner; version: LocalVersion }> {
  const { folder, port, env, terminal, onLine } = options;
  const version = await prepareVersion(
    folder,
    readSettings(options.settings),
    message => terminal.note(message),
  );
  try {
    const runtime = runtimeFolder(version.runtime);
    const interpreter =
      version.runtime === 'python'
        ? await interpreterOf(version, runtime, options)
        : undefined;
    const [major] = process.versions.node.split('.').map(Number);
    if (!interpreter && major < OLDEST_NODE)
      throw new CliError(
        'Failed',
        `Models of the Node runtime need Node ${OLDEST_NODE} or newer; this is ${process.version}.`,
      );
    const { flavor } = version.manifest;
    const runner = new LocalRunner(version, {
      runtime: interpreter
        ? runtime
        : await ensureEngine(runtime, flavor, options),
      ...{ port, interpreter, env, onLine },
    });
    return { runner, version };
  } catch (error) {
    fs.rmSync(version.directory, { recursive: true, force: true });
    throw error;
  }
}

/** The environment that the platform would give it; that of its own models where the folder asks for none. */
async function interpreterOf(
  version: LocalVersion,
  runtime: string,
  { env, terminal, signal }: StartOptions,
): Promise<string> {
  const environments = new PythonEnvironments({
    folder: path.join(cacheFolder(env), 'environments'),
    runnerLock: path.join(runtime, 'requirements-runner.txt'),
  });
  const files = await pinRequirements({
    folder: version.source,
    loading: { ...version.manifest, runtime: 'python' },
    files: version.files,
    ...{ env, terminal, signal },
  });
  const lock = files.find(file => file.path === REQUIREMENTS_LOCK);
  terminal.progress('preparing its Python environment');
  try {
    return await environments.ensure(
      fs.readFileSync(
        lock?.location ?? path.join(runtime, 'requirements.txt'),
        'utf8',
      ),
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw error;
    throw new CliError('Failed', 'Its Python environment cannot be made.', {
      details: [error instanceof Error ? error.message : String(error)],
    });
  } finally {
    terminal.clearProgress();
  }
}

function readSettings(file: string | undefined): EndpointSettings | undefined {
  if (!file) return undefined;
  const parsed = endpointSettingsSchema.safeParse(readYamlFile(file));
  if (parsed.success) return parsed.data;
  throw new CliError('Refused', `${file} is not accepted.`, {
    details: parsed.error.issues.map(
      issue => `${issue.path.join('.')}: ${issue.message}`,
    ),
  });
}

/** A port that nothing listens at. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address ? address.port : 0),
      );
    });
  });
}
