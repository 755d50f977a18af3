import type { ReadFormat } from '@model-platform/model-file-reader';
import {
  FileReading,
  VersionFile,
} from '@model-platform/plugin-model-platform-common';
import {
  ArtifactStore,
  Sha256,
} from '@model-platform/plugin-model-platform-node';
import pLimit from 'p-limit';
import { fieldWithNul } from '../../http/fieldWithNul';
import { ModelFileReader, StoredFile } from './ModelFileReader';
import { ReaderFailedError } from './ReaderFailedError';
import { ReadingBudget } from './ReadingBudget';
import { pickleFiles, readableFiles } from './readableFiles';

/** What whoever made the files put into them is kept, and shown with the version. */
const MAX_CHARACTERS = 200_000;
const MAX_METADATA_CHARACTERS = 50_000;
const MAX_PICKLES = 500;
const MAX_KNOWN = 1_000;
const BUDGET_MS = 60_000;

/** Whose files are read, and out of which system's part of the store. */
interface Subject {
  version: { files: VersionFile[] };
  system: string;
}

type Reading = Omit<FileReading, 'path' | 'format'>;

/** The readings of one call: each content once, one after the other, in a bounded time. */
interface Call {
  contents: Map<string, Buffer>;
  budget: ReadingBudget;
  inTurn: pLimit.Limit;
  done: Map<string, Promise<Reading>>;
}

/**
 * What the files of a version say of themselves. A call has one file read at a
 * time, and so has a system, so that nobody waits for all that others have.
 */
export class VersionReadings {
  private readonly turns = new Map<string, pLimit.Limit>();
  private readonly known = new Map<string, Reading>();

  constructor(
    private readonly options: {
      artifacts: ArtifactStore;
      reader: ModelFileReader;
      /** Told when the program that reads fails. */
      onError?: (error: unknown) => void;
      /** What the files of one version may take altogether. */
      budgetMs?: number;
    },
  ) {}

  /**
   * Rejects where the store does.
   * @param contents - of files that are at hand, by digest; the others are read from the store
   */
  async of(
    { version: { files }, system }: Subject,
    contents: Map<string, Buffer> = new Map(),
  ): Promise<FileReading[]> {
    const call = this.call(contents);
    const described = await Promise.all(
      readableFiles(files).map(
        async ({ file, format }): Promise<FileReading> => ({
          path: file.path,
          format,
          ...(await this.once({ ...file, system }, format, call)),
        }),
      ),
    );
    const readings = [
      ...described,
      ...(await this.picklesIn(
        files.map(file => ({ ...file, system })),
        call,
      )),
    ];
    let left = MAX_CHARACTERS;
    return readings.map(reading => {
      const kept = bounded(reading, left);
      left -= JSON.stringify(kept).length;
      return kept;
    });
  }

  /** What loading those of the files that hold pickles would import. Rejects where the store does. */
  async pickles(
    files: Array<VersionFile & { system: string }>,
    contents: Map<string, Buffer> = new Map(),
  ): Promise<FileReading[]> {
    return await this.picklesIn(files, this.call(contents));
  }

  private async picklesIn(
    files: Array<VersionFile & { system: string }>,
    call: Call,
  ): Promise<FileReading[]> {
    const found = pickleFiles(files);
    const readings = await Promise.all(
      found.slice(0, MAX_PICKLES).map(
        async ({ file, format }): Promise<FileReading> => ({
          path: file.path,
          format: 'pickle',
          ...(await this.once(file, format, call, this.known)),
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
    budget?: ReadingBudget,
  ): Promise<Reading> {
    const { artifacts, reader } = this.options;
    const stored: StoredFile = {
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
    };
    return await this.turnOf(system)(() => reader.read(format, stored, budget));
  }

  private turnOf(system: string): pLimit.Limit {
    const turns = this.turns.get(system) ?? pLimit(1);
    this.turns.set(system, turns);
    return turns;
  }

  private call(contents: Map<string, Buffer>): Call {
    const { budgetMs = BUDGET_MS } = this.options;
    return {
      contents,
      budget: new ReadingBudget(budgetMs),
      inTurn: pLimit(1),
      done: new Map(),
    };
  }

  /** @param known - of earlier calls: MLflow's door asks with every tag */
  private once(
    file: VersionFile & { system: string },
    format: ReadFormat,
    call: Call,
    known?: Map<string, Reading>,
  ): Promise<Reading> {
    const key = `${format} ${file.digest} ${file.sizeBytes}`;
    const remembered = known?.get(key);
    if (remembered) return Promise.resolve(remembered);
    const begun =
      call.done.get(key) ??
      call.inTurn(() => this.tryToRead(file, format, call, known && key));
    call.done.set(key, begun);
    return begun;
  }

  private async tryToRead(
    file: VersionFile & { system: string },
    format: ReadFormat,
    { contents, budget, inTurn }: Call,
    key: string | undefined,
  ): Promise<Reading> {
    const content = contents.get(file.digest);
    try {
      const { system } = file;
      const reading = await this.read(file, format, system, content, budget);
      // What came along is not known to be what its digest says; with more time, it may be read to its end.
      if (key && !content && reading.problem !== budget.problem) {
        this.remember(key, reading);
      }
      return reading;
    } catch (error) {
      // Out of reach for a moment, the store says nothing of the file: whoever asks may try again.
      if (!(error instanceof ReaderFailedError)) {
        inTurn.clearQueue();
        throw error;
      }
      this.options.onError?.(error);
      return { problem: 'the platform could not read it' };
    }
  }

  private remember(key: string, reading: Reading): void {
    const [oldest] = this.known.keys();
    if (this.known.size >= MAX_KNOWN) this.known.delete(oldest);
    this.known.set(key, reading);
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
