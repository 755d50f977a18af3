import type { ReadFormat } from '@model-platform/model-file-reader';
import {
  FileReading,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import { fieldWithNul } from '../../http/fieldWithNul';
import { ModelFileReader } from './ModelFileReader';
import { pickleFiles, readableFiles } from './readableFiles';

/** What whoever made the files put into them is kept, and shown with the version. */
const MAX_CHARACTERS = 200_000;
const MAX_METADATA_CHARACTERS = 50_000;
const MAX_PICKLES = 500;
const MAX_KNOWN = 1_000;

/** Whose files are read, and out of which system's part of the store. */
interface Subject {
  version: { files: VersionFile[] };
  system: string;
}

/** What the files of a version say of themselves. */
export class VersionReadings {
  private readonly known = new Map<
    string,
    Awaited<ReturnType<VersionReadings['read']>>
  >();

  constructor(
    private readonly options: {
      artifacts: ArtifactStore;
      reader: ModelFileReader;
      /** Told when the platform itself fails at it, which is no fault of the file. */
      onError?: (error: unknown) => void;
    },
  ) {}

  /** @param contents - of files that are at hand, by digest; the others are read from the store */
  async of(
    { version: { files }, system }: Subject,
    contents: Map<string, Buffer> = new Map(),
  ): Promise<FileReading[]> {
    const described = await Promise.all(
      readableFiles(files).map(
        async ({ file, format }): Promise<FileReading> => ({
          path: file.path,
          format,
          ...(await this.tryToRead(
            file,
            format,
            system,
            contents.get(file.digest),
          )),
        }),
      ),
    );
    const readings = [
      ...described,
      ...(await this.pickles(
        files.map(file => ({ ...file, system })),
        contents,
      )),
    ];
    let left = MAX_CHARACTERS;
    return readings.map(reading => {
      const kept = bounded(reading, left);
      left -= JSON.stringify(kept).length;
      return kept;
    });
  }

  /** What loading those of the files that hold pickles would import. */
  async pickles(
    files: Array<VersionFile & { system: string }>,
    contents: Map<string, Buffer> = new Map(),
  ): Promise<FileReading[]> {
    const found = pickleFiles(files);
    const readings = await Promise.all(
      found.slice(0, MAX_PICKLES).map(
        async ({ file, format }): Promise<FileReading> => ({
          path: file.path,
          format: 'pickle',
          ...(await this.readPickle(file, format, contents.get(file.digest))),
        }),
      ),
    );
    if (found.length > MAX_PICKLES) {
      readings.push({
        path: found[MAX_PICKLES].file.path,
        format: 'pickle',
        problem: `only ${MAX_PICKLES} pickles of a version are looked into, and it has ${found.length}`,
      });
    }
    return readings.filter(one => one.imports ?? one.problem);
  }

  /** All that one file says, however much. Rejects where the store or the reading itself fails. */
  async read(
    file: { digest: string; sizeBytes: number },
    format: ReadFormat,
    system: string,
    content?: Buffer,
  ): Promise<Omit<FileReading, 'path' | 'format'>> {
    const { artifacts, reader } = this.options;
    return await reader.read(format, {
      sizeBytes: file.sizeBytes,
      async read(position, length) {
        const start = Math.min(position, file.sizeBytes);
        const end = Math.min(position + length, file.sizeBytes) - 1;
        if (end < start) return new Uint8Array();
        if (content) return content.subarray(start, end + 1);
        const stream = await artifacts.read(file.digest as Sha256, system, {
          start,
          end,
        });
        return Buffer.concat(await stream.toArray());
      },
    });
  }

  /** Once for each content of the store: MLflow's door asks with every tag. */
  private async readPickle(
    file: VersionFile & { system: string },
    format: ReadFormat,
    content: Buffer | undefined,
  ): ReturnType<VersionReadings['read']> {
    const key = `${format} ${file.digest}`;
    const known = this.known.get(key);
    if (known) return known;
    const reading = await this.tryToRead(file, format, file.system, content);
    // What came along is not known to be what its digest says.
    if (!content && reading.problem === undefined) {
      const [oldest] = this.known.keys();
      if (this.known.size >= MAX_KNOWN) this.known.delete(oldest);
      this.known.set(key, reading);
    }
    return reading;
  }

  private async tryToRead(
    ...file: Parameters<VersionReadings['read']>
  ): ReturnType<VersionReadings['read']> {
    try {
      return await this.read(...file);
    } catch (error) {
      this.options.onError?.(error);
      return { problem: 'the platform could not read it just now' };
    }
  }
}

/** What fits and can be kept of it: no database column takes the character NUL. */
function bounded(reading: FileReading, characters: number): FileReading {
  const { path, format, metadata } = reading;
  if (fieldWithNul(reading) !== undefined) {
    return { path, format, problem: 'it has the character NUL in a text' };
  }
  if (JSON.stringify(metadata ?? {}).length > MAX_METADATA_CHARACTERS) {
    return bounded({ ...reading, metadata: undefined }, characters);
  }
  if (JSON.stringify(reading).length > characters) {
    return {
      path,
      format,
      problem: `it says more of itself than the ${MAX_CHARACTERS} characters that are kept with a version`,
    };
  }
  return reading;
}
