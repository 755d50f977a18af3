import {
  ChildProcess,
  execFileSync,
  spawn,
  spawnSync,
} from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  HostAddress,
  HostRunnerState,
  HostState,
  RunnerManifest,
  RunnerSpec,
  TrafficPlan,
} from '@model-platform/model-wire';
import { packageFolder } from './packageFolder';
import { startTimeOf } from './startTimeOf';
import { ProcessRecord } from './StateFile';

const REPOSITORY = resolve(
  packageFolder('@model-platform/model-host'),
  '../..',
);
const TOKEN = 'mpe_test_secret';
const INPUTS = ['sepal_length', 'sepal_width', 'petal_length', 'petal_width'];

/** Waits for a condition, a minute at most: a machine that has other work starts programs slowly. */
export async function until<T>(
  condition: () => Promise<T | undefined | false> | T | undefined | false,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const value = await condition();
    if (value) {
      return value;
    }
    if (Date.now() > deadline) {
      throw new Error(`Never came true: ${condition}`);
    }
    await new Promise(done => setTimeout(done, 10));
  }
}

/** Whether the process of that pid runs; the remains of an ended one do not count. */
export function isAlive(pid: number | undefined): boolean {
  return pid !== undefined && startTimeOf(pid) !== undefined;
}

export function buildPrograms(): void {
  execFileSync(process.execPath, [
    join(REPOSITORY, 'packages/model-gateway/scripts/buildPrograms.cjs'),
    'model-gateway',
    'model-host',
    'model-runner-node',
  ]);
}

