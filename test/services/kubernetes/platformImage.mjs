import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { stageImages } from '../../../scripts/lib/stageImages.mjs';
import { packImage } from './packImage.mjs';

/**
 * The image `platform` of packages/model-runner-node/Dockerfile, packed without
 * a Docker daemon: the same programs on this machine's Node and C libraries.
 *
 * @param folder where it is put together
 * @returns the file, for `importImage`
 */
export async function platformImage(name, folder) {
  const { platform } = stageImages(path.join(folder, 'staged'));
  const base = nodeLayer(path.join(folder, 'base'), addons(platform));
  // As in the Dockerfile: what cannot be read leaves no copy of its memory behind.
  fs.chmodSync(path.join(base, 'bin', 'node'), 0o111);
  const file = path.join(folder, 'platform.tar');
  await packImage({
    file,
    name,
    config: { User: '65532:65532', WorkingDir: '/app', Env: ['PATH=/bin'] },
    layers: [base, platform],
  });
  return file;
}

/**
 * This machine's Node, and the C libraries that it and packages need.
 *
 * @returns the folder that they were put into
 */
export function nodeLayer(base, addons = []) {
  const bin = path.join(base, 'bin');
  for (const made of ['bin', 'etc', 'tmp'])
    fs.mkdirSync(path.join(base, made), { recursive: true });
  fs.copyFileSync(process.execPath, path.join(bin, 'node'));
  fs.chmodSync(path.join(bin, 'node'), 0o755);
  copyLibraries([process.execPath, ...addons], base);
  return base;
}

/** What programs need of the machine, and who runs them. */
export function copyLibraries(files, base) {
  const given = new Set(files);
  for (const library of librariesOf(files)) {
    // Packages find their own beside them.
    if (given.has(path.normalize(library))) continue;
    const to = path.join(base, library);
    fs.mkdirSync(path.dirname(to), { recursive: true });
    fs.copyFileSync(library, to);
  }
  fs.writeFileSync(
    path.join(base, 'etc', 'passwd'),
    'nonroot:x:65532:65532::/tmp:/sbin/nologin\n',
  );
}

/** What packages bring that is not JavaScript. */
export function addons(folder) {
  return fs
    .readdirSync(folder, { recursive: true })
    .filter(name => /\.node$|\.so(\.\d+)*$/.test(name))
    .map(name => path.join(folder, name));
}

/** @returns those that the machine has, which are the image's too where it has no others */
function librariesOf(files) {
  const needed = execFileSync('ldd', files, { encoding: 'utf8' });
  return new Set(
    [...needed.matchAll(/(?:=> |^\t)(\/[^\s:)]+)/gm)].map(([, file]) => file),
  );
}
