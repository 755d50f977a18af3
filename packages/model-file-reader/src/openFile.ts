import { open } from 'node:fs/promises';
import { ByteSource } from './ByteSource';

/** A file of this machine. `close` ends it. */
export async function openFile(
  location: string,
): Promise<ByteSource & { close(): Promise<void> }> {
  const file = await open(location);
  const { size } = await file.stat();
  return {
    sizeBytes: size,
    async read(position, length) {
      const bytes = Buffer.alloc(
        Math.min(length, Math.max(size - position, 0)),
      );
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await file.read(
          bytes,
          filled,
          bytes.length - filled,
          position + filled,
        );
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    },
    close: () => file.close(),
  };
}
