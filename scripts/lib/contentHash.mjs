import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const skipped = new Set([
  'node_modules',
  'dist',
  'dist-types',
  'coverage',
  '.cache',
  '__pycache__',
]);

function* filesUnder(place) {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isFile()) {
    yield place;
    return;
  }
  for (const name of fs.readdirSync(place).sort()) {
    if (!skipped.has(name)) yield* filesUnder(path.join(place, name));
  }
}

/** Hash over names and bytes of files and folders of the clone, given relative to it. */
export function contentHash(places, extra = '') {
  const hash = createHash('sha256').update(extra);
  for (const place of places) {
    for (const file of filesUnder(path.join(root, place))) {
      hash
        .update(path.relative(root, file))
        .update('\0')
        .update(fs.readFileSync(file))
        .update('\0');
    }
  }
  return hash.digest('hex');
}

/** Does the work unless its stamp already says this hash; the stamp is written last. */
export async function onceFor(hash, stamp, work) {
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === hash)
    return false;
  fs.rmSync(stamp, { force: true });
  await work();
  fs.mkdirSync(path.dirname(stamp), { recursive: true });
  fs.writeFileSync(stamp, hash);
  return true;
}
