import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import zlib from 'node:zlib';

/** How compressed files begin; joblib writes them, too. */
const unpackers: Array<{
  start: number[];
  unpack: () => NodeJS.ReadWriteStream;
}> = [
  { start: [0x1f, 0x8b], unpack: () => zlib.createGunzip() },
  { start: [0x78, 0x01], unpack: () => zlib.createInflate() },
  { start: [0x78, 0x5e], unpack: () => zlib.createInflate() },
  { start: [0x78, 0x9c], unpack: () => zlib.createInflate() },
  { start: [0x78, 0xda], unpack: () => zlib.createInflate() },
];

/** The bytes of a pickle, unpacked where it is compressed. */
export async function openPickle(location: string): Promise<Readable> {
  const file = await open(location);
  const head = Buffer.alloc(2);
  try {
    await file.read(head, 0, head.length, 0);
  } finally {
    await file.close();
  }
  const packed = unpackers.find(({ start }) => head.equals(Buffer.from(start)));
  const stream = createReadStream(location);
  if (!packed) return stream;
  const unpacked = packed.unpack() as unknown as Readable &
    NodeJS.WritableStream;
  stream.on('error', error => unpacked.destroy(error));
  return stream.pipe(unpacked);
}
