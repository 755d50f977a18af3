import { ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type {
  BytesWanted,
  ReadAnswer,
  ReadFormat,
  ReadRequest,
} from '@model-platform/model-file-reader';
import { FileReading } from '@model-platform/plugin-model-platform-common';
import pLimit from 'p-limit';
import { ReaderFailedError } from './ReaderFailedError';
import { ReadingBudget } from './ReadingBudget';

const MB = 1024 * 1024;
const AT_ONCE = 2;
/** A program is kept for the next file for so long: starting one costs more than most readings. */
const KEPT_MS = 5_000;
/** More than that is never asked for in one go. */
const MAX_PIECE_BYTES = 32 * MB;

/** What one reading may take. */
export interface ReadingLimits {
  timeoutMs: number;
  memoryMb: number;
  /** Bytes of the file that it may look at. */
  maxBytes: number;
}

const defaultLimits: ReadingLimits = {
  timeoutMs: 30_000,
  memoryMb: 256,
  maxBytes: 256 * MB,
};

/** A file of the store, read in places. */
export interface StoredFile {
  sizeBytes: number;
  read(position: number, length: number): Promise<Uint8Array>;
}

/**
 * Reads what files of models say of themselves. Whoever publishes may send
 * anything, so that happens in a process of its own: without the platform's
 * environment, without the file system but for its own code, with little
 * memory, and killed when it takes too long. It is handed the bytes it asks
 * for, so it needs no way to the store either. One that answered is asked for
 * the next file too; nothing that files could reach outlives its file, since
 * the language's own objects are frozen.
 */
export class ModelFileReader {
  private readonly limits: ReadingLimits;
  private readonly limit = pLimit(AT_ONCE);
  private readonly kept: ChildProcess[] = [];

  constructor(limits: Partial<ReadingLimits> = {}) {
    this.limits = { ...defaultLimits, ...limits };
  }

  /**
   * Never rejects for what is in the file: that is the reading's `problem`.
   * @throws ReaderFailedError where the program fails, else whatever the file's store throws
   */
  async read(
    format: ReadFormat,
    file: StoredFile,
    budget?: ReadingBudget,
  ): Promise<Omit<FileReading, 'path' | 'format'>> {
    return await this.limit(async () => {
      if (budget?.isSpent) return { problem: budget.problem };
      const start = performance.now();
      const reading = await this.readApart(
        format,
        file,
        budget?.atMost(this.limits.timeoutMs),
      ).finally(() => budget?.spend(performance.now() - start));
      return reading.problem !== undefined && budget?.isSpent
        ? { ...reading, problem: budget.problem }
        : reading;
    });
  }

  private async readApart(
    format: ReadFormat,
    file: StoredFile,
    timeoutMs = this.limits.timeoutMs,
  ): Promise<Omit<FileReading, 'path' | 'format'>> {
    const { memoryMb } = this.limits;
    const child = this.take() ?? startProgram(memoryMb);
    let timer: NodeJS.Timeout | undefined;
    let answered = false;
    try {
      const answer = await new Promise<ReadAnswer>((resolve, reject) => {
        timer = setTimeout(
          () =>
            resolve({
              problem: `reading it takes longer than ${
                timeoutMs / 1000
              } seconds`,
            }),
          timeoutMs,
        );
        child.on('error', error => reject(new ReaderFailedError(error)));
        child.once('exit', (_code, signal) => {
          if (signal === 'SIGABRT') {
            resolve({
              problem: `reading it takes more than ${memoryMb} MB of memory`,
            });
          } else {
            reject(new ReaderFailedError());
          }
        });
        const accept = (given: ReadAnswer) => {
          answered = true;
          resolve(given);
        };
        this.serve(child, file, accept, resolve, reject);
        const request: ReadRequest = { format, sizeBytes: file.sizeBytes };
        child.send(request, error => {
          if (error) reject(new ReaderFailedError(error));
        });
      });
      return 'reading' in answer
        ? answer.reading
        : { problem: answer.problem.slice(0, 500) };
    } finally {
      clearTimeout(timer);
      forgetListeners(child);
      if (answered) this.keep(child);
      else child.kill('SIGKILL');
    }
  }

  private take(): ChildProcess | undefined {
    const child = this.kept.pop();
    if (child) {
      forgetListeners(child);
      child.ref();
      child.channel?.ref();
    }
    return child;
  }

  /** For the next file, for a while; it keeps nothing from ending. */
  private keep(child: ChildProcess) {
    this.kept.push(child);
    child.unref();
    child.channel?.unref();
    const forget = () => {
      const index = this.kept.indexOf(child);
      if (index >= 0) this.kept.splice(index, 1);
    };
    child.on('error', forget);
    child.once('exit', forget);
    setTimeout(() => {
      // Taken meanwhile, it is kept anew after that file.
      if (!this.kept.includes(child)) return;
      forget();
      child.kill('SIGKILL');
    }, KEPT_MS).unref();
  }

  /** Hands out bytes, and passes on the answer. */
  private serve(
    child: ChildProcess,
    file: StoredFile,
    answered: (answer: ReadAnswer) => void,
    resolve: (answer: ReadAnswer) => void,
    reject: (error: unknown) => void,
  ) {
    let served = 0;
    child.on('message', (message: BytesWanted | ReadAnswer) => {
      if (!('wanted' in message)) {
        answered(message);
        return;
      }
      const { position, length } = message.wanted;
      served += length;
      if (length > MAX_PIECE_BYTES || served > this.limits.maxBytes) {
        resolve({
          problem: `reading it takes more than ${
            this.limits.maxBytes / MB
          } MB of the file`,
        });
        return;
      }
      file
        .read(position, length)
        // That it has ended meanwhile, its end tells; without a callback nobody would catch it.
        .then(bytes => child.connected && child.send({ bytes }, () => {}))
        .catch(reject);
    });
  }
}

/** Ours alone: the process itself listens too. */
function forgetListeners(child: ChildProcess): void {
  for (const event of ['message', 'error', 'exit'])
    child.removeAllListeners(event);
}

function startProgram(memoryMb: number): ChildProcess {
  const folder = path.dirname(
    require.resolve('@model-platform/model-file-reader/package.json'),
  );
  return fork(path.join(folder, 'dist', 'main.cjs'), [], {
    cwd: folder,
    env: {},
    execArgv: [
      `--max-old-space-size=${memoryMb}`,
      '--frozen-intrinsics',
      ...(process.allowedNodeEnvironmentFlags.has('--permission')
        ? ['--permission', `--allow-fs-read=${folder}`]
        : []),
    ],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
}
