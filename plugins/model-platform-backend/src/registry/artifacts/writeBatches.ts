import { FileHandle } from 'node:fs/promises';

const BATCH_BYTES = 512 * 1024;
const MOST_SPARE = 8;
const spare: Buffer[] = [];

/**
 * Writes bytes to their place in a file, a batch while the next one comes in.
 * Pieces are copied and let go at once, and the memory of batches is used
 * again: kept for longer, they would be left to the slow collection of garbage.
 */
export async function writeBatches(
  source: AsyncIterable<Uint8Array>,
  file: FileHandle,
  start = 0,
): Promise<void> {
  let [batch, other] = [takeBatch(), takeBatch()];
  let filled = 0;
  let position = start;
  let writing: Promise<void> | undefined;
  const send = async () => {
    await writing;
    writing = write(file, batch.subarray(0, filled), position);
    // What fails is found where it is waited for.
    writing.catch(() => undefined);
    position += filled;
    filled = 0;
    [batch, other] = [other, batch];
  };
  try {
    for await (const piece of source) {
      for (let taken = 0; taken < piece.length; ) {
        const rest = piece.subarray(taken, taken + BATCH_BYTES - filled);
        batch.set(rest, filled);
        taken += rest.length;
        filled += rest.length;
        if (filled === BATCH_BYTES) await send();
      }
    }
    await send();
    await writing;
  } finally {
    // The file may be closed, and the memory used, after this.
    await writing?.catch(() => undefined);
    spare.push(...[batch, other].slice(0, MOST_SPARE - spare.length));
  }
}

function takeBatch(): Buffer {
  return spare.pop() ?? Buffer.allocUnsafeSlow(BATCH_BYTES);
}

/** A disk that is about to be full takes less at once than it was given. */
async function write(
  file: FileHandle,
  batch: Buffer,
  start: number,
): Promise<void> {
  for (let written = 0; written < batch.length; ) {
    const { bytesWritten } = await file.write(
      batch,
      written,
      batch.length - written,
      start + written,
    );
    written += bytesWritten;
  }
}
