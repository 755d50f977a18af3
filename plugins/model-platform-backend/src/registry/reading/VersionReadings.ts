import { FileReading } from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { VersionRecord } from '../VersionStore';
import { ModelFileReader } from './ModelFileReader';
import { readableFiles } from './readableFiles';

/** What whoever made the file put into it is shown with every version. */
const MAX_METADATA_CHARACTERS = 50_000;

/** What the files of a version say of themselves. */
export class VersionReadings {
  constructor(
    private readonly options: {
      artifacts: ArtifactStore;
      reader: ModelFileReader;
      /** Told when the platform itself fails at it, which is no fault of the file. */
      onError?: (error: unknown) => void;
    },
  ) {}

  async of(record: VersionRecord): Promise<FileReading[]> {
    return await Promise.all(
      readableFiles(record.version.files).map(
        async ({ file, format }): Promise<FileReading> => ({
          path: file.path,
          format,
          ...bounded(await this.read(file, format, record.system)),
        }),
      ),
    );
  }

  private async read(
    file: { digest: string; sizeBytes: number },
    format: FileReading['format'],
    system: string,
  ): Promise<Omit<FileReading, 'path' | 'format'>> {
    const { artifacts, reader, onError } = this.options;
    try {
      return await reader.read(format, {
        sizeBytes: file.sizeBytes,
        async read(position, length) {
          const start = Math.min(position, file.sizeBytes);
          const end = Math.min(position + length, file.sizeBytes) - 1;
          if (end < start) return new Uint8Array();
          const stream = await artifacts.read(file.digest as Sha256, system, {
            start,
            end,
          });
          return Buffer.concat(await stream.toArray());
        },
      });
    } catch (error) {
      onError?.(error);
      return { problem: 'the platform could not read it just now' };
    }
  }
}

function bounded<T extends Pick<FileReading, 'metadata'>>(reading: T): T {
  return JSON.stringify(reading.metadata ?? {}).length <=
    MAX_METADATA_CHARACTERS
    ? reading
    : { ...reading, metadata: undefined };
}
