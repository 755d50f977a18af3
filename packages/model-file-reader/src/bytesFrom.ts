import { ByteSource } from './ByteSource';

const CHUNK_BYTES = 256 * 1024;

/** The bytes of a range, in pieces. */
export async function* bytesFrom(
  source: ByteSource,
  start = 0,
  end = source.sizeBytes,
): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += CHUNK_BYTES) {
    yield await source.read(at, Math.min(CHUNK_BYTES, end - at));
  }
}
