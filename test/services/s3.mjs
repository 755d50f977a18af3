import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../scripts/lib/run.mjs';
import { freePort } from './freePort.mjs';

const MODULE = 'github.com/versity/versitygw/cmd/versitygw';
const VERSION = '1.8.0';

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Built once for all clones of a user. */
const program = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
  'model-platform',
  'services',
  `versitygw-${VERSION}`,
  'versitygw',
);

let building;

/**
 * Builds a real S3 server of its Go module, unless it was before; that takes
 * some minutes.
 *
 * @returns the program, or why there is none
 */
export function ensureS3() {
  building ??= build();
  return building;
}

async function build() {
  if (fs.existsSync(program)) return { program };
  const version = await run('go', ['version']).catch(() => undefined);
  if (version === undefined) {
    return {
      unavailable:
        'the S3 server of the tests is built with Go, and there is no `go` on the PATH (https://go.dev/dl)',
    };
  }
  fs.mkdirSync(path.dirname(program), { recursive: true });
  // Go's caches are of no use once the program is there.
  const folder = fs.mkdtempSync(path.join(path.dirname(program), 'build-'));
  try {
    await run('go', ['install', `${MODULE}@v${VERSION}`], {
      cwd: folder,
      env: {
        ...process.env,
        CGO_ENABLED: '0',
        GOBIN: folder,
        GOCACHE: path.join(folder, 'cache'),
        GOFLAGS: '-buildvcs=false -modcacherw',
        GOMODCACHE: path.join(folder, 'modules'),
      },
    });
    fs.renameSync(path.join(folder, 'versitygw'), program);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
  return { program };
}

/**
 * The S3 server on loopback, or at another address of this machine, with its objects in a temporary folder, and with
 * these buckets.
 *
 * @param {{ buckets?: string[], host?: string }} [options]
 * @returns how to reach it and how to stop it, or why there is none
 */
export async function startS3({ buckets = [], host = '127.0.0.1' } = {}) {
  const built = await ensureS3();
  if (built.unavailable) return built;
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-s3-'));
  // A folder in it is what it takes for a bucket.
  for (const bucket of buckets) fs.mkdirSync(path.join(folder, bucket));
  const endpoint = `http://${host}:${await freePort()}`;
  const credentials = {
    accessKeyId: 'tests',
    secretAccessKey: randomBytes(16).toString('hex'),
  };
  const server = spawn(
    built.program,
    [
      '--quiet',
      '--keep-alive',
      '--port',
      new URL(endpoint).host,
      '--access',
      credentials.accessKeyId,
      '--secret',
      credentials.secretAccessKey,
      'posix',
      folder,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH } },
  );
  let log = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', chunk => {
      log = (log + chunk).slice(-4_000);
    });
  }
  while (!(await answers(endpoint))) {
    if (server.exitCode !== null)
      throw new Error(`The S3 server did not start:\n${log}`);
    await sleep(50);
  }
  return {
    endpoint,
    credentials,
    /** Of its objects: `<bucket>/<key>`. */
    folder,
    async stop() {
      server.kill('SIGTERM');
      while (server.exitCode === null && server.signalCode === null)
        await sleep(25);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whatever it answers: that it does is enough. */
function answers(endpoint) {
  return fetch(endpoint).then(
    async response => {
      await response.body?.cancel();
      return true;
    },
    () => false,
  );
}
