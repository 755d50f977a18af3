import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.mjs';
import { run } from './run.mjs';

const folder = inRoot('packages/model-runner-python');
const oldest = [3, 11];

/** The machine's Python, new enough and able to make environments; or why not. */
function findPython() {
  const reasons = [];
  for (const name of [
    'python3',
    'python3.13',
    'python3.12',
    'python3.11',
    'python',
  ]) {
    try {
      const [version, file] = execFileSync(
        name,
        [
          '-c',
          'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2]); print(sys.executable)',
        ],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      )
        .trim()
        .split('\n');
      const [major, minor] = version.split('.').map(Number);
      if (major === oldest[0] && minor >= oldest[1]) return { file, version };
      reasons.push(`${name} is ${version}`);
    } catch (error) {
      if (error.code !== 'ENOENT')
        reasons.push(
          `${name} cannot make virtual environments (Debian: apt-get install python3-venv)`,
        );
    }
  }
  return {
    unavailable: `Python ${oldest.join('.')} or newer is needed${
      reasons.length > 0 ? `, but ${reasons[0]}` : ' and none is installed'
    }.`,
  };
}

/**
 * The environment of Python runners in the data folder, with the pinned
 * wheels of `requirements.txt`. It is made aside and stamped last, so that a
 * start which is cut off leaves none that is half made.
 *
 * @returns `{ python }`, the path of its interpreter, or `{ unavailable }`, a reason for people
 */
export async function ensurePythonRuntime({ dataDir, log, withTests = false }) {
  const found = findPython();
  if (found.unavailable) return found;
  const requirements = [
    'requirements.txt',
    ...(withTests ? ['requirements-test.txt'] : []),
  ].map(name => path.join(folder, name));
  const venv = path.join(dataDir, 'venv');
  const python = path.join(venv, 'bin', 'python');
  const stamp = path.join(venv, '.stamp');
  const hash = createHash('sha256').update(found.version);
  for (const file of requirements) hash.update(fs.readFileSync(file));
  const wanted = hash.digest('hex');
  if (
    fs.existsSync(python) &&
    fs.existsSync(stamp) &&
    fs.readFileSync(stamp, 'utf8') === wanted
  )
    return { python };
  try {
    fs.rmSync(venv, { recursive: true, force: true, maxRetries: 3 });
    await run(found.file, ['-m', 'venv', venv]);
    const files = requirements.flatMap(file => ['--requirement', file]);
    const uv = await installUv(python, venv);
    if (uv) {
      await run(uv, [
        'pip',
        'install',
        '--quiet',
        '--python',
        python,
        '--only-binary',
        ':all:',
        '--require-hashes',
        ...files,
      ]);
    } else {
      await run(python, [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--only-binary',
        ':all:',
        '--require-hashes',
        ...files,
      ]);
    }
    fs.writeFileSync(stamp, wanted);
    return { python };
  } catch (error) {
    log?.(error.message);
    return { unavailable: 'its packages cannot be installed (see above).' };
  }
}

/** uv installs several times faster than pip; without it pip does. */
async function installUv(python, venv) {
  try {
    await run(python, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--only-binary',
      ':all:',
      'uv==0.13.9',
    ]);
    return path.join(venv, 'bin', 'uv');
  } catch {
    return undefined;
  }
}
