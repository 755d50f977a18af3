import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { ConflictError, isError, NotFoundError } from '@backstage/errors';
import {
  ArtifactStore,
  blobName,
  BlobPart,
  ByteRange,
  ListedBlob,
  PartedBlob,
  Sha256,
  StoredBlob,
  SystemScope,
  UnfinishedUpload,
} from '@model-platform/plugin-model-platform-node';
import {
  ownerOf,
  ownerStart,
  parseBlobName,
  PARTS,
  partsFolder,
  wholeOf,
} from './blobNames';
import { PlacedParts } from './PlacedParts';
import { readPieces } from './readPieces';
import { toFileSystemError } from './toFileSystemError';
import { VerifiedSource } from './VerifiedSource';
import { writeBatches } from './writeBatches';

const BUFFER_BYTES = 1024 * 1024;

/**
 * Blobs in the file system: `<directory>/<system>/sha256/ab/<digest>`. A file
 * gets its name only when every byte of it is on the disk and was hashed.
 */
export class FileArtifactStore implements ArtifactStore {
  static async create(options: {
    directory: string;
  }): Promise<FileArtifactStore> {
    const directory = path.resolve(options.directory);
    const store = new FileArtifactStore(directory);
    await fs.mkdir(store.temporary, { recursive: true, mode: 0o700 });
    return store;
  }

  private readonly temporary: string;
  private readonly parts = new PlacedParts();

  private constructor(private readonly directory: string) {
    this.temporary = path.join(directory, '.uploads');
  }

  async has(digest: Sha256, scope: SystemScope): Promise<boolean> {
    return (await this.stat(digest, scope)) !== undefined;
  }

  async stat(
    digest: Sha256,
    scope: SystemScope,
  ): Promise<StoredBlob | undefined> {
    const stat = await statOf(this.pathOf(blobName(digest, scope)));
    return stat && { digest, sizeBytes: stat.size };
  }

  async write(
    source: Readable,
    expected: { digest?: Sha256; sizeBytes?: number },
    scope: SystemScope,
    hold?: (digest: Sha256) => Promise<void>,
  ): Promise<StoredBlob> {
    const temporary = path.join(this.temporary, randomUUID());
    const verified = new VerifiedSource(source, expected);
    try {
      await fs.mkdir(this.temporary, { recursive: true, mode: 0o700 });
      const file = await fs.open(temporary, 'wx', 0o600);
      try {
        await writeBatches(verified, file);
        await file.sync();
      } finally {
        await file.close();
      }
      await hold?.(verified.blob.digest);
      await this.place(temporary, verified.blob, scope);
      return verified.blob;
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw toFileSystemError(error);
    }
  }

