import { sha256 } from '@noble/hashes/sha2';

/** Some milliseconds of work each, so that the page stays awake. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * SHA-256 of a file or a stretch of it, however large, in the memory of one
 * chunk. The browser's own can't hash piece by piece, and is missing where the
 * portal is served without TLS.
 */
export async function digestOfBlob(
  blob: Blob,
  options: { signal: AbortSignal; onBytes?: (bytes: number) => void },
): Promise<Uint8Array> {
  const hash = sha256.create();
  for (let start = 0; start < blob.size; start += CHUNK_BYTES) {
    options.signal.throwIfAborted();
    const chunk = await blob.slice(start, start + CHUNK_BYTES).arrayBuffer();
    hash.update(new Uint8Array(chunk));
    options.onBytes?.(chunk.byteLength);
  }
  return hash.digest();
}

/** As the platform writes it: `sha256:<hex>`. */
export function toDigestText(digest: Uint8Array): string {
  const hex = [...digest].map(byte => byte.toString(16).padStart(2, '0'));
  return `sha256:${hex.join('')}`;
}
