import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../services/freePort.mjs';

export const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/** A platform started for a bench, from a folder with a clone in it. */
export class BenchPlatform {
  #child;
  #output = '';

  static async create(clone, environment = {}) {
    const platform = new BenchPlatform();
    platform.clone = clone;
    platform.dataDir = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-bench-'),
    );
    platform.env = {
      ...process.env,
      MODEL_PLATFORM_DATA_DIR: platform.dataDir,
      PORTAL_PORT: String(await freePort()),
      GATEWAY_PORT: String(await freePort()),
      ...environment,
    };
    return platform;
  }

  get quickstart() {
    return JSON.parse(
      fs.readFileSync(path.join(this.dataDir, 'quickstart.json'), 'utf8'),
    );
  }

  /**
   * Starts it. Resolves with the milliseconds to the first answered call of
   * iris, made as soon as its token is known, and to the announced readiness.
   */
  async start(known) {
    const begin = performance.now();
    fs.rmSync(path.join(this.dataDir, 'quickstart.json'), { force: true });
    this.#child = spawn('npm', ['start', '--silent'], {
      cwd: this.clone,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.on('data', chunk => {
        this.#output += chunk;
      });
    }
    let answeredMs;
    let readyMs;
    while (readyMs === undefined || answeredMs === undefined) {
      if (this.#child.exitCode !== null) throw new Error(this.#output);
      if (
        readyMs === undefined &&
        fs.existsSync(path.join(this.dataDir, 'quickstart.json'))
      )
        readyMs = performance.now() - begin;
      const endpoint =
        known ??
        (readyMs === undefined
          ? undefined
          : this.quickstart.endpoints.find(({ name }) => name === 'iris'));
      if (answeredMs === undefined && endpoint) {
        const status = await this.predict(endpoint).then(
          response => response.status,
          () => 0,
        );
        if (status === 200) answeredMs = performance.now() - begin;
      }
      await sleep(25);
    }
    return { answeredMs, readyMs };
  }

  async predict(endpoint) {
    const response = await fetch(`${endpoint.url}/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${endpoint.token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(endpoint.exampleRequest),
    });
    await response.arrayBuffer();
    return response;
  }

  async api(route, init = {}) {
    const { portalUrl, publisherToken } = this.quickstart;
    const response = await fetch(
      `${portalUrl}/api/model-platform/v1/${route}`,
      {
        ...init,
        headers: {
          authorization: `Bearer ${init.token ?? publisherToken}`,
          'content-type': 'application/json',
          ...init.headers,
        },
      },
    );
    if (!response.ok)
      throw new Error(`${route}: ${response.status} ${await response.text()}`);
    const text = await response.text();
    return text === '' ? undefined : JSON.parse(text);
  }

  async signIn(person) {
    const { portalUrl, signInUrl } = this.quickstart;
    const response = await fetch(
      `${portalUrl}/api/auth/sample-people/refresh`,
      {
        headers: {
          'x-sign-in-key': new URL(signInUrl).searchParams.get('key'),
          'x-sign-in-person': `user:default/${person}`,
        },
      },
    );
    return (await response.json()).backstageIdentity.token;
  }

  async cli(...args) {
    const { portalUrl, publisherToken } = this.quickstart;
    const child = spawn(
      process.execPath,
      [path.join(this.clone, 'packages/cli/bin/model-platform.js'), ...args],
      {
        env: {
          ...process.env,
          MODEL_PLATFORM_URL: portalUrl,
          MODEL_PLATFORM_TOKEN: publisherToken,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    let errors = '';
    child.stderr.on('data', chunk => {
      errors += chunk;
    });
    const code = await new Promise(resolve => child.on('close', resolve));
    if (code !== 0)
      throw new Error(`model-platform ${args.join(' ')}: ${errors}`);
  }

  async stop() {
    if (!this.#child || this.#child.exitCode !== null) return;
    this.#child.kill('SIGTERM');
    await new Promise(resolve => this.#child.once('exit', resolve));
  }

  async destroy() {
    await this.stop();
    fs.rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Resident memory of a process, MB. */
export function residentMb(pid) {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(
    fs.readFileSync(`/proc/${pid}/status`, 'utf8'),
  );
  return Number(kilobytes) / 1024;
}

/** Latencies in milliseconds of calls one after another over one kept connection, without Nagle's delay. */
export async function sequentialLatencies({
  url,
  headers,
  body,
  calls,
  warmUp = 500,
}) {
  const agent = new http.Agent({
    keepAlive: true,
    maxSockets: 1,
    noDelay: true,
  });
  const call = () =>
    new Promise((resolve, reject) => {
      const begin = performance.now();
      const request = http.request(
        url,
        {
          agent,
          method: 'POST',
          headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        },
        response => {
          if (response.statusCode !== 200)
            reject(new Error(`${url}: ${response.statusCode}`));
          response.resume();
          response.on('end', () => resolve(performance.now() - begin));
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  for (let index = 0; index < warmUp; index += 1) await call();
  const latencies = [];
  for (let index = 0; index < calls; index += 1) latencies.push(await call());
  agent.destroy();
  return latencies.sort((left, right) => left - right);
}

export const quantile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
