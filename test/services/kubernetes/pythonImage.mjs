import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { ensurePythonRuntime } from '../../../scripts/lib/pythonRuntime.mjs';
import { inRoot } from '../../../scripts/lib/paths.mjs';
import { run } from '../../../scripts/lib/run.mjs';
import { stageImages } from '../../../scripts/lib/stageImages.mjs';
import { addons, copyLibraries } from './platformImage.mjs';
import { packImage } from './packImage.mjs';

/**
 * The image `python` of packages/model-runner-python/Dockerfile, packed without
 * a Docker daemon: the same programs on this machine's Python and C libraries.
 *
 * @param folder where it is put together
 * @returns the file, for `importImage`
 */
export async function pythonImage(name, folder) {
  const { python } = stageImages(path.join(folder, 'staged'));
  const base = await pythonLayer(path.join(folder, 'base'));
  const file = path.join(folder, 'python.tar');
  await packImage({
    file,
    name,
    config: {
      User: '65532:65532',
      WorkingDir: '/app',
      Env: [
        'PATH=/usr/local/bin:/bin',
        'PYTHONPATH=/app',
        'PYTHONDONTWRITEBYTECODE=1',
      ],
    },
    layers: [base, python],
  });
  return file;
}

/** This machine's Python where it is here, the pinned packages, and uv. @returns the folder that they were put into */
async function pythonLayer(base) {
  const runner = inRoot('packages/model-runner-python');
  const made = await ensurePythonRuntime({
    dataDir: inRoot('.cache', 'test-data'),
    log: console.log,
    withTests: true,
  });
  if (made.unavailable) throw new Error(made.unavailable);
  const ask = (python, what) =>
    execFileSync(
      python,
      ['-c', `import os, site, sys, sysconfig; print(${what})`],
      { encoding: 'utf8' },
    ).trim();
  const program = ask(made.python, 'os.path.realpath(sys.executable)');
  const stdlib = ask(program, 'sysconfig.get_paths()["stdlib"]');
  const packages = ask(program, 'site.getsitepackages()[0]');
  const bin = path.join(base, 'usr/local/bin');
  for (const folder of [bin, path.join(base, 'etc'), path.join(base, 'tmp')])
    fs.mkdirSync(folder, { recursive: true });
  copyFolder(stdlib, path.join(base, stdlib), [
    'test',
    'idlelib',
    'site-packages',
    'dist-packages',
  ]);
  copyFolder(
    ask(made.python, 'sysconfig.get_paths()["purelib"]'),
    path.join(base, packages),
  );
  fs.mkdirSync(path.join(base, path.dirname(program)), { recursive: true });
  fs.copyFileSync(program, path.join(base, program));
  fs.symlinkSync(program, path.join(bin, 'python'));
  const fetched = `${base}-uv`;
  await run(program, [
    ...['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'],
    ...['--only-binary', ':all:', '--require-hashes', '--target', fetched],
    ...['-r', path.join(runner, 'requirements-image.txt')],
  ]);
  const uv = path.join(bin, 'uv');
  fs.copyFileSync(path.join(fetched, 'bin/uv'), uv);
  copyLibraries([uv, program, ...addons(base)], base);
  return base;
}

function copyFolder(from, to, without = []) {
  const left = new Set(without.map(name => path.join(from, name)));
  fs.cpSync(from, to, {
    recursive: true,
    filter: file => !left.has(file) && path.basename(file) !== '__pycache__',
  });
}
