import { createHash, createHmac } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import {
  DEFAULT_CALL_TIMEOUT_MS,
  libraryVariables,
  HostRunnerState,
  RUNNER_SECRET_HEADER,
  nodeRunnerArguments,
  RunnerEnvironment,
  RunnerManifest,
  RunnerSpec,
  stateBinding,
  Upstream,
} from '@model-platform/model-wire';
import { cleanEnvironment } from './cleanEnvironment';
import { Confinement, pythonFolders } from './confinement/Confinement';
import { countGpus } from './countGpus';
import { DataFolder } from './DataFolder';
import { HostSettings } from './HostSettings';
import { httpProbe } from './httpProbe';
import { lastingSecret } from './lastingSecret';
import { programFolders, programPath } from './programPath';
import { RunnerGuard } from './RunnerGuard';
import { metricsSecretOf, ProcessRecord, StateFile } from './StateFile';
import { Launch, Program, Supervisor } from './Supervisor';

const NODE_RUNNER = '@model-platform/model-runner-node';
const BACKOFF_MS = 100;

export interface RunnerOptions {
  spec: RunnerSpec;
  settings: HostSettings;
  folder: DataFolder;
  state: StateFile;
  confinement: Confinement;
  onChange(): void;
  onEnd(reason: string): void;
}

