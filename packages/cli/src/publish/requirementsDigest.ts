import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

/** A line that names another file, beside the one that it stands in. */
const NAMING =
  /^[ \t]*(?:-r|-c|--requirement|--constraint)(?:[ \t]+|=)["']?(\S.*?)["']?(?:[ \t]+#.*)?[ \t]*\r?$/gm;

/**
 * SHA-256 of a requirements file and of all on this machine that it names, and
 * those name. What is not there is left to who resolves them.
 *
 * @param lock - what is made of them, which they may name too
 */
export function requirementsDigest(requirements: string, lock: string): string {
  const hash = createHash('sha256');
  const files = new Set([path.resolve(requirements)]);
  // Those that are found meanwhile have their turn, too, each once.
  for (const file of files) {
    const content = fs.readFileSync(file);
    hash.update(content);
    for (const [, name] of content.toString().matchAll(NAMING)) {
      const named = path.resolve(path.dirname(file), name);
      const isFile = fs.statSync(named, { throwIfNoEntry: false })?.isFile();
      if (isFile && named !== path.resolve(lock)) files.add(named);
    }
  }
  return hash.digest('hex');
}
