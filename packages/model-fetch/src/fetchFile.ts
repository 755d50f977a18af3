import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';

/** The kubelet starts the pod again after them. */
const DELAYS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000];
/** The longest pause within an answer. */
const SILENCE_MS = 60_000;

interface FileOrder {
  path: string;
  digest: string;
  baseUrl: string;
  folder: string;
  tokenFile?: string;
}

/** It will not be otherwise the next time. */
class FinalError extends Error {}

/** One file, whole and verified, or none; one that is there already stays. */
export async function fetchFile(order: FileOrder): Promise<void> {
  const target = inside(order.folder, order.path);
  if ((await digestOf(target)) === order.digest) return;
  await mkdir(dirname(target), { recursive: true });
  for (const delayMs of DELAYS_MS) {
    try {
      await download(order, target);
      return;
    } catch (error) {
      if (error instanceof FinalError) throw error;
      await sleep(delayMs);
    }
  }
  await download(order, target);
}

async function download(order: FileOrder, target: string): Promise<void> {
  const { path, digest, baseUrl, tokenFile } = order;
  const url = new URL(
    path.split('/').map(encodeURIComponent).join('/'),
    baseUrl,
  );
  // The kubelet writes a new one before the old one is over.
  const token = tokenFile && (await readFile(tokenFile, 'utf8')).trim();
  const { statusCode, body } = await request(url, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
    headersTimeout: SILENCE_MS,
    bodyTimeout: SILENCE_MS,
  });
  if (statusCode !== 200) {
    const told = (await body.text()).slice(0, 500);
    const message = `${path} could not be fetched: ${url} answered ${statusCode}: ${told}`;
    throw statusCode === 429 || statusCode >= 500
      ? new Error(message)
      : new FinalError(message);
  }
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
