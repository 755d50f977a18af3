import { randomBytes, randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';
import { Config } from '@backstage/config';
import { InputError, isError } from '@backstage/errors';

const MIN_LENGTH = 32;

/**
 * The key of `modelPlatform.webhooks.encryptionKey`, else one of the data
 * folder, made at the first start. Undefined where there is neither: then no
 * secrets are taken. Throws `InputError` for a key that is too short.
 */
export async function loadEncryptionKey(
  config: Config,
): Promise<string | undefined> {
  const place = 'modelPlatform.webhooks.encryptionKey';
  const configured = config.getOptionalString(place);
  if (configured !== undefined) {
    if (configured.length < MIN_LENGTH) {
      throw new InputError(
        `${place} must have at least ${MIN_LENGTH} characters`,
      );
    }
    return configured;
  }
  const folder = process.env.MODEL_PLATFORM_DATA_DIR;
  return folder === undefined ? undefined : await keyOfFolder(folder);
}

async function keyOfFolder(folder: string): Promise<string> {
  const file = path.join(folder, 'webhooks.key');
  await fs.mkdir(folder, { recursive: true });
  const made = `${file}.${randomUUID()}`;
  try {
    await fs.writeFile(made, randomBytes(32).toString('base64'), {
      mode: 0o600,
    });
    // Whole or not at all, and never over another one: secrets depend on it.
    await fs.link(made, file);
  } catch (error) {
    if (!isExisting(error)) throw error;
  } finally {
    await fs.rm(made, { force: true });
  }
  return await fs.readFile(file, 'utf8');
}

function isExisting(error: unknown): boolean {
  return isError(error) && error.code === 'EEXIST';
}
