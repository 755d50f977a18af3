import fs from 'node:fs';
import path from 'node:path';
import { TestCluster } from './TestCluster';

/**
 * Brings a developer's own container to the cluster's node.
 *
 * @param name - of the image, with a tag
 * @param folder - where it is put together
 * @returns its reference, by digest
 */
export async function importOwnImage(
  { node }: TestCluster['service'],
  name: string,
  folder: string,
): Promise<string> {
  const { nodeLayer } = await import(
    '../services/kubernetes/platformImage.mjs'
  );
  const { packImage } = await import('../services/kubernetes/packImage.mjs');
  const own = path.join(folder, 'own');
  fs.mkdirSync(own);
  fs.copyFileSync(
    path.join(__dirname, 'ownModel/server.mjs'),
    path.join(own, 'server.mjs'),
  );
  const file = path.join(folder, 'own.tar');
  await packImage({
    file,
    name,
    config: { Cmd: ['/bin/node', '/server.mjs'] },
    layers: [nodeLayer(path.join(folder, 'own-base')), own],
  });
  await node.importImage(file);
  return await node.pinImage(name);
}
