import { randomUUID } from 'node:crypto';
import { constants, createReadStream, promises as fs } from 'node:fs';
import path from 'node:path';
import { BlobPart } from '@model-platform/plugin-model-platform-node';
import { partName, parsePartName } from './blobNames';
import { VerifiedSource } from './VerifiedSource';
import { writeBatches } from './writeBatches';

const BUFFER_BYTES = 1024 * 1024;

/** A part that lies in its place in a file. */
export interface PlacedPart extends BlobPart {
  file: string;
}

/**
 * Parts of a file, each written straight to its place in it, so that no byte
 * is written twice. An empty file beside it says that a part is there. Every
 * process has a file of its own: only of that one it knows that nobody writes
 * to it any more, and what was verified must not change.
 */
export class PlacedParts {
  private readonly own = new Map<string, string>();
  private readonly writing = new Map<string, Set<Promise<void>>>();
  private readonly closed = new Map<string, Promise<unknown>>();

  /** Not flushed: what a power cut takes from a part, the hash of the whole finds. */
  async write(
    folder: string,
    part: BlobPart & { start: number },
    source: VerifiedSource,
  ): Promise<void> {
    while (this.closed.has(folder))
      await this.closed.get(folder)?.catch(() => undefined);
    const writing = this.writing.get(folder) ?? new Set();
    this.writing.set(folder, writing);
    const work = this.writeNow(folder, part, source);
    const ended = work.catch(() => undefined);
    writing.add(ended);
    try {
      await work;
    } finally {
      writing.delete(ended);
      if (writing.size === 0) this.writing.delete(folder);
    }
  }

  /** Of this process where another one has the same part too. */
  async list(folder: string): Promise<PlacedPart[]> {
    const parts: PlacedPart[] = [];
    for (const name of await namesIn(folder)) {
      const [, marked, file] = /^([^=]+)=(whole\.[\w-]+)$/.exec(name) ?? [];
      const part = marked ? parsePartName(marked) : undefined;
      if (part) parts.push({ ...part, file });
    }
    const own = this.own.get(folder);
    const rank = (part: PlacedPart) => Number(part.file === own);
    return parts.sort((one, other) => rank(one) - rank(other));
  }

  /** This process's own file, to which nobody else writes, where they all lie in it. */
  ownOf(folder: string, parts: PlacedPart[]): string | undefined {
    const own = this.own.get(folder);
    return own !== undefined && parts.every(({ file }) => file === own)
      ? path.join(folder, own)
      : undefined;
  }

  /** What comes from now on goes to another file. */
  leave(folder: string): void {
    this.own.delete(folder);
  }

  async *read(
    folder: string,
    parts: Array<PlacedPart & { start: number }>,
  ): AsyncIterable<Uint8Array> {
    for (const { file, start, sizeBytes } of parts)
      if (sizeBytes > 0)
        yield* createReadStream(path.join(folder, file), {
          start,
          end: start + sizeBytes - 1,
          highWaterMark: BUFFER_BYTES,
        });
  }

  /** Works on what is there while this process writes nothing to it. */
  async closing<T>(folder: string, work: () => Promise<T>): Promise<T> {
    while (this.closed.has(folder))
      await this.closed.get(folder)?.catch(() => undefined);
    const closed = (async () => {
      await Promise.all(this.writing.get(folder) ?? []);
      return await work();
    })();
    this.closed.set(folder, closed);
    try {
      return await closed;
    } finally {
      this.closed.delete(folder);
    }
  }

  private async writeNow(
    folder: string,
    part: BlobPart & { start: number },
    source: VerifiedSource,
  ): Promise<void> {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    const own = this.own.get(folder) ?? `whole.${randomUUID()}`;
    this.own.set(folder, own);
    // What is written over is not there meanwhile.
    for (const name of await namesIn(folder))
      if (name.startsWith(`${part.number}.`) && name.endsWith(`=${own}`))
        await fs.rm(path.join(folder, name), { force: true });
    const file = await fs.open(
      path.join(folder, own),
      constants.O_WRONLY + constants.O_CREAT,
      0o600,
    );
    try {
      await writeBatches(source, file, part.start);
    } finally {
      await file.close();
    }
    await fs.writeFile(path.join(folder, `${partName(part)}=${own}`), '', {
      mode: 0o600,
    });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return await fs.readdir(folder).catch(error => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
}
