import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { inRoot } from './paths.mjs';
import { PlainError } from './progress.mjs';
import { takeLock } from './takeLock.mjs';

/** Writes the whole file or nothing of it, readable by its owner only. */
export function writePrivately(file, content) {
  const temporary = `${file}.${process.pid}.tmp`;
  fs.writeFileSync(temporary, content, { mode: 0o600 });
  fs.renameSync(temporary, file);
}

export function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError)
      return undefined;
    throw error;
  }
}

/** The data folder, made if it is not there. */
export function openDataFolder() {
  const folder = path.resolve(
    process.env.MODEL_PLATFORM_DATA_DIR || inRoot('.model-platform'),
  );
  for (const name of ['.', 'db', 'blobs', 'git', 'host', 'logs', 'tmp']) {
    const place = path.join(folder, name);
    try {
      fs.mkdirSync(place, { recursive: true, mode: 0o700 });
      fs.accessSync(place, fs.constants.W_OK);
    } catch (error) {
      throw new PlainError(
        `${unusable(
          place,
          error,
        )} Set MODEL_PLATFORM_DATA_DIR to another folder.`,
      );
    }
  }
  return folder;
}

/** Why a folder of the platform's data cannot be used. */
function unusable(place, error) {
  switch (error.code) {
    case 'EACCES':
    case 'EROFS':
    case 'EPERM':
      return `No permission to write to the data folder ${place}.`;
    case 'ENOTDIR':
    case 'EEXIST':
      return `The data folder ${place} is a file.`;
    default:
      return `The data folder ${place} cannot be used (${error.message}).`;
  }
}

/** One platform a data folder: a second start is refused. Returns a function that gives the folder free again. */
export function lockDataFolder(folder) {
  const { holder, release } = takeLock(path.join(folder, 'start.lock'), 0o600);
  if (holder) {
    throw new PlainError(
      `The platform is already running on ${folder} (process ${holder.pid}). Stop it first, or set MODEL_PLATFORM_DATA_DIR, PORTAL_PORT and GATEWAY_PORT for a second one beside it.`,
    );
  }
  return release;
}

/** Secrets of this data folder, made at its first start and kept. */
export function loadSecrets(folder) {
  const file = path.join(folder, 'secrets.json');
  const known = readJson(file) ?? {};
  const token = () =>
    `mpt_${randomBytes(6).toString('hex')}_${randomBytes(24).toString(
      'base64url',
    )}`;
  const secrets = {
    publisherToken: known.publisherToken ?? token(),
    setupToken: known.setupToken ?? token(),
    sessionSecret: known.sessionSecret ?? randomBytes(32).toString('base64url'),
    endpointTokens: known.endpointTokens ?? {},
  };
  const save = () =>
    writePrivately(file, `${JSON.stringify(secrets, undefined, 2)}\n`);
  save();
  return { ...secrets, save };
}
