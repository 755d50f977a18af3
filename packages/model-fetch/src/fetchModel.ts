import {
  copyFile,
  mkdir,
  readdir,
  readFile,
  rm,
  symlink,
} from 'node:fs/promises';
import { join } from 'node:path';
import { FetchEnvironment, fetchOrderSchema } from '@model-platform/model-wire';
import { fetchFile } from './fetchFile';
import { PortalSource } from './PortalSource';
import { S3Source } from './S3Source';

const ORDER_FILE = 'fetch.json';

/**
 * Makes the folder that a runner is started with: its documents, links to what
 * the environment says, and the files of the version, each verified.
 *
 * @throws Error that names the file and what is wrong with it
 */
export async function fetchModel(
  environment: FetchEnvironment,
  log: (message: string, facts: object) => void,
): Promise<void> {
  const { DOCUMENTS_DIR, SETTINGS_DIR, MODEL_DIR, TOKEN_FILE } = environment;
  const order = fetchOrderSchema.parse(
    JSON.parse(await readFile(join(DOCUMENTS_DIR, ORDER_FILE), 'utf8')),
  );
  const folder = join(MODEL_DIR, 'model');
  await mkdir(folder, { recursive: true });
  const { s3, url } = order;
  const source = s3 ? new S3Source(s3) : new PortalSource(url, TOKEN_FILE);
  for (const file of order.files) {
    await fetchFile(file, source, folder);
    log('fetched', { file: file.path, bytes: file.sizeBytes });
  }
  for (const name of await visible(DOCUMENTS_DIR)) {
    if (name !== ORDER_FILE) {
      await copyFile(join(DOCUMENTS_DIR, name), join(MODEL_DIR, name));
    }
  }
  for (const name of await visible(SETTINGS_DIR)) {
    await rm(join(MODEL_DIR, name), { force: true });
    await symlink(join(SETTINGS_DIR, name), join(MODEL_DIR, name));
  }
}

/** Kubernetes keeps folders of its own beside them. */
async function visible(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  return names.filter(name => !name.startsWith('..'));
}
