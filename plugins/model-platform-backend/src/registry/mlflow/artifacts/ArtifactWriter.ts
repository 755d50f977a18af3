import { Readable } from 'node:stream';
import { ServiceUnavailableError } from '@backstage/errors';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { PayloadTooLargeError } from '../../../http/PayloadTooLargeError';
import { SystemQuotas } from '../../SystemQuotas';
import { StorageUsage } from '../../VersionStore';
import { invalidParameter } from '../MlflowError';
import { ArtifactFolder } from './ArtifactFolders';
import { ArtifactFile, ArtifactIndex } from './ArtifactIndex';

/** Keeps files within the limits of their system. */
export class ArtifactWriter {
  constructor(
    private readonly options: {
      index: ArtifactIndex;
      artifacts: ArtifactStore;
      quotas: SystemQuotas;
      maxFileBytes: number;
    },
  ) {}

  async write(
    { ownerId, system, path }: ArtifactFolder,
    source: Readable,
    sizeBytes?: number,
  ): Promise<ArtifactFile> {
    const { artifacts, maxFileBytes } = this.options;
    const tooLarge = new PayloadTooLargeError(
      `The file is larger than ${maxFileBytes} bytes (modelPlatform.limits.maxFileBytes)`,
    );
    if ((sizeBytes ?? 0) > maxFileBytes) throw tooLarge;
    async function* limited() {
      let read = 0;
      for await (const chunk of source) {
        read += chunk.length;
        if (read > maxFileBytes) throw tooLarge;
        yield chunk;
      }
    }
    const blob = await artifacts.write(
      Readable.from(limited(), { objectMode: false }),
      { sizeBytes },
      system,
    );
    const file = { ...blob, path, system };
    await this.note(ownerId, file);
    return file;
  }

  private async note(ownerId: string, file: ArtifactFile): Promise<void> {
    const { index, artifacts, quotas } = this.options;
    const { path, system } = file;
    const noted = await index.put(ownerId, file, {
      isStored: async digest => await artifacts.has(digest as Sha256, system),
      remove: async digest => await artifacts.delete(digest as Sha256, system),
      admit:
        quotas.of(system) === undefined
          ? undefined
          : (usage: StorageUsage) => {
              const [problem] = quotas.problems(system, usage);
              if (problem) throw invalidParameter(`${path} ${problem.rule}`);
            },
    });
    if (!noted) {
      throw new ServiceUnavailableError(
        `${path} was cleaned away while it was being noted; send it again`,
      );
    }
  }
}
