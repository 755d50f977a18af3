import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, promises as fs } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { InputError, isError, NotFoundError } from '@backstage/errors';
import {
  ArtifactStore,
  ByteRange,
  Sha256,
  StoredBlob,
  SystemScope,
} from '@model-platform/plugin-model-platform-node';

/** Older ones are of uploads that were cut off: nothing writes to them any more. */
const ABANDONED_AFTER_MS = 86_400_000;

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
    try {
      const { size } = await fs.stat(this.fileOf(digest, scope));
      return { digest, sizeBytes: size };
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async write(
    source: Readable,
    expected: { digest?: Sha256; sizeBytes?: number },
    scope: SystemScope,
  ): Promise<StoredBlob> {
    await fs.mkdir(this.temporary, { recursive: true, mode: 0o700 });
    const temporary = path.join(this.temporary, randomUUID());
    const hash = createHash('sha256');
    let sizeBytes = 0;
    const file = await fs.open(temporary, 'wx', 0o600);
    try {
      for await (const chunk of source) {
        sizeBytes += chunk.length;
        if (
          expected.sizeBytes !== undefined &&
          sizeBytes > expected.sizeBytes
        ) {
          throw new InputError(
            `More bytes were sent than the ${expected.sizeBytes} that were announced`,
          );
        }
        hash.update(chunk);
        await file.appendFile(chunk);
      }
      if (
        expected.sizeBytes !== undefined &&
        sizeBytes !== expected.sizeBytes
      ) {
        throw new InputError(
          `${sizeBytes} bytes were sent, but ${expected.sizeBytes} were announced`,
        );
      }
      const digest: Sha256 = `sha256:${hash.digest('hex')}`;
      if (expected.digest !== undefined && digest !== expected.digest) {
        throw new InputError(
          `The bytes that were sent have the digest ${digest}, not ${expected.digest}`,
        );
      }
      await file.sync();
      await file.close();
      const target = this.fileOf(digest, scope);
      await this.makeFolder(path.dirname(target));
      await fs.rename(temporary, target);
      await syncFolder(path.dirname(target));
      return { digest, sizeBytes };
    } catch (error) {
      await file.close().catch(() => {});
      await fs.rm(temporary, { force: true });
      throw error;
    }
  }

  async read(
    digest: Sha256,
    scope: SystemScope,
    range?: ByteRange,
  ): Promise<Readable> {
    const name = this.fileOf(digest, scope);
    try {
      // Opened here, so that a file that is not there is found before the answer begins.
      const file = await fs.open(name, 'r');
      return createReadStream(name, {
        fd: file,
        start: range?.start,
        end: range?.end,
      });
    } catch (error) {
      if (isMissing(error))
        throw new NotFoundError(`The store has no blob ${digest}`);
      throw error;
    }
  }

  async delete(digest: Sha256, scope: SystemScope): Promise<void> {
    await fs.rm(this.fileOf(digest, scope), { force: true });
  }

  /** Removes what uploads left that were cut off by a crash. @returns how many. */
  async removeAbandoned(olderThanMs = ABANDONED_AFTER_MS): Promise<number> {
    let removed = 0;
    for (const name of await fs.readdir(this.temporary)) {
      const file = path.join(this.temporary, name);
      const stat = await fs.stat(file).catch(() => undefined);
      if (stat && Date.now() - stat.mtimeMs >= olderThanMs) {
        await fs.rm(file, { force: true });
        removed += 1;
      }
    }
    return removed;
  }

  private fileOf(digest: Sha256, scope: SystemScope): string {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (!hex) {
      throw new InputError(
        `'${digest}' is not sha256: and 64 lower-case hexadecimal digits`,
      );
    }
    return path.join(
      this.directory,
      folderOf(scope),
      'sha256',
      hex.slice(0, 2),
      hex,
    );
  }

  /** Makes the folder and writes down that it is there, up to the one that was there. */
  private async makeFolder(folder: string): Promise<void> {
    const first = await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    if (first === undefined) return;
    let made = folder;
    for (;;) {
      await syncFolder(path.dirname(made));
      if (made === first) return;
      made = path.dirname(made);
    }
  }
}

/** One folder name for a system, never that of another nor a way out: `other/crm` is `other%2Fcrm`. */
function folderOf(scope: string): string {
  const folder = encodeURIComponent(scope).replace(/\./g, '%2E');
  if (folder === '') {
    throw new InputError('A system must have a name');
  }
  return folder;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isMissing(error: unknown): boolean {
  return (
    isError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
  );
}
