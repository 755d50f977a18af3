import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { readJson } from './dataFolder.mjs';
import { inRoot } from './paths.mjs';
import {
  end,
  isRunning,
  requireFreePort,
  sleep,
  startTimeOf,
  withPrivateFiles,
} from './processes.mjs';
import { PlainError, say, seconds } from './progress.mjs';

const PATIENCE_MS = 60_000;
/** Between two looks whether it runs. */
const LOOK_MS = 500;
/** Of a host that does not stay: before it is started again. */
const MAX_WAIT_MS = 30_000;
/** After so long its next end counts as the first. */
const STABLE_MS = 60_000;

/** Settings of the host that are the same here; docs/confinement.md. */
const SETTINGS = [
  'RUNNER_CONFINEMENT',
  'RUNNER_USER_IDS',
  'START_TIMEOUT_MS',
  'DRAIN_TIMEOUT_MS',
  'HANG_GRACE_MS',
];

function passedOn() {
  return Object.fromEntries(
    SETTINGS.filter(name => process.env[name]).map(name => [
      name,
      process.env[name],
    ]),
  );
}

/**
 * The host process, parent of gateway and runners. It is found again when it
 * survived the last portal, started when not, and brought back when it ends.
 */
export class Host {
  #record;
  #stopping = false;
  #isWatched = false;
  #startArguments;
  /** Whether something served before this start: a host, or what a lost one has left. */
  isFound = false;

  constructor({ dataDir, bind, port }) {
    this.dataDir = dataDir;
    this.bind = bind;
    this.port = port;
    this.logFile = path.join(dataDir, 'logs', 'host.log');
  }

