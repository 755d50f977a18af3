import path from 'node:path';
import { LoggerService } from '@backstage/backend-plugin-api';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { ArtifactStore } from '@model-platform/plugin-model-platform-node';
import { FileArtifactStore } from './FileArtifactStore';
import { S3ArtifactStore, S3ArtifactStoreOptions } from './S3ArtifactStore';

/** Of a signed address: enough for a part on a slow line. */
const DEFAULT_LIFE_SECONDS = 900;
/** Who loses a right keeps what he was handed out for so long. */
const MOST_LIFE_SECONDS = 3_600;

/** The store that `modelPlatform.artifacts` names; the file system where it names none. */
export async function createArtifactStore(
  root: Config,
  logger: LoggerService,
): Promise<ArtifactStore> {
  const config = root.getOptionalConfig('modelPlatform.artifacts');
  const type = config?.getOptionalString('type') ?? 'fs';
  switch (type) {
    case 'fs': {
      const directory =
        config?.getOptionalString('directory') ??
        path.join(
          process.env.MODEL_PLATFORM_DATA_DIR ?? '.model-platform',
          'blobs',
        );
      return await FileArtifactStore.create({ directory });
    }
    case 's3': {
      const store = S3ArtifactStore.create(readS3Options(config));
      // What is published is read from the database all the same, so the portal starts.
      await store
        .check()
        .catch(error => logger.error(`Files of models: ${error.message}`));
      return store;
    }
    default:
      throw new InputError(
        `modelPlatform.artifacts.type is '${type}', but no module brings such a store; there are: fs, s3`,
      );
  }
}

function readLifeSeconds(config: Config): number {
  const key = 'direct.lifeSeconds';
  const seconds = config.getOptionalNumber(key) ?? DEFAULT_LIFE_SECONDS;
  if (
    !Number.isInteger(seconds) ||
    seconds < 1 ||
    seconds > MOST_LIFE_SECONDS
  ) {
    throw new InputError(
      `modelPlatform.artifacts.${key} must be a whole number from 1 to ${MOST_LIFE_SECONDS}, but is ${seconds}`,
    );
  }
  return seconds;
}

function readS3Options(config: Config | undefined): S3ArtifactStoreOptions {
  const bucket = config?.getOptionalString('bucket');
  if (bucket === undefined) {
    throw new InputError(
      'modelPlatform.artifacts.bucket must name a bucket, since type is s3',
    );
  }
  const endpoint = config?.getOptionalString('endpoint');
  const credentials = config?.getOptionalConfig('credentials');
  return {
    bucket,
    prefix: config?.getOptionalString('prefix')?.replace(/^\/+|\/+$/g, ''),
    region: config?.getOptionalString('region'),
    endpoint,
    // Few services but Amazon's have a host name for each bucket.
    forcePathStyle:
      config?.getOptionalBoolean('forcePathStyle') ?? endpoint !== undefined,
    direct: config?.getOptionalBoolean('direct.enabled')
      ? {
          endpoint: config.getOptionalString('direct.endpoint'),
          lifeSeconds: readLifeSeconds(config),
        }
      : undefined,
    credentials: credentials && {
      accessKeyId: credentials.getString('accessKeyId'),
      secretAccessKey: credentials.getString('secretAccessKey'),
      sessionToken: credentials.getOptionalString('sessionToken'),
    },
  };
}
