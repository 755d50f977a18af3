import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { Readable } from 'node:stream';
import { HashedFile } from '../model/hashFile';
import { changedFile } from './changedFile';

/**
 * The bytes of a file, or of a part of it, read as they are sent. The last ones are held back until
 * digest and size are known to be those that were announced, so a file that
 * changed meanwhile never arrives whole.
 */
export function verifiedStream(
  file: HashedFile,
  onBytes: (bytes: number) => void,
  start = 0,
  end = Infinity,
): ReadableStream<Uint8Array> {
  async function* read(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let sizeBytes = 0;
    let held: Uint8Array | undefined;
    for await (const chunk of fs.createReadStream(file.location, {
      highWaterMark: 64 * 1024,
      start,
      end,
    })) {
      hash.update(chunk);
      sizeBytes += chunk.length;
      if (sizeBytes > file.sizeBytes) break;
      if (held) {
        yield held;
        onBytes(held.length);
      }
      held = chunk;
    }
    if (
      sizeBytes !== file.sizeBytes ||
      `sha256:${hash.digest('hex')}` !== file.digest
    ) {
      throw changedFile(file);
    }
    if (held) {
      yield held;
      onBytes(held.length);
    }
  }
  return Readable.toWeb(
    Readable.from(read(), { highWaterMark: 1 }),
  ) as ReadableStream<Uint8Array>;
}