  get #address() {
    return readJson(path.join(this.dataDir, 'host', 'host.json'));
  }

  /** The process that has this data folder, whether it has told its address or not yet. */
  get #holder() {
    const holder = readJson(path.join(this.dataDir, 'host', 'host.lock'));
    return isRunning(holder) ? holder : undefined;
  }

  /** Gateway and runners as the host has written them down, by id. */
  get #processes() {
    const state = readJson(path.join(this.dataDir, 'host', 'state.json'));
    return state?.processes ?? {};
  }

  /**
   * What the host says of itself; rejects where there is none. It answers late
   * on a busy machine, or where the start that made it was killed, and not at
   * all until it is brought back: it gets a minute.
   */
  async state() {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await this.#ask();
      } catch (error) {
        const mayAnswer = this.#isWatched || this.#holder !== undefined;
        if (!mayAnswer || Date.now() > deadline) throw error;
        await sleep(200);
      }
    }
  }

  async #ask() {
    const address = this.#address;
    if (!address)
      throw new PlainError('The host has not told its address yet.');
    const response = await fetch(`${address.url}/v1/state`, {
      headers: { authorization: `Bearer ${address.secret}` },
      signal: AbortSignal.timeout(3_000),
    });
    if (!response.ok)
      throw new PlainError(`The host answered ${response.status}.`);
    return await response.json();
  }

  /** Looks for one that survived; it proves itself by its secret. */
  async find() {
    await this.#findHost();
    const left = Object.values(this.#processes);
    this.isFound =
      isRunning(this.#record) ||
      this.#holder !== undefined ||
      left.some(isRunning);
  }

  async #findHost() {
    const survivor = await this.state().catch(() => undefined);
    if (!survivor) return;
    const { pid } = survivor;
    this.#record = { pid, startTime: startTimeOf(pid) };
    if (survivor.gateway.url !== `http://${this.bind}:${this.port}`) {
      say(
        `  … the gateway served on ${survivor.gateway.url}; it moves to port ${this.port}`,
      );
      await end(this.#record, { graceMs: 15_000 });
      this.#record = undefined;
    }
  }

  async requireFreePort() {
    if (!this.#record && !this.#holder && !this.#hasGatewayOnPort())
      await requireFreePort(this.port, this.bind, 'GATEWAY_PORT');
  }

  /** A gateway that outlived its host holds the port until the next host takes it over. */
  #hasGatewayOnPort() {
    const gateway = this.#processes['#gateway'];
    // One without a pid may run: who started it was killed before writing that down. The host knows it by its mark.
    return (
      gateway?.purpose === `${this.bind}:${this.port}` &&
      (gateway.pid === undefined || isRunning(gateway))
    );
  }

  /** Starts it unless it runs; returns when the gateway is ready. */
  async start(toolchain, python) {
    this.#startArguments = [toolchain, python];
    const isTakenOver = isRunning(this.#record);
    if (!isTakenOver) this.#spawn(toolchain, python);
    const { confinement, deployments } = await this.#gatewayReady();
    if (isTakenOver) {
      say(
        `  ✓ gateway and runners were still serving (${
          Object.keys(deployments).length
        } endpoints); taken over`,
      );
    }
    // A host of before this that still runs says nothing of it.
    if (confinement) {
      const { level, ownUser } = confinement;
      const isOpen = level === 'none' || (level === 'user' && !ownUser);
      say(
        `  ${isOpen ? '!' : '✓'} ${[
          confinement.summary,
          ...confinement.reasons,
        ].join('; ')}`,
      );
    }
    this.#watch();
  }

  #spawn(toolchain, python) {
    if (this.#stopping) return;
    const log = fs.openSync(this.logFile, 'a', 0o600);
    const child = withPrivateFiles(() =>
      spawn(toolchain.node, [inRoot('packages/model-host/bin/model-host.js')], {
        detached: true,
        stdio: ['ignore', log, log],
        env: {
          PATH: toolchain.env.PATH,
          ...(process.env.LANG ? { LANG: process.env.LANG } : {}),
          ...(process.env.TZ ? { TZ: process.env.TZ } : {}),
          MODEL_PLATFORM_DATA_DIR: this.dataDir,
          GATEWAY_HOST: this.bind,
          GATEWAY_PORT: String(this.port),
          GATEWAY_ALLOWED_HOSTS: process.env.GATEWAY_ALLOWED_HOSTS ?? '',
          ...passedOn(),
          MODEL_RUNNER_PYTHON_PATH: inRoot('packages/model-runner-python'),
          ...(python.python
            ? { PYTHON_RUNNER: python.python }
            : { MODEL_PLATFORM_PYTHON_UNAVAILABLE: python.unavailable }),
        },
      }),
    );
    fs.closeSync(log);
    child.on('error', error => this.#cannotStart(error));
    child.unref();
    this.#record = { pid: child.pid, startTime: startTimeOf(child.pid) };
  }

  async #gatewayReady() {
    const deadline = Date.now() + 60_000;
    for (;;) {
      try {
        const state = await this.#ask();
        if (state.pid === this.#record.pid && state.gateway.ready) return state;
      } catch {
        // not there yet
      }
      // One that a killed start had made was first.
      if (!isRunning(this.#record)) this.#record = this.#holder;
      if (!this.#record) {
        throw new PlainError(
          `The host ended while it started:\n${lastLines(this.logFile)}`,
        );
      }
      if (Date.now() > deadline)
        throw new PlainError(
          `The gateway is not ready after a minute:\n${lastLines(
            this.logFile,
          )}`,
        );
      await sleep(50);
    }
  }

  #cannotStart(error) {
    say(`  ! the host cannot be started: ${error.message}`);
  }

  /** A lost host is brought back; the gateway and the runners it left behind go on meanwhile. */
  async #watch() {
    this.#isWatched = true;
    let startedAt = Date.now();
    let waitMs = 0;
    for (;;) {
      while (isRunning(this.#record)) await sleep(LOOK_MS);
      if (this.#stopping) return;
      if (Date.now() - startedAt > STABLE_MS) waitMs = 0;
      const when = waitMs === 0 ? '' : ` in ${seconds(waitMs)}`;
      say(`  ! the host ended unexpectedly; starting it again${when}`);
      await sleep(waitMs);
      waitMs = Math.min(waitMs * 2 || 1_000, MAX_WAIT_MS);
      startedAt = Date.now();
      try {
        this.#spawn(...this.#startArguments);
      } catch (error) {
        this.#cannotStart(error);
      }
    }
  }

  /** Ends the host, which ends gateway and runners; those that a lost one has left are ended here. */
  async stop() {
    this.#stopping = true;
    await end(this.#record, { graceMs: 15_000 });
    // Of an earlier start, if this one has come no further.
    await end(this.#holder, { graceMs: 15_000 });
    const { '#gateway': gateway, ...runners } = this.#processes;
    await end(gateway, { graceMs: 2_500 });
    await Promise.all(
      Object.values(runners).map(runner => end(runner, { graceMs: 1_500 })),
    );
  }
}

export function lastLines(file, count = 15) {
  try {
    return fs
      .readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .slice(-count)
      .join('\n');
  } catch {
    return `(no log in ${file})`;
  }
}
