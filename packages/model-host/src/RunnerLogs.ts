import {
  createReadStream,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import {
  copyFile,
  open,
  rename,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { LogFilter } from './LogFilter';
import { pause } from './pause';

const MAX_LOG_BYTES = 10 * 1024 * 1024;
const MAX_LINE_BYTES = 64 * 1024;
const CHUNK_BYTES = 64 * 1024;
const KEEP_MS = 7 * 24 * 60 * 60_000;
const KEEP_FILES = 200;
const POLL_MS = 200;
/** So many more than wanted are kept before they are cut. */
const CHUNK_LINES = 1_000;

/** The log files of runners: JSON lines as the programs wrote them, wrapped where they wrote something else. */
export class RunnerLogs {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  has(id: string): boolean {
    return existsSync(this.#path(id));
  }

  /**
   * The last lines as of now, oldest first; then, with `follow`, all that come
   * from now on until the signal. With a filter only those that it accepts.
   */
  async read(
    id: string,
    options: {
      tail: number;
      follow: boolean;
      filter?: LogFilter;
      signal: AbortSignal;
    },
  ): Promise<AsyncIterable<string>> {
    const path = this.#path(id);
    const aside = identityOf(rotated(path));
    const { size, mtime } = await stat(path);
    const wrap = wrapper(mtime.toISOString());
    const lines = options.filter
      ? await this.#lastAccepted(path, size, wrap, options.filter, options)
      : (await this.#last(path, size, options.tail)).map(wrap);
    return this.#lines(path, { ...options, lines, size, aside, wrap });
  }

  async #last(path: string, size: number, tail: number): Promise<string[]> {
    const lines = await lastLines(path, size, tail);
    const before = rotated(path);
    if (lines.length < tail && existsSync(before)) {
      lines.unshift(
        ...(await lastLines(before, sizeOf(before), tail - lines.length)),
      );
    }
    return lines;
  }

  async #lastAccepted(
    path: string,
    size: number,
    wrap: (line: string) => string,
    filter: LogFilter,
    { tail, signal }: { tail: number; signal: AbortSignal },
  ): Promise<string[]> {
    let found: string[] = [];
    const before = rotated(path);
    for (const [file, end] of [
      [before, sizeOf(before)],
      [path, size],
    ] as const) {
      for await (const line of linesBetween(file, 0, end)) {
        if (signal.aborted) return [];
        const wrapped = wrap(line);
        if (filter.accepts(wrapped)) found.push(wrapped);
        if (found.length > 2 * tail + CHUNK_LINES) found = lastOf(found, tail);
      }
    }
    return lastOf(found, tail);
  }

  async *#lines(
    path: string,
    options: {
      lines: string[];
      size: number;
      aside: string | undefined;
      follow: boolean;
      filter?: LogFilter;
      signal: AbortSignal;
      wrap: (line: string) => string;
    },
  ): AsyncIterable<string> {
    const { lines, follow, filter, wrap } = options;
    yield* lines;
    if (!follow) return;
    for await (const line of this.#follow(path, options)) {
      const wrapped = wrap(line);
      if (!filter || filter.acceptsNew(wrapped)) yield wrapped;
    }
  }

  async *#follow(
    path: string,
    from: { size: number; aside: string | undefined; signal: AbortSignal },
  ): AsyncIterable<string> {
    const { signal } = from;
    const before = rotated(path);
    let offset = from.size;
    let { aside } = from;
    let rest = '';
    while (!signal.aborted) {
      let size: number;
      try {
        ({ size } = await stat(path));
      } catch {
        return;
      }
      if (identityOf(before) !== aside) {
        // Cut when it had grown too large; what was not read yet is in the part that was put aside.
        aside = identityOf(before);
        const begin = offset - Buffer.byteLength(rest);
        offset = 0;
        rest = '';
        yield* linesBetween(before, begin, sizeOf(before));
        continue;
      }
      if (size > offset) {
        const stream = createReadStream(path, {
          start: offset,
          end: size - 1,
          encoding: 'utf8',
        });
        offset = size;
        for await (const chunk of stream as AsyncIterable<string>) {
          const lines = (rest + chunk).split('\n');
          rest = (lines.pop() ?? '').slice(-MAX_LINE_BYTES);
          yield* lines.filter(line => line.trim() !== '');
        }
      } else {
        await pause(POLL_MS, signal);
      }
    }
  }

  /**
   * Cuts what has grown too large, keeping one generation; the writers go on
   * with the same file. On a full disk what is cut is given up.
   *
   * @throws Error that says which were given up, once all are cut
   */
  async rotate(extra: string[] = []): Promise<void> {
    const files = this.#files().map(({ path }) => path);
    const givenUp: string[] = [];
    for (const path of [...files, ...extra]) {
      if (/(?<!\.1)\.jsonl$/.test(path) && sizeOf(path) > MAX_LOG_BYTES) {
        const temporary = `${path}.tmp`;
        try {
          await copyFile(path, temporary);
          await truncate(path, 0);
        } catch (error) {
          givenUp.push(`${path}: ${(error as Error).message}`);
          await truncate(path, 0);
          // Who follows sees by it that the log was cut.
          await writeFile(temporary, '', { mode: 0o600 });
        }
        await rename(temporary, rotated(path));
      }
    }
    if (givenUp.length > 0) {
      throw new Error(`Logs were cut and not kept: ${givenUp.join('; ')}`);
    }
  }

  /** Removes logs of runners that are gone for long, or beyond the number kept. */
  clean(running: ReadonlySet<string>): void {
    const gone = this.#files()
      .filter(({ id }) => !running.has(id))
      .sort((a, b) => b.modifiedAt - a.modifiedAt);
    const before = Date.now() - KEEP_MS;
    for (const [index, { path, modifiedAt }] of gone.entries()) {
      if (index >= KEEP_FILES || modifiedAt < before) {
        rmSync(path, { force: true });
      }
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.jsonl`);
  }

  #files(): Array<{ id: string; path: string; modifiedAt: number }> {
    return (
      readdirSync(this.#folder)
        // What a host that was killed was about to put aside goes with the rest.
        .filter(name => /\.jsonl(\.tmp)?$/.test(name))
        .flatMap(name => {
          const path = join(this.#folder, name);
          try {
            return [
              {
                id: name.replace(/(\.1)?\.jsonl(\.tmp)?$/, ''),
                path,
                modifiedAt: statSync(path).mtimeMs,
              },
            ];
          } catch {
            return [];
          }
        })
    );
  }
}

function rotated(path: string): string {
  return path.replace(/\.jsonl$/, '.1.jsonl');
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

function lastOf(lines: string[], count: number): string[] {
  return count === 0 ? [] : lines.slice(-count);
}

/** Those that are not empty. */
async function* linesBetween(
  path: string,
  start: number,
  end: number,
): AsyncIterable<string> {
  if (end <= start) return;
  const input = createReadStream(path, {
    start,
    end: end - 1,
    encoding: 'utf8',
  });
  for await (const line of createInterface({ input, crlfDelay: Infinity }))
    if (line.trim() !== '') yield line;
}

/** Tells one file at a place from the next. */
function identityOf(path: string): string | undefined {
  try {
    const { ino, mtimeMs } = statSync(path);
    return `${ino} ${mtimeMs}`;
  } catch {
    return undefined;
  }
}

/** Reads from the end, so that a long log costs no more than a short one. */
async function lastLines(
  path: string,
  size: number,
  count: number,
): Promise<string[]> {
  if (count === 0) {
    return [];
  }
  const file = await open(path, 'r');
  try {
    let start = size;
    let newlines = 0;
    while (start > 0 && newlines <= count) {
      const from = Math.max(0, start - CHUNK_BYTES);
      const { buffer } = await file.read(
        Buffer.alloc(start - from),
        0,
        start - from,
        from,
      );
      newlines += buffer.filter(byte => byte === 0x0a).length;
      start = from;
    }
    const lines: string[] = [];
    for await (const line of linesBetween(path, start, size)) lines.push(line);
    return lastOf(lines, count);
  } finally {
    await file.close();
  }
}

/** Makes JSON lines of everything; what has no time gets that of the line before. */
function wrapper(fallback: string): (line: string) => string {
  let at: string | undefined;
  return line => {
    try {
      const value = JSON.parse(line);
      if (
        value !== null &&
        typeof value === 'object' &&
        !Array.isArray(value)
      ) {
        at = typeof value.at === 'string' ? value.at : at;
        return line;
      }
    } catch {
      // Said by something that logs in its own way.
    }
    return JSON.stringify({
      at: at ?? fallback,
      level: 'info',
      message: line.slice(0, MAX_LINE_BYTES),
    });
  };
}
