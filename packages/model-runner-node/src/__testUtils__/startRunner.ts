import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { Agent, IncomingHttpHeaders, request as httpRequest } from 'node:http';
import { AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const SECRET = 'secret-of-this-test';
export const METRICS_SECRET = 'metrics-secret-of-this-test';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
}

export interface StartedRunner {
  child: ChildProcess;
  port: number;
  /** Its lines so far. */
  log(): Array<{ level: string; message: string } & Record<string, unknown>>;
  exitCode: Promise<number | null>;
  call(
    method: string,
    path: string,
    body?: string | Buffer,
    headers?: Record<string, string>,
    agent?: Agent,
  ): Promise<Answer>;
}

const children: ChildProcess[] = [];
/** They go when the runners end. */
export const folders: string[] = [];
const agent = new Agent({ keepAlive: true });

/** Ends what the tests of a file have started, and removes it. */
export function endRunners() {
  agent.destroy();
  for (const child of children) child.kill('SIGKILL');
  for (const folder of folders) fs.rmSync(folder, { recursive: true });
}

export async function until(condition: () => Promise<boolean> | boolean) {
  const deadline = Date.now() + 60_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Never came true: ${condition}`);
    await new Promise(done => setTimeout(done, 10));
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A runner's directory; `files` are copied into its `model/`. */
export function makeDirectory(manifest: object, files: string[]): string {
  const directory = fs.mkdtempSync(join(tmpdir(), 'model-runner-node-'));
  folders.push(directory);
  fs.mkdirSync(join(directory, 'model'));
  for (const file of files)
    fs.copyFileSync(file, join(directory, 'model', file.split('/').pop()!));
  fs.writeFileSync(join(directory, 'model.json'), JSON.stringify(manifest));
  fs.writeFileSync(join(directory, 'openapi.json'), '{"openapi":"3.1.0"}');
  fs.writeFileSync(join(directory, 'docs.html'), '<!doctype html>');
  return directory;
}

export function start(
  directory: string,
  port: number,
  variables: Record<string, string> = {},
  /** Where its output goes, if not to the test. */
  output?: number,
): StartedRunner {
  const child = spawn(
    process.execPath,
    [join(__dirname, '../../bin/model-runner-node.js')],
    {
      env: {
        MODEL_DIR: directory,
        PORT: String(port),
        RUNNER_SECRET: SECRET,
        METRICS_SECRET,
        MODEL_ENDPOINT: 'echo',
        MODEL_VARIANT: 'main',
        MODEL_REVISION: '1',
        MODEL_ENVIRONMENT: 'test',
        MAX_BODY_BYTES: '20000',
        ...variables,
      },
      stdio: ['ignore', output ?? 'pipe', output ?? 'inherit'],
    },
  );
  children.push(child);
  let out = '';
  child.stdout?.on('data', chunk => (out += chunk));
  return {
    child,
    port,
    log: () =>
      // The last one may not be whole yet.
      out
        .slice(0, out.lastIndexOf('\n') + 1)
        .split('\n')
        .filter(Boolean)
        .map(line => JSON.parse(line)),
    exitCode: once(child, 'close').then(([code]) => code),
    call: (method, path, body, headers = {}, through = agent) =>
      new Promise((done, reject) => {
        const request = httpRequest(
          {
            host: '127.0.0.1',
            port,
            method,
            path,
            agent: through,
            headers: {
              'x-model-runner-secret': SECRET,
              ...(body === undefined
                ? {}
                : { 'content-length': String(Buffer.byteLength(body)) }),
              ...headers,
            },
          },
          response => {
            const chunks: Buffer[] = [];
            response.on('data', chunk => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () =>
              done({
                status: response.statusCode!,
                headers: response.headers,
                bytes: Buffer.concat(chunks),
                text: Buffer.concat(chunks).toString('utf8'),
              }),
            );
          },
        );
        request.on('error', reject);
        request.end(body);
      }),
  };
}

export async function startReady(
  directory: string,
  variables?: Record<string, string>,
): Promise<StartedRunner> {
  const runner = start(directory, await freePort(), variables);
  await until(() => runner.log().some(({ message }) => message === 'ready'));
  return runner;
}
