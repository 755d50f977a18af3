import { createHash } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { run } from '../../../scripts/lib/run.mjs';

/**
 * An image without a Docker daemon: what `docker save` writes, which is a tar
 * of its settings and of a tar for each layer.
 *
 * @param {{ file: string, name: string, config: object, layers: string[] }} image
 *   `layers` are folders, each with what it puts into the root
 */
export async function packImage({ file, name, config, layers }) {
  const folder = fs.mkdtempSync(`${file}-`);
  try {
    const tars = [];
    const digests = [];
    for (const [index, layer] of layers.entries()) {
      const tar = `layer-${index}.tar`;
      await run('tar', [
        '--sort=name',
        '--mtime=@0',
        '--owner=0',
        '--group=0',
        '--numeric-owner',
        '-cf',
        path.join(folder, tar),
        '-C',
        layer,
        '.',
      ]);
      tars.push(tar);
      digests.push(`sha256:${await digestOf(path.join(folder, tar))}`);
    }
    const write = (of, content) =>
      fs.writeFileSync(path.join(folder, of), JSON.stringify(content));
    write('config.json', {
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: digests },
      history: [],
    });
    write('manifest.json', [
      { Config: 'config.json', RepoTags: [name], Layers: tars },
    ]);
    await run('tar', [
      '-cf',
      file,
      '-C',
      folder,
      'manifest.json',
      'config.json',
      ...tars,
    ]);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function digestOf(file) {
  const hash = createHash('sha256');
  const stream = fs.createReadStream(file);
  stream.on('data', chunk => hash.update(chunk));
  await once(stream, 'end');
  return hash.digest('hex');
}
