import { FileHandle } from 'node:fs/promises';

/** Larger than what a socket takes at once, so that it is waited for. */
const PIECE_BYTES = 256 * 1024;

/**
 * What lies from `start` to before `end` in a file, read ahead by one piece. A
 * piece is good until the next one is asked for; then its memory is used again:
 * memory outside of the heap that is left behind by the megabyte costs more to
 * collect than the bytes cost to read.
 */
export async function* readPieces(
  file: FileHandle,
  { start, end }: { start: number; end: number },
): AsyncGenerator<Uint8Array, void, void> {
  const sizeBytes = Math.min(PIECE_BYTES, end - start);
  const [one, other] = [sizeBytes, sizeBytes].map(Buffer.allocUnsafeSlow);
  let next = readWhole(file, one, start, end);
  try {
    for (let position = start, turn = 0; position < end; turn += 1) {
      const piece = await next;
      position += piece.length;
      next = readWhole(file, turn % 2 === 0 ? other : one, position, end);
      yield piece;
    }
  } finally {
    // The file may be closed after this.
    await next.catch(() => undefined);
  }
}

/** Fills the buffer, or reads to the end where that comes before. */
async function readWhole(
  file: FileHandle,
  buffer: Buffer,
  position: number,
  end: number,
): Promise<Buffer> {
  const wanted = Math.min(buffer.length, end - position);
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await file.read(
      buffer,
      filled,
      wanted - filled,
      position + filled,
    );
    if (bytesRead === 0)
      throw new Error(`The file ends ${end - position - filled} bytes early`);
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
