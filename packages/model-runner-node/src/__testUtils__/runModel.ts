import { ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  ENDPOINT_SETTINGS_FILE,
  EndpointSettings,
  LANGUAGE_MODEL_FILE,
  nodeRunnerArguments,
  RunnerManifest,
} from '@model-platform/model-wire';
import { parse } from 'yaml';

const REPOSITORY = path.resolve(__dirname, '../../../..');
const PACKAGE = path.resolve(__dirname, '../..');

/** 32 bytes in base64url. */
export const STATE_KEY = Buffer.alloc(32, 7).toString('base64url');

export interface ModelUnderTest
  extends Partial<Omit<RunnerManifest, 'files' | 'model'>> {
  flavor: string;
  signature: RunnerManifest['signature'];
  slug?: string;
  /** Of the model. */
  id?: string;
  /** Of the environment, for prompts. */
  languageModel?: object;
  /** Of the environment, for endpoint code. */
  settings?: EndpointSettings;
  /** Files of the version by their paths: text, or `{ copyOf }` a file. */
  files: Record<string, string | { copyOf: string }>;
}

export interface RunningModel {
  child: ChildProcess;
  url: string;
  /** With `model.json` and `model/`. */
  directory: string;
  log(): Array<{ level: string; message: string } & Record<string, unknown>>;
  exitCode: Promise<number | null>;
  call(
    method: string,
    route: string,
    body?: unknown,
  ): Promise<{ status: number; body: any }>;
  /** The answer to `predict`. */
  predict(inputs: unknown): Promise<{ status: number; body: any }>;
  /** Resolves when it answers so many calls. */
  untilInFlight(calls: number): Promise<void>;
  /** The outputs of `predict`, which must be 200. */
  outputs(inputs: unknown): Promise<any>;
}

const children: ChildProcess[] = [];
const folders: string[] = [];

/** The program, from its sources. */
export function buildRunner() {
  execFileSync(process.execPath, [
    path.join(REPOSITORY, 'packages/model-gateway/scripts/buildPrograms.cjs'),
    'model-runner-node',
  ]);
}

/** Ends what the tests of a file have started, and removes it. */
export function cleanUp() {
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders)
    fs.rmSync(folder, { recursive: true, force: true });
}

/** A folder of `examples/`, as its `model.yaml` says it. */
export function exampleModel(name: string): ModelUnderTest {
  const folder = path.join(REPOSITORY, 'examples', name);
  const { flavor, files, signature, example, metadata } = parse(
    fs.readFileSync(path.join(folder, 'model.yaml'), 'utf8'),
  );
  return {
    slug: name,
    flavor,
    signature,
    example,
    timeLimitSeconds: metadata.timeLimitSeconds,
    files: Object.fromEntries(
      files.map((file: string) => [file, { copyOf: path.join(folder, file) }]),
    ),
  };
}

/** A runner under Node's permission model: it may read its folders and start threads, nothing else. */
export async function startModel(
  {
    files,
    slug = 'model',
    id,
    languageModel,
    settings,
    ...manifest
  }: ModelUnderTest,
  variables: Record<string, string> = {},
): Promise<RunningModel> {
  const directory = fs.mkdtempSync(path.join(tmpdir(), 'model-runner-node-'));
  folders.push(directory);
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, 'model', name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    if (typeof content === 'string') fs.writeFileSync(file, content);
    else fs.copyFileSync(content.copyOf, file);
  }
  const complete: RunnerManifest = {
    formatVersion: 1,
    model: {
      id,
      name: slug,
      slug,
      system: 'tests',
      type: 'tested',
      description: '',
    },
    version: 1,
    metrics: [],
    ...manifest,
    files: Object.keys(files),
  };
  fs.writeFileSync(
    path.join(directory, 'model.json'),
    JSON.stringify(complete),
  );
  if (languageModel) configureLanguageModel(directory, languageModel);
  if (settings)
    fs.writeFileSync(
      path.join(directory, ENDPOINT_SETTINGS_FILE),
      JSON.stringify(settings),
    );
  fs.mkdirSync(path.join(directory, 'scratch'));
  const port = await freePort();
  const child = spawn(
    process.execPath,
    nodeRunnerArguments({
      flavor: manifest.flavor,
      program: path.join(PACKAGE, 'bin/model-runner-node.js'),
      readable: [path.join(REPOSITORY, 'node_modules'), PACKAGE, directory],
      scratch: path.join(directory, 'scratch'),
    }),
    {
      env: {
        MODEL_DIR: directory,
        PORT: String(port),
        MODEL_ENDPOINT: slug,
        MODEL_VARIANT: 'main',
        MODEL_REVISION: '1',
        MODEL_ENVIRONMENT: 'test',
        TMPDIR: path.join(directory, 'scratch'),
        ...variables,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  children.push(child);
  let out = '';
  child.stdout.on('data', chunk => (out += chunk));
  const call: RunningModel['call'] = async (method, route, body) => {
    const response = await fetch(`http://127.0.0.1:${port}${route}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = { status: response.status, body: await response.json() };
    const { requestId } = answer.body;
    // What failed is logged, and the line may come after the answer.
    const deadline = Date.now() + 10_000;
    while (
      answer.status === 500 &&
      requestId &&
      !out.slice(0, out.lastIndexOf('\n')).includes(requestId) &&
      Date.now() < deadline
    )
      await new Promise(done => setTimeout(done, 5));
    return answer;
  };
  const predict: RunningModel['predict'] = inputs =>
    call('POST', '/predict', { inputs });
  return {
    child,
    url: `http://127.0.0.1:${port}`,
    directory,
    log: () =>
      out
        .slice(0, out.lastIndexOf('\n') + 1)
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line)),
    exitCode: once(child, 'close').then(([code]) => code),
    call,
    predict,
    async untilInFlight(calls) {
      const gauge = /^model_runner_requests_in_flight\S* (\d+)$/m;
      for (;;) {
        const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
        if (Number(gauge.exec(await metrics.text())?.[1]) === calls) return;
        await new Promise(done => setTimeout(done, 20));
      }
    },
    async outputs(inputs) {
      const { status, body } = await predict(inputs);
      if (status !== 200)
        throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
      return body.outputs;
    },
  };
}

/** Replaces the file as drivers do: whole or not at all. */
export function configureLanguageModel(directory: string, settings: object) {
  const file = path.join(directory, LANGUAGE_MODEL_FILE);
  fs.writeFileSync(`${file}.tmp`, JSON.stringify(settings), { mode: 0o600 });
  fs.renameSync(`${file}.tmp`, file);
}

/** As `startModel`, ready to be called. */
export async function serveModel(
  model: ModelUnderTest,
  variables?: Record<string, string>,
): Promise<RunningModel> {
  const running = await startModel(model, variables);
  const deadline = Date.now() + 60_000;
  while (!running.log().some(({ message }) => message === 'ready')) {
    if (running.child.exitCode !== null || Date.now() > deadline) {
      throw new Error(`It is not ready: ${JSON.stringify(running.log())}`);
    }
    await new Promise(done => setTimeout(done, 20));
  }
  return running;
}

/** Why a model can't be served: the last line of a runner that ended with 1. */
export async function refusalOf(
  model: ModelUnderTest,
  variables?: Record<string, string>,
): Promise<string> {
  const { exitCode, log } = await startModel(model, variables);
  if ((await exitCode) !== 1) throw new Error('It did not end with 1');
  return log().at(-1)!.message;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
