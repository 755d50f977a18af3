import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';
import { VersionEnvironments } from './VersionEnvironments';

const pythonPath = path.resolve(
  __dirname,
  '../../../packages/model-runner-python',
);
const signature = {
  inputs: [{ name: 'x', type: 'number' }],
  outputs: [{ name: 'y', type: 'string' }],
};
const code =
  'import six\n\n\ndef predict(model, inputs, context):\n    return {"y": six.__version__}\n';

jest.setTimeout(400_000);

describe('environments of versions whose publisher pins nothing', () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-env-'));
  const environments = new VersionEnvironments(dataDir);
  const running: ChildProcess[] = [];

  afterAll(async () => {
    for (const child of running) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    fs.rmSync(dataDir, { recursive: true, force: true });
  });

  async function ensure(number: number, requirements: string) {
    const files = path.join(dataDir, 'versions', 'm', String(number), 'files');
    fs.mkdirSync(files, { recursive: true });
    fs.writeFileSync(path.join(files, 'endpoint.py'), code);
    fs.writeFileSync(path.join(files, 'requirements.txt'), requirements);
    const version = {
      ...{ model: 'unpinned', number, runtime: 'python', flavor: 'python' },
      files: [{ path: 'endpoint.py' }, { path: 'requirements.txt' }],
    } as ModelVersion;
    const { signal } = new AbortController();
    return {
      files,
      interpreter: await environments.ensure(
        version,
        files,
        pythonPath,
        signal,
      ),
    };
  }

  /** Its answer, from a runner as the host starts one. */
  async function served(number: number, requirements: string) {
    const { files, interpreter } = await ensure(number, requirements);
    const directory = path.join(dataDir, `runner-${number}`);
    fs.mkdirSync(directory);
    fs.symlinkSync(files, path.join(directory, 'model'));
    const documents = {
      'model.json': JSON.stringify({
        formatVersion: 1,
        model: {
          ...{ name: 'unpinned', slug: 'unpinned', type: 'ml' },
          ...{ system: 'plants', description: 'Says its package' },
        },
        ...{ version: number, flavor: 'python', signature, metrics: [] },
        ...{ files: ['endpoint.py'], endpoint: 'endpoint.py' },
      }),
      'openapi.json': '{}',
      'docs.html': '',
    };
    for (const [name, text] of Object.entries(documents))
      fs.writeFileSync(path.join(directory, name), text);
    const port = await freePort();
    const child = spawn(String(interpreter), ['-m', 'model_runner'], {
      cwd: directory,
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        PYTHONPATH: pythonPath,
        MODEL_DIR: directory,
        PORT: String(port),
        MODEL_ENDPOINT: 'unpinned',
        MODEL_VARIANT: 'main',
        MODEL_REVISION: '1',
        MODEL_ENVIRONMENT: 'local',
      },
    });
    running.push(child);
    const call = async () =>
      await fetch(`http://127.0.0.1:${port}/unpinned/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: { x: 1 } }),
      });
    for (;;) {
      const response = await call().catch(() => undefined);
      if (response?.ok) return (await response.json()).outputs.y;
      expect(child.exitCode).toBeNull();
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  it('let versions with conflicting requirements answer side by side, each with its own', async () => {
    expect(await served(1, 'six<1.17\n')).toBe('1.16.0');
    expect(await served(2, 'six==1.17.0\n')).toBe('1.17.0');
    expect(running.map(({ exitCode }) => exitCode)).toEqual([null, null]);
  });

  it('are not made of what the platform may not pin, and say why', async () => {
    await expect(ensure(3, 'docopt==0.6.2\n')).rejects.toThrow(
      /^The Python packages of unpinned version 3 cannot be resolved: [^]*docopt/,
    );
    await expect(
      ensure(4, 'six\n-r ../../1/files/secret.txt\n'),
    ).rejects.toThrow(
      /cannot be resolved: requirements\.txt, line 2: -r .* is not allowed/,
    );
  });

  it('stay those of versions and runners that have them where a newer platform cannot make its own', async () => {
    const folder = path.join(dataDir, 'upgraded');
    const before = new VersionEnvironments(folder);
    const files = path.join(folder, 'versions', 'm', '1', 'files');
    fs.mkdirSync(files, { recursive: true });
    fs.writeFileSync(path.join(files, 'requirements.txt'), 'six==1.17.0\n');
    const version = {
      ...{ model: 'kept', number: 1, runtime: 'python', flavor: 'python' },
      files: [{ path: 'requirements.txt' }],
    } as ModelVersion;
    const { signal } = new AbortController();
    const made = await before.ensure(version, files, pythonPath, signal);
    const marker = path.join(path.dirname(files), 'environment');
    const marked = fs.readFileSync(marker, 'utf8');

    const newer = path.join(folder, 'newer');
    fs.mkdirSync(newer);
    fs.writeFileSync(
      path.join(newer, 'requirements-runner.txt'),
      `idna==3.10 --hash=sha256:${'0'.repeat(64)}\n`,
    );
    const upgraded = new VersionEnvironments(folder);
    await expect(
      upgraded.ensure(version, files, newer, signal),
    ).rejects.toThrow(
      /^The Python packages of kept version 1 cannot be installed: /,
    );
    expect(fs.readFileSync(marker, 'utf8')).toBe(marked);
    await upgraded.removeUnused(newer, []);
    expect(fs.existsSync(String(made))).toBe(true);

    // The version goes on in another one; who was started in this one has it still.
    fs.writeFileSync(marker, '0'.repeat(16));
    await upgraded.removeUnused(newer, [String(made)]);
    expect(fs.existsSync(String(made))).toBe(true);
    await upgraded.removeUnused(newer, []);
    expect(fs.existsSync(String(made))).toBe(false);
  });

  it('take requirements that pin everything as they are', async () => {
    const hash =
      '4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274';
    const pinned = `six==1.17.0 --hash=sha256:${hash}\n`;
    const before = await ensure(5, pinned);
    expect(fs.existsSync(String(before.interpreter))).toBe(true);
    const locks = path.join(dataDir, 'environments', 'locks');
    const made = fs
      .readdirSync(locks)
      .map(name => fs.readFileSync(path.join(locks, name), 'utf8'));
    expect(made).not.toContain(pinned);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
