import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.mjs';

/** What the image `platform` runs. */
const PROGRAMS = [
  'model-gateway',
  'model-gateway-agent',
  'model-fetch',
  'model-runner-node',
];

/**
 * The folders that images are built of, as they lie in them: programs with
 * what they need of node_modules, and the Python runtime.
 *
 * @returns them by the image
 * @throws Error where libraries of this system would be of no use in an image
 */
export function stageImages(folder = inRoot('.cache', 'images')) {
  if (process.platform !== 'linux')
    throw new Error(
      `Images are of Linux, and what is installed here is of ${process.platform}: run this on Linux, or in a container of it`,
    );
  const platform = path.join(folder, 'platform');
  const python = path.join(folder, 'python');
  fs.rmSync(folder, { recursive: true, force: true });
  const needed = new Map();
  for (const name of PROGRAMS) {
    const from = inRoot('packages', name);
    const to = path.join(platform, 'app', name);
    copy(path.join(from, 'dist'), path.join(to, 'dist'));
    copy(path.join(from, 'package.json'), path.join(to, 'package.json'));
    collect(from, needed);
  }
  for (const from of needed.values()) {
    // Programs lie without `packages` there, and what only one of them has beside it.
    const place = path.relative(inRoot(), from).replace(/^packages\W/, '');
    const to = path.join(platform, 'app', place);
    // What lies in its own node_modules is collected by itself.
    copy(from, to, file => path.basename(file) !== 'node_modules');
  }
  const runner = inRoot('packages', 'model-runner-python');
  for (const name of [
    'model_runner',
    'requirements.txt',
    'requirements-runner.txt',
    'requirements-image.txt',
  ])
    copy(path.join(runner, name), path.join(python, 'app', name));
  return { platform, python };
}

/** The packages that a package needs when it runs, from where Node finds them. */
function collect(folder, needed) {
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    fs.readFileSync(path.join(folder, 'package.json'), 'utf8'),
  );
  for (const name of Object.keys({
    ...dependencies,
    ...optionalDependencies,
  })) {
    const found = find(folder, name);
    if (!found && name in optionalDependencies) continue;
    if (!found)
      throw new Error(`${name}, which ${folder} needs, is not installed`);
    if (needed.has(found)) continue;
    // Ours are in the bundles, and what they need is not.
    if (!name.startsWith('@model-platform/')) needed.set(found, found);
    collect(fs.realpathSync(found), needed);
  }
}

function find(folder, name) {
  for (let at = folder; at.startsWith(inRoot()); at = path.dirname(at)) {
    const found = path.join(at, 'node_modules', name);
    if (fs.existsSync(found)) return found;
  }
  return undefined;
}

function copy(from, to, filter = () => true) {
  fs.cpSync(from, to, {
    recursive: true,
    // Other systems' libraries are half of it.
    filter: file => filter(file) && isOfThisSystem(file),
  });
}

function isOfThisSystem(file) {
  const [, system, processor] =
    /onnxruntime-node\/bin\/napi-v\d+\/(\w+)(?:\/(\w+))?$/.exec(file) ?? [];
  return (
    (!system || system === process.platform) &&
    (!processor || processor === process.arch)
  );
}
