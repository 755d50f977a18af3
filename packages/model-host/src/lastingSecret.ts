import { randomBytes } from 'node:crypto';
import { readJsonFile, writeJsonFile } from './jsonFile';

/** Lives as long as the data folder: what was made with it before a restart stays good. */
export function lastingSecret(path: string): string {
  const kept = readJsonFile(path) as { secret?: string } | undefined;
  if (kept?.secret) {
    return kept.secret;
  }
  const secret = randomBytes(32).toString('base64url');
  writeJsonFile(path, { secret });
  return secret;
}
