import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '@backstage/errors';
import { ModelVersion } from '@model-platform/plugin-model-platform-common';

type OpenFile = (version: ModelVersion, path: string) => Promise<Readable>;

/**
 * Files of deployed versions on this machine, shared by all runners of a
 * version: `versions/<model id>/<number>/files/`. A folder is there as a whole
 * or not at all.
 */
export class VersionFiles {
  private readonly root: string;

  private readonly underWay = new Map<string, Promise<string>>();

  constructor(dataDir: string) {
    this.root = join(dataDir, 'versions');
  }

  /** Folder with the version's files, fetched and verified where it is not there yet. */
  async ensure(
    version: ModelVersion,
    openFile: OpenFile,
    signal: AbortSignal,
  ): Promise<string> {
    const folder = this.folder(version.modelId, version.number);
    const running = this.underWay.get(folder);
    if (running) {
      return await running;
    }
    const work = this.fetch(folder, version, openFile, signal).finally(() =>
      this.underWay.delete(folder),
    );
    this.underWay.set(folder, work);
    return await work;
  }

  /** Removes every version's folder that is not named, as `<model id>/<number>`. */
  async keepOnly(used: ReadonlySet<string>): Promise<void> {
    for (const modelId of await namesIn(this.root)) {
      for (const number of await namesIn(join(this.root, modelId))) {
        const folder = join(this.root, modelId, number);
        if (!used.has(`${modelId}/${number}`) && !this.isUnderWay(folder)) {
          await rm(folder, { recursive: true, force: true });
        }
      }
    }
  }

  private isUnderWay(folder: string): boolean {
    return [...this.underWay.keys()].some(
      busy => folder === busy || folder.startsWith(`${busy}.tmp`),
    );
  }

  private folder(modelId: string, number: number): string {
    return join(this.root, modelId, String(number));
  }

  private async fetch(
    folder: string,
    version: ModelVersion,
    openFile: OpenFile,
    signal: AbortSignal,
  ): Promise<string> {
    const marker = join(folder, 'complete');
    const complete = await readFile(marker, 'utf8').catch(() => undefined);
    if (complete === version.manifestDigest) {
      return join(folder, 'files');
    }
    const temporary = `${folder}.tmp`;
    await rm(temporary, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
    await mkdir(join(temporary, 'files'), { recursive: true, mode: 0o700 });
    for (const file of version.files) {
      const target = inside(join(temporary, 'files'), file.path);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      const hash = createHash('sha256');
      const hashing = new Transform({
        transform(chunk, _encoding, done) {
          hash.update(chunk);
          done(undefined, chunk);
        },
      });
      await pipeline(
        await openFile(version, file.path),
        hashing,
        createWriteStream(target, { mode: 0o400, flush: true }),
        { signal },
      );
      const digest = `sha256:${hash.digest('hex')}`;
      if (digest !== file.digest) {
        throw new InputError(
          `File ${file.path} of ${version.model} version ${version.number} arrived with digest ${digest}, not ${file.digest}; nothing was started from it`,
        );
      }
    }
    await writeFile(join(temporary, 'complete'), version.manifestDigest, {
      flush: true,
    });
    await rename(temporary, folder);
    return join(folder, 'files');
  }
}

function inside(folder: string, path: string): string {
  const parts = path.split('/');
  if (
    path.includes('\0') ||
    path.includes('\\') ||
    parts.some(part => part === '' || part === '.' || part === '..')
  ) {
    throw new InputError(
      `The path ${JSON.stringify(path)} is not allowed in a version`,
    );
  }
  return join(folder, ...parts);
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}
