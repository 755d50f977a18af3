import { existsSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** Folders on the way to a file that others than their owner do not pass, outermost first. */
export function closedFolders(path: string): string[] {
  const folders = [path, existsSync(path) ? realpathSync(path) : path].flatMap(
    way => foldersAbove(way),
  );
  return [...new Set(folders)].filter(
    folder => existsSync(folder) && (statSync(folder).mode & 0o001) === 0,
  );
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path);
  return folder === path ? [] : [...foldersAbove(folder), folder];
}
