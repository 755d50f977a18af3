import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from './freePort.mjs';
import { ensurePackages } from './pythonPackages.mjs';

export const MLFLOW_VERSION = '3.17.2';

/** MLflow from PyPI. @returns its program */
export async function ensureMlflow() {
  const bin = await ensurePackages(`mlflow-${MLFLOW_VERSION}`, [
    `mlflow==${MLFLOW_VERSION}`,
  ]);
  return path.join(bin, 'mlflow');
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
