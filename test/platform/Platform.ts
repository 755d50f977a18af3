import { ChildProcess, execFile, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { filesBelow } from './filesBelow';
import {
  borrowPythonEnvironments,
  keepPythonEnvironments,
} from './pythonEnvironments';
import { root } from './root';
import { RunningPlatform } from './RunningPlatform';

export { root };

/** What `npm start` leaves in the data folder for scripts. */
export interface Quickstart {
  portalUrl: string;
  signInUrl: string;
  gatewayUrl: string;
  mlflowTrackingUri: string;
  publisherToken: string;
  endpoints: Array<{
    name: string;
    url: string;
    token: string;
    exampleRequest: { inputs: Record<string, unknown> };
  }>;
  pids: { portal: number; gateway: number };
}

/** How a command ended. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export async function freePort(): Promise<number> {
  const services = await import('../services/freePort.mjs');
  return await services.freePort();
}

/** Waits for a condition; rejects with what it waited for. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  timeoutMs = 120_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  let last: unknown;
  for (;;) {
    try {
      const value = await probe();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline)
      throw new Error(
        `Waited ${timeoutMs} ms for: ${what}${last ? ` (last: ${last})` : ''}`,
      );
    await new Promise(resolve => {
      setTimeout(resolve, 50);
    });
  }
}

/** Why something ended stands at the end of what it printed. */
const lastLines = (output: string) =>
  output.trimEnd().split('\n').slice(-10).join('\n');

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !(
      process.platform === 'linux' &&
      / Z /.test(fs.readFileSync(`/proc/${pid}/stat`, 'utf8'))
    );
  } catch {
    return false;
  }
}

/** A platform of its own: `npm start` with its own ports and data folder. */
export class Platform implements RunningPlatform {
  private child?: ChildProcess;
  output = '';

  private constructor(
    readonly dataDir: string,
    readonly ports: { portal: number; gateway: number },
    private readonly environment: Record<string, string>,
  ) {}

