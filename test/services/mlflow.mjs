import { spawn } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';

export const MLFLOW_VERSION = '3.17.2';
const UV_VERSION = '0.13.9';

/** MLflow from PyPI, installed once, in the cache folder. @returns its program */
export async function ensureMlflow() {
  const folder = inRoot('.cache', `mlflow-${MLFLOW_VERSION}`);
  const program = path.join(folder, 'bin', 'mlflow');
  const stamp = path.join(folder, '.complete');
  if (fs.existsSync(stamp)) return program;
  fs.rmSync(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(path.join(folder, 'bin', 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `uv==${UV_VERSION}`,
  ]);
  await run(path.join(folder, 'bin', 'uv'), [
    'pip',
    'install',
    '--quiet',
    '--compile-bytecode',
    '--python',
    path.join(folder, 'bin', 'python'),
    `mlflow==${MLFLOW_VERSION}`,
  ]);
  fs.writeFileSync(stamp, '');
  return program;
}

/** MLflow's own server with SQLite and four workers, on loopback. */
export async function startMlflow() {
  const program = await ensureMlflow();
  const folder = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-mlflow-'),
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    program,
    [
      'server',
      '--backend-store-uri',
      `sqlite:///${path.join(folder, 'mlflow.db')}`,
      '--artifacts-destination',
      path.join(folder, 'artifacts'),
      '--host',
      '127.0.0.1',
      '--port',
      String(port),
      '--workers',
      '4',
    ],
    {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, MLFLOW_DISABLE_TELEMETRY: 'true' },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', chunk => {
      output = (output + chunk).slice(-10_000);
    });
  for (;;) {
    if (child.exitCode !== null) throw new Error(output);
    const healthy = await fetch(`${url}/health`).then(
      response => response.ok,
      () => false,
    );
    if (healthy) break;
    await new Promise(resolve => setTimeout(resolve, 200));
  }
  return {
    url,
    pid: child.pid,
    async stop() {
      child.kill('SIGTERM');
      await new Promise(resolve => child.once('exit', resolve));
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