  async read(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<Readable> {
    return (await this.open(digest, scope)).createReadStream({
      ...range,
      highWaterMark: bufferFor(range),
    });
  }

  async readPieces(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<AsyncIterable<Uint8Array>> {
    const stored = await this.stat(digest, scope);
    if (!stored) throw notThere(digest);
    const open = () => this.open(digest, scope);
    const { start = 0, end = stored.sizeBytes - 1 } = range ?? {};
    return (async function* pieces() {
      const file = await open();
      try {
        yield* readPieces(file, { start, end: end + 1 });
      } finally {
        await file.close();
      }
    })();
  }

  async delete(digest: Sha256, scope: SystemScope): Promise<void> {
    await fs.rm(this.pathOf(blobName(digest, scope)), { force: true });
  }

  async listParts(blob: PartedBlob): Promise<BlobPart[]> {
    const parts = await this.parts.list(this.pathOf(partsFolder(blob)));
    return parts.map(({ file: _, ...part }) => part);
  }

  async writePart(
    blob: PartedBlob,
    part: BlobPart,
    source: Readable,
  ): Promise<void> {
    try {
      await this.parts.write(
        this.pathOf(partsFolder(blob)),
        { ...part, start: startOf(blob, part) },
        new VerifiedSource(source, part),
      );
    } catch (error) {
      throw toFileSystemError(error);
    }
  }

  async assemble(blob: PartedBlob): Promise<StoredBlob> {
    const folder = this.pathOf(partsFolder(blob));
    return await this.parts.closing(folder, async () => {
      const parts = wholeOf(blob, await this.parts.list(folder));
      const whole = this.parts.ownOf(folder, parts);
      try {
        // What becomes a blob must not change any more.
        if (whole) this.parts.leave(folder);
        if (whole && (await this.adopt(whole, blob))) {
          return { digest: blob.digest, sizeBytes: blob.sizeBytes };
        }
        const placed = parts.map(part => ({
          ...part,
          start: startOf(blob, part),
        }));
        return await this.write(
          Readable.from(this.parts.read(folder, placed)),
          blob,
          blob.scope,
        );
      } catch (error) {
        if (isError(error) && error.name === 'InputError')
          await fs.rm(folder, { recursive: true, force: true });
        if (isMissing(error))
          throw new ConflictError(
            `Parts of ${blob.digest} were removed in the meantime; ask which are missing, and send them`,
          );
        throw error;
      }
    });
  }

  async removeParts(
    scope: SystemScope,
    owner: string,
    digest?: Sha256,
  ): Promise<void> {
    const start = this.pathOf(ownerStart(scope, owner, digest));
    const folder = path.dirname(start);
    for (const name of await namesIn(folder)) {
      if (name.startsWith(path.basename(start)))
        await fs.rm(path.join(folder, name), { recursive: true, force: true });
    }
  }

  async *list(): AsyncIterable<ListedBlob> {
    for (const system of await namesIn(this.directory)) {
      if (system.startsWith('.')) continue;
      const root = path.join(this.directory, system, 'sha256');
      for (const start of await namesIn(root)) {
        for (const hex of await namesIn(path.join(root, start))) {
          const blob = parseBlobName(`${system}/sha256/${start}/${hex}`);
          const stat = await statOf(path.join(root, start, hex));
          if (blob && stat)
            yield { ...blob, sizeBytes: stat.size, storedAt: stat.mtime };
        }
      }
    }
  }

  async *unfinishedUploads(): AsyncIterable<UnfinishedUpload> {
    for (const name of await namesIn(this.temporary)) {
      const file = path.join(this.temporary, name);
      const stat = await statOf(file);
      if (stat)
        yield {
          sizeBytes: stat.size,
          touchedAt: stat.mtime,
          remove: async () => await fs.rm(file, { force: true }),
        };
    }
    const parts = path.join(this.directory, PARTS);
    for (const system of await namesIn(parts)) {
      for (const name of await namesIn(path.join(parts, system)))
        yield await this.unfinishedParts(path.join(parts, system, name));
    }
  }

  /** The parts of one file. */
  private async unfinishedParts(folder: string): Promise<UnfinishedUpload> {
    const parts = await this.parts.list(folder);
    return {
      owner: ownerOf(folder),
      sizeBytes: parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      // A folder is touched by each part that comes into it.
      touchedAt: (await statOf(folder))?.mtime ?? new Date(),
      remove: async () => await fs.rm(folder, { recursive: true, force: true }),
    };
  }

  /**
   * Makes a file that nobody writes to any more the blob that it is; its parts
   * stay where they are. False where the file system knows no hard links.
   */
  private async adopt(name: string, blob: PartedBlob): Promise<boolean> {
    try {
      const file = await fs.open(name, 'r+');
      try {
        // Written down while it is read.
        const flushed = file.sync();
        flushed.catch(() => undefined);
        const { size } = await file.stat();
        const whole = readPieces(file, { start: 0, end: size });
        try {
          for await (const _ of new VerifiedSource(whole, blob));
        } finally {
          await flushed;
        }
      } finally {
        await file.close();
      }
      const target = this.pathOf(blobName(blob.digest, blob.scope));
      await makeFolder(path.dirname(target));
      try {
        await fs.link(name, target);
      } catch (error) {
        // Where it is there already, it has the same bytes.
        if (!isError(error) || error.code !== 'EEXIST') return false;
      }
      await syncFolder(path.dirname(target));
      return true;
    } catch (error) {
      throw toFileSystemError(error);
    }
  }

  private async open(digest: Sha256, scope: SystemScope): Promise<FileHandle> {
    try {
      return await fs.open(this.pathOf(blobName(digest, scope)), 'r');
    } catch (error) {
      throw isMissing(error) ? notThere(digest) : toFileSystemError(error);
    }
  }

  private async place(
    file: string,
    { digest }: StoredBlob,
    scope: SystemScope,
  ): Promise<void> {
    const target = this.pathOf(blobName(digest, scope));
    const folder = path.dirname(target);
    await inFolder(folder, () => fs.rename(file, target));
    await syncFolder(folder);
  }

  private pathOf(name: string): string {
    return path.join(this.directory, ...name.split('/'));
  }
}

function notThere(digest: Sha256): Error {
  return new NotFoundError(`The store has no blob ${digest}`);
}

/** As large as what is read, where that is little. */
function bufferFor(range?: ByteRange): number {
  return range?.end === undefined
    ? BUFFER_BYTES
    : Math.min(BUFFER_BYTES, Math.max(1, range.end - range.start + 1));
}

function startOf(blob: PartedBlob, part: BlobPart): number {
  return (part.number - 1) * blob.partSizeBytes;
}

/** Works in a folder that is almost always there; else it is made first. */
async function inFolder(
  folder: string,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!isMissing(error)) throw error;
    await makeFolder(folder);
    await work();
  }
}

/** Makes the folder and writes down that it is there, up to the one that was there. */
async function makeFolder(folder: string): Promise<void> {
  const first = await fs.mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  let made = folder;
  for (;;) {
    await syncFolder(path.dirname(made));
    if (made === first) return;
    made = path.dirname(made);
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function statOf(file: string) {
  try {
    return await fs.stat(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw toFileSystemError(error);
  }
}

/** What lies in a folder; nothing where it is not there. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw toFileSystemError(error);
  }
}

function isMissing(error: unknown): boolean {
  return (
    isError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}