  static async create(
    environment: Record<string, string> = {},
  ): Promise<Platform> {
    const dataDir = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-test-'),
    );
    borrowPythonEnvironments(dataDir);
    return new Platform(
      dataDir,
      { portal: await freePort(), gateway: await freePort() },
      environment,
    );
  }

  /** One that another process started. */
  static attach({
    dataDir,
    ports,
  }: {
    dataDir: string;
    ports: { portal: number; gateway: number };
  }): Platform {
    return new Platform(dataDir, ports, {});
  }

  private get env() {
    return {
      ...process.env,
      MODEL_PLATFORM_DATA_DIR: this.dataDir,
      PORTAL_PORT: String(this.ports.portal),
      GATEWAY_PORT: String(this.ports.gateway),
      ...this.environment,
    };
  }

  private get quickstartFile() {
    return path.join(this.dataDir, 'quickstart.json');
  }

  get quickstart(): Quickstart {
    return JSON.parse(fs.readFileSync(this.quickstartFile, 'utf8'));
  }

  get gatewayUrl() {
    return this.quickstart.gatewayUrl;
  }

  get portalPids() {
    return [this.quickstart.pids.portal];
  }

  get pid() {
    return this.child?.pid;
  }

  /** The process that holds the data folder: npm runs it, and is not it. */
  get launcherPid(): number {
    const lock = path.join(this.dataDir, 'start.lock');
    return JSON.parse(fs.readFileSync(lock, 'utf8')).pid;
  }

  /** Starts it and waits until it has printed that it is ready. */
  async start({ timeoutMs = 600_000 } = {}): Promise<Quickstart> {
    fs.rmSync(this.quickstartFile, { force: true });
    this.spawn();
    return await this.ready({ timeoutMs });
  }

  /** Waits until the start that was spawned last is ready. */
  async ready({ timeoutMs = 600_000 } = {}): Promise<Quickstart> {
    const child = this.child!;
    const hasEnded = () => child.exitCode !== null || child.signalCode !== null;
    await eventually(
      'the platform is ready',
      () => hasEnded() || fs.existsSync(this.quickstartFile),
      timeoutMs,
    ).catch(error => {
      throw new Error(`${error}\n${lastLines(this.output)}`);
    });
    if (hasEnded())
      throw new Error(`npm start ended: ${lastLines(this.output)}`);
    keepPythonEnvironments(this.dataDir);
    return this.quickstart;
  }

  /** Starts it without waiting. */
  spawn(): ChildProcess {
    const child = spawn('npm', ['start', '--silent'], {
      cwd: root,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        this.output += chunk;
      });
    }
    this.child = child;
    return child;
  }

  /** Nobody reads any more what it prints. */
  stopReading(): void {
    this.child?.stdout?.destroy();
    this.child?.stderr?.destroy();
  }

  /** Asks it to stop and waits until it did; resolves with its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | undefined> {
    const child = this.child;
    if (!child || child.exitCode !== null) return child?.exitCode ?? undefined;
    child.kill(signal);
    await eventually(
      'npm start ended',
      () => child.exitCode !== null || child.signalCode !== null,
      120_000,
    );
    return child.exitCode ?? undefined;
  }

  /** Waits until `npm start` ended by itself. */
  async ended(): Promise<number | undefined> {
    await eventually(
      'npm start ended',
      () => this.child!.exitCode !== null || this.child!.signalCode !== null,
    );
    return this.child!.exitCode ?? undefined;
  }

  /** Whatever survived a failed test, by the pids the platform wrote down itself. */
  async destroy(): Promise<void> {
    const host = path.join(this.dataDir, 'host', 'host.json');
    if (this.child && this.child.exitCode === null) await this.stop();
    if (fs.existsSync(host)) {
      const { pid } = JSON.parse(fs.readFileSync(host, 'utf8'));
      if (isAlive(pid)) {
        process.kill(pid, 'SIGTERM');
        await eventually('the host ended', () => !isAlive(pid));
      }
    }
    fs.rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  private cliArguments(args: string[]) {
    return [path.join(root, 'packages/cli/bin/model-platform.js'), ...args];
  }

  private cliEnvironment(token?: string, env: Record<string, string> = {}) {
    return {
      ...process.env,
      MODEL_PLATFORM_URL: this.quickstart.portalUrl,
      MODEL_PLATFORM_TOKEN: token ?? this.quickstart.publisherToken,
      ...env,
    };
  }

  /** The CLI as a process to kill. */
  cliProcess(args: string[]): ChildProcess {
    return spawn(process.execPath, this.cliArguments(args), {
      env: this.cliEnvironment(),
      stdio: 'ignore',
    });
  }

  /** Bytes of blobs that are on disk, whole or not. */
  blobBytesInFlight(): number {
    return filesBelow(path.join(this.dataDir, 'blobs'))
      .filter(file =>
        /tmp|part|upload|incoming/i.test(file.slice(this.dataDir.length)),
      )
      .reduce(
        (sum, file) =>
          sum + (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
  }

  /** The CLI, as somebody would type it. */
  async cli(
    args: string[],
    {
      token,
      env = {},
      cwd = root,
    }: { token?: string; env?: Record<string, string>; cwd?: string } = {},
  ) {
    return await new Promise<CommandResult>(resolve => {
      execFile(
        process.execPath,
        this.cliArguments(args),
        {
          cwd,
          maxBuffer: 50 * 1024 * 1024,
          env: this.cliEnvironment(token, env),
        },
        (error, stdout, stderr) => {
          if (!error || typeof error.code === 'number') {
            resolve({ code: Number(error?.code ?? 0), stdout, stderr });
            return;
          }
          const why = error.signal ? `ended by ${error.signal}` : error.message;
          resolve({ code: 1, stdout, stderr: `${stderr}${why}\n` });
        },
      );
    });
  }

  /** A call of the control plane with the publisher's or another token. */
  async api(route: string, init: RequestInit & { token?: string } = {}) {
    const { token = this.quickstart.publisherToken, ...rest } = init;
    return await fetch(
      `${this.quickstart.portalUrl}/api/model-platform/${route}`,
      {
        ...rest,
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          ...rest.headers,
        },
      },
    );
  }

  /** Signs in as a sample person the way the page does; resolves with the portal's own token. */
  async signIn(person: string): Promise<string> {
    const { portalUrl, signInUrl } = this.quickstart;
    const response = await fetch(
      `${portalUrl}/api/auth/sample-people/refresh`,
      {
        headers: {
          'x-sign-in-key': new URL(signInUrl).searchParams.get('key') ?? '',
          'x-sign-in-person': `user:default/${person}`,
        },
      },
    );
    if (!response.ok)
      throw new Error(
        `sign-in as ${person}: ${response.status} ${await response.text()}`,
      );
    return (await response.json()).backstageIdentity.token;
  }

  /** A call of an endpoint as an application makes it. */
  async predict(
    name: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ) {
    const endpoint = this.quickstart.endpoints.find(
      candidate => candidate.name === name,
    );
    if (!endpoint) throw new Error(`no endpoint ${name} in quickstart.json`);
    return await fetch(`${endpoint.url}/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${endpoint.token}`,
        'content-type': 'application/json',
        ...headers,
      },
      body: JSON.stringify(body ?? endpoint.exampleRequest),
    });
  }
}
