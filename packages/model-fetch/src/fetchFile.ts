import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileSource, OrderedFile } from './FileSource';
import { FinalError } from './FinalError';

/** The kubelet starts the pod again after them. */
const DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];

/** One file, whole and verified, or none; one that is there already stays. */
export async function fetchFile(
  file: OrderedFile,
  source: FileSource,
  folder: string,
): Promise<void> {
  const target = inside(folder, file.path);
  if ((await digestOf(target)) === file.digest) return;
  await mkdir(dirname(target), { recursive: true });
  for (const delayMs of DELAYS_MS) {
    try {
      await download(file, source, target);
      return;
    } catch (error) {
      if (error instanceof FinalError) throw error;
      await sleep(delayMs);
    }
  }
  await download(file, source, target);
}

async function download(
  file: OrderedFile,
  source: FileSource,
  target: string,
): Promise<void> {
  const { path, digest } = file;
  const body = await source.open(file);
  const hash = createHash('sha256');
  const partial = `${target}.part`;
  await pipeline(
    body,
    new Transform({
      transform(chunk, _encoding, done) {
        hash.update(chunk);
        done(undefined, chunk);
      },
    }),
    createWriteStream(partial, { mode: 0o640 }),
  );
  const arrived = `sha256:${hash.digest('hex')}`;
  if (arrived !== digest) {
    await rm(partial, { force: true });
    throw new FinalError(
      `${path} arrived with the digest ${arrived}, not ${digest}; nothing is started from it`,
    );
  }
  await rename(partial, target);
}

async function digestOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch {
    return undefined;
  }
  return `sha256:${hash.digest('hex')}`;
}

function inside(folder: string, path: string): string {
  const parts = path.split('/');
  if (
    /[\0\\]/.test(path) ||
    parts.some(part => part === '' || part === '.' || part === '..')
  ) {
    throw new FinalError(
      `The path ${JSON.stringify(path)} is not allowed in a version`,
    );
  }
  return join(folder, ...parts);
}
