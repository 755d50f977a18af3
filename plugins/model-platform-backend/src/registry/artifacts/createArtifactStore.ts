import path from 'node:path';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { ArtifactStore } from '@model-platform/plugin-model-platform-node';
import { FileArtifactStore } from './FileArtifactStore';

/** The store that `modelPlatform.artifacts` names; the file system where it names none. */
export async function createArtifactStore(
  config: Config,
): Promise<ArtifactStore> {
  const type = config.getOptionalString('modelPlatform.artifacts.type') ?? 'fs';
  if (type !== 'fs') {
    throw new InputError(
      `modelPlatform.artifacts.type is '${type}', but no module brings such a store; there is: fs`,
    );
  }
  const directory =
    config.getOptionalString('modelPlatform.artifacts.directory') ??
    path.join(
      process.env.MODEL_PLATFORM_DATA_DIR ?? '.model-platform',
      'blobs',
    );
  return await FileArtifactStore.create({ directory });
}
