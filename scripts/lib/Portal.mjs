import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { readJson, writePrivately } from './dataFolder.mjs';
import { lastLines } from './Host.mjs';
import { inRoot } from './paths.mjs';
import { PORTAL_FLAGS } from './portalFlags.mjs';
import {
  end,
  requireFreePort,
  sleep,
  startTimeOf,
  withPrivateFiles,
} from './processes.mjs';
import { PlainError } from './progress.mjs';

const LOG_LIMIT_BYTES = 20 * 1024 * 1024;

/** What the portal's configuration reads from its environment. */
export function portalEnvironment({
  toolchain,
  bind,
  ports,
  dataDir,
  secrets,
  signInKey,
}) {
  return {
    ...toolchain.env,
    NODE_ENV: 'production',
    MODEL_PLATFORM_PROFILE: 'local',
    PORTAL_HOST: bind,
    PORTAL_PORT: String(ports.portal),
    GATEWAY_PORT: String(ports.gateway),
    MODEL_PLATFORM_DATA_DIR: dataDir,
    MODEL_PLATFORM_HOME: inRoot(),
    MODEL_PLATFORM_PUBLISHER_TOKEN: secrets.publisherToken,
    MODEL_PLATFORM_SETUP_TOKEN: secrets.setupToken,
    MODEL_PLATFORM_SESSION_SECRET: secrets.sessionSecret,
    MODEL_PLATFORM_SIGN_IN_KEY: signInKey,
    // Threads that each keep an arena of their own cost a portal of one machine tens of megabytes.
    MALLOC_ARENA_MAX: '2',
    NODE_COMPILE_CACHE:
      toolchain.env.NODE_COMPILE_CACHE ??
      path.join(dataDir, 'tmp', 'compile-cache'),
  };
}

/** The portal: Backstage with its pages and our plugins, one process on one port. */
export class Portal {
  #child;
  #lost = [];
  #recordFile;

  constructor({ dataDir, bind, port }) {
    this.dataDir = dataDir;
    this.bind = bind;
    this.port = port;
    this.url = `http://${bind}:${port}`;
    this.logFile = path.join(dataDir, 'logs', 'portal.log');
    this.#recordFile = path.join(dataDir, 'portal.json');
  }

  get pid() {
    return this.#child?.pid;
  }

  /** A portal whose parent was killed ends by itself; if it is still about, it is ended here. */
  async endLeftover() {
    await end(readJson(this.#recordFile), { graceMs: 10_000 });
  }

  async requireFreePort() {
    await requireFreePort(this.port, this.bind, 'PORTAL_PORT');
  }

  start(toolchain, { secrets, signInKey, gatewayPort }) {
    if (
      (fs.statSync(this.logFile, { throwIfNoEntry: false })?.size ?? 0) >
      LOG_LIMIT_BYTES
    ) {
      fs.renameSync(this.logFile, `${this.logFile}.1`);
    }
    const log = fs.openSync(this.logFile, 'a', 0o600);
    const configs = [
      inRoot('app-config.yaml'),
      ...(process.env.MODEL_PLATFORM_CONFIG ?? '').split(':').filter(Boolean),
    ];
    this.#child = withPrivateFiles(() =>
      spawn(
        toolchain.node,
        [
          ...PORTAL_FLAGS,
          '--enable-source-maps',
          inRoot('packages/backend/dist/main.cjs'),
          ...configs.flatMap(file => ['--config', path.resolve(file)]),
        ],
        {
          cwd: inRoot('packages/backend'),
          detached: true,
          stdio: ['ignore', log, log, 'ipc'],
          env: portalEnvironment({
            toolchain,
            bind: this.bind,
            ports: { portal: this.port, gateway: gatewayPort },
            dataDir: this.dataDir,
            secrets,
            signInKey,
          }),
        },
      ),
    );
    fs.closeSync(log);
    writePrivately(
      this.#recordFile,
      JSON.stringify({
        pid: this.#child.pid,
        startTime: startTimeOf(this.#child.pid),
      }),
    );
    this.#child.once('exit', (code, signal) => {
      const reason = signal ?? `exit code ${code}`;
      this.ended = reason;
      fs.rmSync(this.#recordFile, { force: true });
      for (const listener of this.#lost) listener(reason);
    });
  }

  onLost(listener) {
    this.#lost.push(listener);
  }

  async ready() {
    const deadline = Date.now() + 180_000;
    for (;;) {
      if (this.ended)
        throw new PlainError(
          `The portal did not start (${this.ended}):\n${lastLines(
            this.logFile,
          )}`,
        );
      try {
        const response = await fetch(
          `${this.url}/.backstage/health/v1/readiness`,
          { signal: AbortSignal.timeout(2_000) },
        );
        if (response.ok) return;
      } catch {
        // not listening yet
      }
      if (Date.now() > deadline)
        throw new PlainError(
          `The portal is not ready after three minutes:\n${lastLines(
            this.logFile,
          )}`,
        );
      await sleep(50);
    }
  }

  /** This one, or the one that another start has left. */
  async stop() {
    this.#lost.length = 0;
    await end(readJson(this.#recordFile), { graceMs: 15_000 });
    fs.rmSync(this.#recordFile, { force: true });
  }
}