/** A model's process. */
export class Runner {
  readonly spec: RunnerSpec;
  readonly purpose: string;
  readonly #supervisor: Supervisor;
  readonly #options: RunnerOptions;
  /** Aborted when it does not rest any more. */
  #resting: AbortController | undefined;
  /** The most that a route has given its calls, milliseconds. */
  #routedMs = 0;
  /** Why its process has less confinement than others, if so. */
  #weakness: string | undefined;
  #labels: Record<string, string> | undefined;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.spec = options.spec;
    this.#weakness = this.#findWeakness();
    this.purpose = purposeOf(options.spec);
    this.#supervisor = new Supervisor(this.#program(), options.state);
  }

  get isReady(): boolean {
    return this.#supervisor.isReady;
  }

  get settled(): Promise<void> {
    return this.#supervisor.settled;
  }

  get isRetired(): boolean {
    return this.#supervisor.isRetired;
  }

  /** It gets no calls, and has those that it had. */
  get isResting(): boolean {
    return this.#resting !== undefined;
  }

  get restarts(): number {
    return this.#supervisor.restarts;
  }

  /** For the gateway; undefined unless it is ready, and there for calls. */
  get upstream(): Upstream | undefined {
    const { record } = this.#supervisor;
    return record && this.isReady && !this.isResting
      ? { runner: this.spec.id, url: urlOf(record), secret: record.secret }
      : undefined;
  }

  /** How long it may take for the calls that it has, when it is to end: as long as a call may, milliseconds. */
  get drainMs(): number {
    return Math.max(
      this.#options.settings.drainTimeoutMs,
      this.spec.requestTimeoutMs ?? DEFAULT_CALL_TIMEOUT_MS,
      this.#routedMs,
    );
  }

  /** A route gives its calls so long: that may be more than it was started with. @param timeoutMs - milliseconds */
  allowCalls(timeoutMs: number): void {
    this.#routedMs = Math.max(this.#routedMs, timeoutMs);
  }

  /** Of its metrics. */
  get labels(): Record<string, string> {
    this.#labels ??= {
      ...readModelLabels(this.spec.directory),
      version: String(this.spec.version),
      environment: this.spec.environment,
      endpoint: this.spec.endpoint,
      variant: this.spec.variant,
      revision: String(this.spec.revision),
    };
    return this.#labels;
  }

  get state(): HostRunnerState {
    const { id, endpoint, variant, version, revision, interpreter, isShadow } =
      this.spec;
    const { record, pid, restarts, message } = this.#supervisor;
    const messages = [
      ...(pid !== undefined && this.#weakness
        ? [
            `it runs as the platform's user and can read all that it can, for ${
              this.#weakness
            }`,
          ]
        : []),
      ...(message ? [message] : []),
    ];
    return {
      id,
      endpoint,
      variant,
      version,
      revision,
      phase: this.#phase,
      restarts,
      message: messages.length > 0 ? messages.join('; ') : undefined,
      startedAt: record?.startedAt,
      pid,
      interpreter,
      isShadow,
      url: record && urlOf(record),
      secret: record?.secret,
      metricsSecret: record && metricsSecretOf(record),
    };
  }

  get #phase(): HostRunnerState['phase'] {
    if (this.#supervisor.isRetired) {
      return 'draining';
    }
    if (this.#supervisor.isReady) {
      return 'ready';
    }
    return this.#supervisor.hasFailed ? 'failed' : 'starting';
  }

  #findWeakness(): string | undefined {
    const { settings, confinement } = this.#options;
    const { runtime, interpreter = settings.python } = this.spec;
    const command = runtime === 'python' ? interpreter : process.execPath;
    return command && confinement.weaknessOf(command);
  }

  start(after?: Promise<void>): void {
    this.#supervisor.start(after);
  }

  /** From now on it gets no calls. @returns aborted when it gets some again, or is to end at once */
  rest(): AbortSignal {
    this.#resting ??= new AbortController();
    return this.#resting.signal;
  }

  /** It gets calls again, where it rested. */
  resume(): void {
    if (this.#resting) {
      this.#resting.abort();
      this.#resting = undefined;
      this.#options.onChange();
    }
  }

  /** Ends it for good; its records go, its logs stay. Once more: it has this time from now on. */
  async retire(options: {
    drained?: () => Promise<void>;
    timeoutMs: number;
  }): Promise<void> {
    this.#resting?.abort();
    const isFirst = !this.isRetired;
    await this.#supervisor.retire(options);
    // A second one must not clear what its successor has made by then.
    if (isFirst)
      await this.#options.confinement.clear(this.spec.id, this.#scratch);
  }

  /** The same for all runners of a version, another one for each version: none can open or make what is another's. */
  #stateKey(folder: DataFolder): string {
    return createHmac('sha256', lastingSecret(folder.sealKeyFile))
      .update(stateBinding(readManifest(this.spec.directory)))
      .digest('base64url');
  }

  get #scratch(): string {
    return join(this.#options.folder.scratch, this.spec.id);
  }

  #program(): Program {
    const { spec, folder, settings, confinement } = this.#options;
    const guard = new RunnerGuard({
      id: spec.id,
      memoryBytes: spec.resources?.memoryBytes,
      cpuCores: spec.resources?.cpuCores,
      requestTimeoutMs: spec.requestTimeoutMs,
      graceMs: settings.hangGraceMs,
      logFile: folder.runnerLog(spec.id),
      confinement,
    });
    return {
      id: spec.id,
      // One of a host that kept its runners apart in another way is replaced.
      purpose: [
        this.purpose,
        ...(confinement.level === 'none' ? [] : [confinement.level]),
        ...(this.#weakness ? ['weak'] : []),
      ].join('/'),
      logFile: folder.runnerLog(spec.id),
      backoffMs: BACKOFF_MS,
      startTimeoutMs: settings.startTimeoutMs,
      launch: record => {
        const launch = this.#launch(record);
        this.#weakness = this.#findWeakness();
        return launch;
      },
      probe: async (record, signal) => {
        const status = await httpProbe(`${urlOf(record)}/v2/health/ready`, {
          timeoutMs: 2_000,
          signal,
        });
        if (status === 'silent') {
          return 'unknown';
        }
        if (status !== 200) return 'notReady';
        guard.noteReady();
        return 'ready';
      },
      // Health answers to anyone: only the right secret gets metrics, and no stranger asks for one.
      prove: async record => {
        const url = `${urlOf(record)}/metrics`;
        const headers = { [RUNNER_SECRET_HEADER]: record.secret };
        const withSecret = await httpProbe(url, { headers, timeoutMs: 2_000 });
        if (withSecret === 'silent') {
          return 'unknown';
        }
        return (
          withSecret === 200 &&
          (await httpProbe(url, { timeoutMs: 2_000 })) !== 200
        );
      },
      guard: (process, record) =>
        guard.watch(
          process,
          `${urlOf(record)}/v2/health/ready`,
          record.wasReady === true,
        ),
      explain: (reason, ownLog) => guard.explain(reason, ownLog),
      onChange: this.#options.onChange,
      onEnd: reason => {
        guard.log(reason);
        this.#options.onEnd(reason);
      },
    };
  }

  #launch(record: ProcessRecord): Launch {
    const { spec, settings, folder, confinement } = this.#options;
    const { cpuCores, memoryBytes, gpus = 0 } = spec.resources ?? {};
    if (gpus > countGpus()) {
      throw new Error(
        `it asks for ${gpus} GPU${
          gpus === 1 ? '' : 's'
        } (resources.gpu), and this machine has ${countGpus() || 'none'}`,
      );
    }
    const manifest = readManifest(spec.directory);
    const variables: { [Name in keyof RunnerEnvironment]: string | undefined } =
      {
        MODEL_DIR: spec.directory,
        HOST: '127.0.0.1',
        PORT: String(record.port),
        RUNNER_SECRET: record.secret,
        METRICS_SECRET: metricsSecretOf(record),
        MODEL_ENDPOINT: spec.endpoint,
        MODEL_VARIANT: spec.variant,
        MODEL_REVISION: String(spec.revision),
        MODEL_ENVIRONMENT: spec.environment,
        STATE_KEY:
          manifest.flavor === 'bpmn' ? this.#stateKey(folder) : undefined,
        MAX_BODY_BYTES:
          spec.maxBodyBytes === undefined
            ? undefined
            : String(spec.maxBodyBytes),
        DRAIN_TIMEOUT_MS: String(this.drainMs),
        BATCH_MAX_ROWS: settings.batchMaxRows?.toString(),
        BATCH_MAX_DELAY_MS: settings.batchMaxDelayMs?.toString(),
      };
    const env: Record<string, string> = {
      ...cleanEnvironment(),
      ...libraryVariables(cpuCores),
      HOME: this.#scratch,
      TMPDIR: this.#scratch,
      CUDA_VISIBLE_DEVICES: Array.from({ length: gpus }, (_, index) =>
        String(index),
      ).join(','),
    };
    for (const [name, value] of Object.entries(variables)) {
      if (value !== undefined) {
        env[name] = value;
      }
    }
    // Files of a version are linked to, for all its runners share them.
    const files = [spec.directory, join(spec.directory, 'model')].filter(path =>
      existsSync(path),
    );
    const common = {
      id: spec.id,
      system: String(manifest.model?.system ?? ''),
      memoryBytes,
      gpus,
      files: files.map(path => realpathSync(path)),
      cwd: this.#scratch,
    };
    if (spec.runtime === 'python') {
      const python = spec.interpreter ?? settings.python;
      if (!python) {
        throw new Error(settings.pythonUnavailable);
      }
      return confinement.prepare({
        ...common,
        command: python,
        args: ['-m', 'model_runner'],
        env: { ...env, PYTHONPATH: settings.pythonPath, PYTHONUNBUFFERED: '1' },
        programs: [settings.pythonPath, ...pythonFolders(python)],
      });
    }
    return confinement.prepare({
      ...common,
      command: process.execPath,
      args: nodeRunnerArguments({
        flavor: manifest.flavor ?? '',
        program: programPath(NODE_RUNNER),
        readable: [
          ...programFolders(NODE_RUNNER),
          ...files.map(path => realpathSync(path)),
        ],
        scratch: realpathSync(folder.scratch) + sep + spec.id,
        memoryBytes,
      }),
      env,
      programs: nodePrograms(),
    });
  }
}

/** What a Node runner is made of, beside its model. */
export function nodePrograms(): string[] {
  return [process.execPath, ...programFolders(NODE_RUNNER)];
}

/** Two specs with the same one are served by the same process. */
export function purposeOf({ scaling: _, ...spec }: RunnerSpec): string {
  return createHash('sha256')
    .update(
      JSON.stringify(Object.entries(spec).sort(([a], [b]) => (a < b ? -1 : 1))),
    )
    .digest('hex');
}

function urlOf(record: ProcessRecord): string {
  return `http://127.0.0.1:${record.port}`;
}

function readModelLabels(directory: string): { system: string; model: string } {
  const { model } = readManifest(directory);
  return {
    system: String(model?.system ?? ''),
    model: String(model?.slug ?? ''),
  };
}

function readManifest(directory: string): Partial<RunnerManifest> {
  try {
    return (
      JSON.parse(readFileSync(join(directory, 'model.json'), 'utf8')) ?? {}
    );
  } catch {
    // The runner says what is wrong with its directory.
    return {};
  }
}
