import os from 'node:os';
import path from 'node:path';

/** What can be made again: programs and environments that commands fetch. */
export function cacheFolder(env: Record<string, string | undefined>): string {
  return path.join(
    env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'),
    'model-platform',
  );
}