/** A data folder of its own with the real host, gateway and Node runner. For tests. */
export class TestPlatform {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'model-host-test-'));
  /** Whom the host runs as, where it is not who runs the tests. */
  user: number | undefined;
  /** What the host is started by, which becomes it. */
  launcher: string[] = [];
  #host: ChildProcess | undefined;
  #output = '';
  #isMounted = false;
  readonly #seen = new Set<number>();

  get host(): ChildProcess {
    if (!this.#host) {
      throw new Error('The host was not started');
    }
    return this.#host;
  }

  get output(): string {
    return this.#output;
  }

  get address(): HostAddress {
    return JSON.parse(
      readFileSync(join(this.dataDir, 'host/host.json'), 'utf8'),
    );
  }

  spawn(environment: Record<string, string> = {}): ChildProcess {
    const [command, ...args] = [
      ...this.launcher,
      process.execPath,
      join(REPOSITORY, 'packages/model-host/bin/model-host.js'),
    ];
    const child = spawn(command, args, {
      env: {
        PATH: process.env.PATH,
        MODEL_PLATFORM_DATA_DIR: this.dataDir,
        GATEWAY_PORT: '0',
        DRAIN_TIMEOUT_MS: '2000',
        HIDDEN_FROM_RUNNERS: 'yes',
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      uid: this.user,
      gid: this.user,
    });
    child.stdout.on('data', chunk => (this.#output += chunk));
    child.stderr.on('data', chunk => (this.#output += chunk));
    return child;
  }

  /** Hands all that was laid into the data folder to the host's user. */
  handOver(): void {
    if (this.user !== undefined) {
      execFileSync('chown', ['-R', `${this.user}:${this.user}`, this.dataDir]);
    }
  }

  /** Puts the data folder on a disk of its own, for root. @returns what fills it up, by a file to remove again */
  mountDisk(megabytes: number): () => string {
    execFileSync('mount', [
      ...['-t', 'tmpfs', '-o', `size=${megabytes}m`],
      ...['none', this.dataDir],
    ]);
    this.#isMounted = true;
    return () => {
      const filler = join(this.dataDir, 'filler');
      const { status } = spawnSync('dd', ['if=/dev/zero', `of=${filler}`]);
      if (status === 0) {
        throw new Error('The disk has no end');
      }
      return filler;
    };
  }

  /** Starts the host and waits for the gateway. */
  async start(environment?: Record<string, string>): Promise<HostState> {
    const child = this.spawn(environment);
    this.#host = child;
    return until(async () => {
      if (child.exitCode !== null) {
        throw new Error(`The host ended: ${this.#output}`);
      }
      try {
        const state = await this.state();
        return state.pid === child.pid && state.gateway.ready && state;
      } catch {
        return undefined;
      }
    });
  }

  async killHost(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stopHost(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.host;
    child.kill(signal);
    await until(() => child.exitCode !== null || child.signalCode !== null);
  }

  async api(method: string, path: string, body?: unknown): Promise<Response> {
    const { url, secret } = this.address;
    return fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${secret}` },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  async state(): Promise<HostState> {
    const state = (await (
      await this.api('GET', '/v1/state')
    ).json()) as HostState;
    const pids = [state.gateway.pid];
    for (const { runners } of Object.values(state.deployments)) {
      pids.push(...runners.map(({ pid }) => pid));
    }
    for (const pid of pids) {
      if (pid !== undefined) {
        this.#seen.add(pid);
      }
    }
    return state;
  }

  async runner(id: string): Promise<HostRunnerState | undefined> {
    const { deployments } = await this.state();
    return Object.values(deployments)
      .flatMap(({ runners }) => runners)
      .find(runner => runner.id === id);
  }

  async ready(id: string): Promise<HostRunnerState> {
    return until(async () => {
      const runner = await this.runner(id);
      return runner?.phase === 'ready' && runner;
    });
  }

  /** All pids of gateway and runners that were ever seen. */
  get seenPids(): number[] {
    return [...this.#seen];
  }

  /** A directory with a real model, and the runner for it. */
  spec(
    endpoint: string,
    revision = 1,
    changes: Partial<RunnerSpec> = {},
  ): RunnerSpec {
    const directory = join(this.dataDir, 'runners', `${endpoint}-r${revision}`);
    mkdirSync(join(directory, 'model'), { recursive: true });
    copyFileSync(
      join(REPOSITORY, 'examples/iris/iris.onnx'),
      join(directory, 'model/iris.onnx'),
    );
    const manifest: RunnerManifest = {
      formatVersion: 1,
      model: {
        name: 'iris',
        slug: 'iris',
        system: 'plant-catalogue',
        type: 'ml',
        description: 'Tells species of iris apart',
      },
      version: revision,
      flavor: 'onnx',
      files: ['iris.onnx'],
      signature: {
        inputs: INPUTS.map(name => ({ name, type: 'number' })),
        outputs: [{ name: 'species', type: 'string' }],
      },
      metrics: [],
    };
    writeFileSync(join(directory, 'model.json'), JSON.stringify(manifest));
    return {
      id: `${endpoint}-r${revision}-main-0`,
      endpoint,
      runtime: 'node',
      directory,
      variant: 'main',
      version: revision,
      revision,
      environment: 'local',
      ...changes,
    };
  }

  plan(specs: RunnerSpec[], changes: Partial<TrafficPlan> = {}): TrafficPlan {
    const [{ endpoint, revision, version }] = specs;
    return {
      endpoint,
      revision,
      variants: [
        {
          name: 'main',
          weight: 1,
          labels: {
            system: 'plant-catalogue',
            model: 'iris',
            version: String(version),
            environment: 'local',
            endpoint,
            variant: 'main',
            revision: String(revision),
          },
          runners: specs.map(({ id }) => id),
        },
      ],
      tokens: [
        {
          id: 'test',
          hash: createHash('sha256').update(TOKEN).digest('hex'),
          consumer: 'app',
        },
      ],
      limits: { maxBodyBytes: 1_048_576, timeoutMs: 30_000 },
      ...changes,
    };
  }

  /** Runners started, ready and routed. */
  async deploy(...specs: RunnerSpec[]): Promise<void> {
    const path = `/v1/deployments/${specs[0].endpoint}`;
    const started = await this.api('PUT', `${path}/runners`, {
      runners: specs,
    });
    if (started.status !== 200) {
      throw new Error(await started.text());
    }
    await Promise.all(specs.map(({ id }) => this.ready(id)));
    const routed = await this.api('PUT', `${path}/route`, this.plan(specs));
    if (routed.status !== 200) {
      throw new Error(await routed.text());
    }
  }

  /** Status of one call of the model; throws if the gateway is not there. */
  async predict(gatewayUrl: string, endpoint: string): Promise<number> {
    const response = await fetch(`${gatewayUrl}/${endpoint}/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({
        inputs: Object.fromEntries(INPUTS.map(name => [name, 1])),
      }),
    });
    const text = await response.text();
    if (response.status === 200 && !text.includes('"species"')) {
      throw new Error(`Not an answer of the model: ${text}`);
    }
    return response.status;
  }

  /** Ends whatever is left, and removes the data folder. */
  async clean(): Promise<void> {
    // The host first, that it starts nothing more; then what it had started since anybody looked, too.
    kill(this.#host?.pid);
    await until(() => !isAlive(this.#host?.pid));
    const pids = [...this.#seen, ...this.#recordedPids()];
    pids.forEach(kill);
    await until(() => pids.every(pid => !isAlive(pid)));
    if (this.#isMounted) {
      execFileSync('umount', ['--lazy', this.dataDir]);
    }
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  /** Of the processes that the host has written down and that run. */
  #recordedPids(): number[] {
    try {
      const file = join(this.dataDir, 'host/state.json');
      const { processes } = JSON.parse(readFileSync(file, 'utf8'));
      return Object.values(processes as Record<string, ProcessRecord>).flatMap(
        ({ pid, startTime }) =>
          pid !== undefined && startTimeOf(pid) === startTime ? [pid] : [],
      );
    } catch {
      // A test has broken it, or none was written.
      return [];
    }
  }
}

function kill(pid: number | undefined): void {
  if (pid !== undefined && isAlive(pid)) {
    process.kill(pid, 'SIGKILL');
  }
}
