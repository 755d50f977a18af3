import { ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { nodeRunnerArguments } from '@model-platform/model-wire';
import { patientFetch } from '../platform/patientFetch';
import { LocalVersion } from './prepareVersion';

const POLL_MS = 50;
/** How long after a cut call a runner may take to be gone. */
const ENDING_MS = 3_000;
/** What a runner's own environment is made of, beside its settings. */
const PASSED_ON = ['PATH', 'LANG', 'TZ'];
/** Waiting processes are sealed with it; they go on as long as the command runs. */
const STATE_KEY = randomBytes(32).toString('base64url');

/** One line of a runner's log. */
export interface RunnerLine {
  level?: string;
  message: string;
  requestId?: string;
  stack?: string;
}

/** A runner on this machine, for its developer alone. */
export class LocalRunner {
  readonly url: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(
    private readonly version: LocalVersion,
    options: {
      port: number;
      /** Folder of the runtime. */
      runtime: string;
      /** Of Python. */
      interpreter?: string;
      env: Record<string, string | undefined>;
      onLine: (line: RunnerLine) => void;
    },
  ) {
    const { directory, manifest } = version;
    const { port, runtime, interpreter, env, onLine } = options;
    const { slug } = manifest.model;
    this.url = `http://127.0.0.1:${port}/${slug}`;
    const scratch = path.join(directory, 'scratch');
    this.child = spawn(
      interpreter ?? process.execPath,
      interpreter
        ? ['-m', 'model_runner']
        : nodeRunnerArguments({
            flavor: manifest.flavor,
            program: path.join(runtime, 'bin/model-runner-node.js'),
            readable: [runtime, ...nodeModulesAbove(runtime), directory],
            scratch,
          }),
      {
        cwd: scratch,
        // Not the terminal's group: Ctrl-C is for the command, which ends it.
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: {
          ...Object.fromEntries(PASSED_ON.map(name => [name, env[name]])),
          HOME: scratch,
          TMPDIR: scratch,
          PYTHONPATH: runtime,
          PYTHONUNBUFFERED: '1',
          MODEL_DIR: directory,
          PORT: String(port),
          MODEL_ENDPOINT: slug,
          MODEL_VARIANT: 'local',
          MODEL_REVISION: '0',
          MODEL_ENVIRONMENT: 'local',
          DRAIN_TIMEOUT_MS: '1000',
          STATE_KEY,
        },
      },
    );
    this.ended = once(this.child, 'close');
    // What its code has started would go on, and keep its output open.
    this.child.once('exit', () => this.endGroup());
    for (const stream of [this.child.stdout, this.child.stderr]) {
      if (stream)
        createInterface({ input: stream }).on('line', text =>
          onLine(this.toLine(text)),
        );
    }
  }

  /** @returns whether it became ready; false where it ended instead */
  async ready(signal: AbortSignal): Promise<boolean> {
    const health = new URL('/v2/health/ready', this.url);
    while (this.child.exitCode === null && this.child.signalCode === null) {
      const { ok } = await fetch(health, { signal }).catch(error => {
        if (signal.aborted) throw error;
        return { ok: false };
      });
      if (ok) return true;
      await Promise.race([wait(POLL_MS, undefined, { signal }), this.ended]);
    }
    await this.ended;
    return false;
  }

  /** @returns `ended` where it did instead of an answer, with why in its last lines; `late` where the time of a call is over */
  async predict(
    inputs: unknown,
    signal: AbortSignal,
  ): Promise<{ status: number; body: any } | 'ended' | 'late'> {
    const late = AbortSignal.timeout(this.version.callTimeoutMs);
    try {
      const response = await patientFetch(`${this.url}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs }),
        signal: AbortSignal.any([signal, late]),
      });
      return { status: response.status, body: await response.json() };
    } catch (error) {
      if (late.aborted && !signal.aborted) return 'late';
      const waiting = wait(ENDING_MS, true, { signal, ref: false });
      if (await Promise.race([waiting, this.ended.then(() => false)]))
        throw error;
      return 'ended';
    }
  }

  /** Ends it, and removes what it was started with. */
  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    const killing = setTimeout(() => this.child.kill('SIGKILL'), 3_000);
    await this.ended;
    clearTimeout(killing);
    fs.rmSync(this.version.directory, { recursive: true, force: true });
  }

  private endGroup() {
    try {
      process.kill(-this.child.pid!, 'SIGKILL');
    } catch {
      // Nothing is left of it.
    }
  }

  /** Paths are those of the developer's own folder. */
  private toLine(text: string): RunnerLine {
    const copied = path.join(this.version.directory, 'model');
    const shown = text.replaceAll(copied, this.version.source);
    try {
      const line = JSON.parse(shown);
      if (typeof line?.message === 'string') return line;
    } catch {
      // Written by something that knows nothing of our logs.
    }
    return { message: shown };
  }
}

function nodeModulesAbove(folder: string): string[] {
  const found = path.join(folder, 'node_modules');
  const above = path.dirname(folder);
  return [
    ...(fs.existsSync(found) ? [fs.realpathSync(found)] : []),
    ...(above === folder ? [] : nodeModulesAbove(above)),
  ];
}
