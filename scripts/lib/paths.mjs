import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of the clone. */
export const root = path.resolve(
  path.dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
);

/** Path inside the clone. */
export const inRoot = (...parts) => path.join(root, ...parts);
