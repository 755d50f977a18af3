import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { run } from '../../scripts/lib/run.mjs';

const UV_VERSION = '0.13.9';

/**
 * An environment of another project from PyPI, installed once, in the cache folder.
 *
 * @returns its folder of programs
 */
export async function ensurePackages(name, packages) {
  const folder = inRoot('.cache', name);
  const bin = path.join(folder, 'bin');
  const stamp = path.join(folder, '.complete');
  const wanted = packages.join('\n');
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted)
    return bin;
  fs.rmSync(folder, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', folder]);
  await run(path.join(bin, 'pip'), [
    'install',
    '--quiet',
    '--disable-pip-version-check',
    `uv==${UV_VERSION}`,
  ]);
  await run(path.join(bin, 'uv'), [
    'pip',
    'install',
    '--quiet',
    '--compile-bytecode',
    '--python',
    path.join(bin, 'python'),
    ...packages,
  ]);
  fs.writeFileSync(stamp, wanted);
  return bin;
}
