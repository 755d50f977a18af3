import { Readable } from 'node:stream';
import { ArtifactStore } from '@model-platform/plugin-model-platform-node';
import { PayloadTooLargeError } from '../../../http/PayloadTooLargeError';
import { BlobReferences } from '../../artifacts/BlobReferences';
import { removeUnusedBlob } from '../../artifacts/removeUnusedBlob';
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
      references: BlobReferences;
      quotas: SystemQuotas;
      maxFileBytes: number;
    },
  ) {}

  async write(
    { ownerId, system, path }: ArtifactFolder,
    source: Readable,
    {
      sizeBytes,
      upload,
    }: {
      sizeBytes?: number;
      /** The upload that it is a part of. */
      upload?: string;
    } = {},
  ): Promise<ArtifactFile> {
    const { index, artifacts, references, maxFileBytes } = this.options;
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
    const { file, before } = await references.holding(system, async hold => {
      const blob = await artifacts.write(
        Readable.from(limited(), { objectMode: false }),
        { sizeBytes },
        system,
        hold,
      );
      const noted = { ...blob, path, system };
      return {
        file: noted,
        before: await index.put(ownerId, noted, {
          admit: this.admission(noted),
          upload,
        }),
      };
    });
    if (before) await this.free([before]);
    return file;
  }

  /** With the blobs that nothing uses any more. */
  async remove(ownerId: string, files: ArtifactFile[]): Promise<void> {
    await this.options.index.remove(ownerId, files);
    await this.free(files);
  }

  /** The blobs of files that are forgotten; what cannot be removed now is left to garbage collection. */
  async free(files: ArtifactFile[]): Promise<void> {
    for (const { system, digest } of files) {
      await removeUnusedBlob(this.options, system, digest).catch(
        () => undefined,
      );
    }
  }

  private admission({ path, system }: ArtifactFile) {
    const { quotas } = this.options;
    if (quotas.of(system) === undefined) return undefined;
    return (usage: StorageUsage) => {
      const [problem] = quotas.problems(system, usage);
      if (problem) throw invalidParameter(`${path} ${problem.rule}`);
    };
  }
}
