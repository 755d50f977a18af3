import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.mjs';
import { run } from './run.mjs';

const folder = inRoot('packages/model-runner-python');
const OLDEST = [3, 11];
const UV_VERSION = '0.13.9';

/** Settings of pip that uv has too, by the variables it reads them from. */
const uvVariables = {
  'index-url': 'UV_DEFAULT_INDEX',
  'extra-index-url': 'UV_INDEX',
  'find-links': 'UV_FIND_LINKS',
  cert: 'SSL_CERT_FILE',
  timeout: 'UV_HTTP_TIMEOUT',
  'default-timeout': 'UV_HTTP_TIMEOUT',
};
/** Settings of pip that change nothing about what is installed, or from where. */
const harmless = new Set([
  'disable-pip-version-check',
  'no-color',
  'quiet',
  'verbose',
  'progress-bar',
  'cache-dir',
  'no-cache-dir',
  'root-user-action',
  'break-system-packages',
  'user',
  'no-input',
  'only-binary',
  'prefer-binary',
  'no-warn-script-location',
  'retries',
]);

/** The machine's Python, new enough and able to make environments; or why not. */
function findPython() {
  const reasons = [];
  for (const name of [
    'python3',
    'python3.14',
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
      if (major === OLDEST[0] && minor >= OLDEST[1]) return { file, version };
      reasons.push(`${name} is ${version}`);
    } catch (error) {
      if (error.code !== 'ENOENT')
        reasons.push(
          `${name} cannot make virtual environments (Debian: apt-get install python3-venv)`,
        );
    }
  }
  return {
    unavailable: `Python ${OLDEST.join('.')} or newer is needed${
      reasons.length > 0 ? `, but ${reasons[0]}` : ' and none is installed'
    }.`,
  };
}

/**
 * The environment of Python runners, `venv/<hash>` in the data folder, with
 * the pinned wheels of `requirements.txt`. Other requirements get another
 * folder, so runners that still serve keep theirs; a folder counts only once
 * it is stamped, so a start that is cut off leaves none that is half made.
 *
 * @returns `{ python }`, the path of its interpreter, or `{ unavailable }`, a reason for people
 */
export async function ensurePythonRuntime({ dataDir, log, withTests = false }) {
  return await ensurePython({
    requirements: [
      'requirements.txt',
      ...(withTests ? ['requirements-test.txt'] : []),
    ].map(name => path.join(folder, name)),
    dataDir,
    log,
  });
}

/** An environment with these pinned wheels; what `ensurePythonRuntime` says of it holds. */
export async function ensurePython({ requirements, dataDir, log }) {
  const found = findPython();
  if (found.unavailable) return found;
  const hash = createHash('sha256').update(`${found.file} ${found.version}`);
  for (const file of requirements) hash.update(fs.readFileSync(file));
  const environments = path.join(dataDir, 'venv');
  const venv = path.join(environments, hash.digest('hex').slice(0, 16));
  const python = path.join(venv, 'bin', 'python');
  if (fs.existsSync(stampOf(venv)) && fs.existsSync(python)) return { python };
  try {
    fs.mkdirSync(environments, { recursive: true, mode: 0o700 });
    if (!(await installWithUv(found.file, venv, requirements)))
      await installWithPip(found.file, venv, requirements);
    fs.writeFileSync(stampOf(venv), '');
    removeOld(environments, venv);
    return { python };
  } catch (error) {
    if (['ENOSPC', 'EACCES', 'EROFS', 'EPERM'].includes(error.code))
      throw error;
    log?.(error.message);
    const [reason] = error.message.trim().split('\n').slice(-1);
    return { unavailable: `its packages cannot be installed: ${reason}` };
  }
}

const stampOf = venv => path.join(venv, '.complete');

function empty(venv) {
  fs.rmSync(venv, { recursive: true, force: true, maxRetries: 3 });
}

/** Keeps the newest other one: runners may be serving from it. */
function removeOld(environments, current) {
  const madeAt = place =>
    fs.statSync(stampOf(place), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const others = fs
    .readdirSync(environments)
    .map(name => path.join(environments, name))
    .filter(place => place !== current)
    .sort((left, right) => madeAt(right) - madeAt(left));
  const kept = others.find(place => madeAt(place) > 0);
  for (const place of others) if (place !== kept) empty(place);
}

async function installWithPip(machinePython, venv, requirements) {
  empty(venv);
  await run(machinePython, ['-m', 'venv', venv]);
  await run(path.join(venv, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--only-binary',
    ':all:',
    '--require-hashes',
    ...requirements.flatMap(file => ['--requirement', file]),
  ]);
}

/**
 * uv installs several times faster than pip. It does not read pip's
 * configuration, so it gets it as its own variables.
 *
 * @returns false where it cannot be used, and pip must
 */
async function installWithUv(machinePython, venv, requirements) {
  try {
    const variables = await pipSettingsForUv(machinePython);
    if (!variables) return false;
    empty(venv);
    await run(machinePython, ['-m', 'venv', '--without-pip', venv]);
    const uv = await findUv(machinePython, venv);
    await run(
      uv,
      [
        'pip',
        'install',
        '--quiet',
        '--no-config',
        '--python',
        path.join(venv, 'bin', 'python'),
        '--only-binary',
        ':all:',
        '--require-hashes',
        // Every start of a runner would compile all it imports.
        '--compile-bytecode',
        ...requirements.flatMap(file => ['--requirement', file]),
      ],
      { env: { ...variables, ...process.env } },
    );
    empty(path.join(venv, 'uv'));
    return true;
  } catch {
    return false;
  }
}

async function findUv(machinePython, venv) {
  try {
    await run('uv', ['--version']);
    return 'uv';
  } catch {
    const target = path.join(venv, 'uv');
    await run(machinePython, [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--only-binary',
      ':all:',
      '--no-deps',
      '--target',
      target,
      `uv==${UV_VERSION}`,
    ]);
    return path.join(target, 'bin', 'uv');
  }
}

/** pip's settings as uv's variables; undefined where uv has no such setting. */
async function pipSettingsForUv(machinePython) {
  const listed = await run(machinePython, ['-m', 'pip', 'config', 'list']);
  const variables = {};
  for (const line of listed.split('\n').filter(Boolean)) {
    const [, name, value] =
      /^(?:global|install|:env:)\.([\w.-]+)='(.*)'$/.exec(line) ?? [];
    // Settings of other commands of pip.
    if (name === undefined) continue;
    const variable = uvVariables[name];
    if (variable) {
      variables[variable] = value.replace(/\\n/g, ' ').trim();
    } else if (!harmless.has(name)) {
      return undefined;
    }
  }
  return variables;
}
