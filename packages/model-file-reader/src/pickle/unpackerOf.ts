import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { ByteSource } from '../ByteSource';
import { bytesFrom } from '../bytesFrom';

/** Small files can unpack to whatever their maker wants to keep busy. */
const MAX_UNPACKED_BYTES = 4 * 1024 ** 3;

const inflate = () => zlib.createInflate();

/** How packed files begin, as joblib writes them. */
const packings: Array<{
  start: string;
  unpacker?: () => zlib.Gunzip | zlib.Inflate;
  name: string;
}> = [
  { start: '1f8b', name: 'gzip', unpacker: () => zlib.createGunzip() },
  { start: '7801', name: 'zlib', unpacker: inflate },
  { start: '785e', name: 'zlib', unpacker: inflate },
  { start: '789c', name: 'zlib', unpacker: inflate },
  { start: '78da', name: 'zlib', unpacker: inflate },
  { start: '425a68', name: 'bz2' },
  { start: 'fd377a585a', name: 'xz' },
  { start: '5d0000', name: 'lzma' },
  { start: '04224d18', name: 'lz4' },
];

/** What unpacks a file that begins so; undefined of one that is not packed. */
export function unpackerOf(
  head: Buffer,
):
  | { unpack: (file: ByteSource) => AsyncIterable<Uint8Array> }
  | { problem: string }
  | undefined {
  const packing = packings.find(({ start }) =>
    head.toString('hex').startsWith(start),
  );
  if (!packing) return undefined;
  const { unpacker, name } = packing;
  return unpacker
    ? { unpack: file => unpacked(file, unpacker()) }
    : {
        problem: `it is packed with ${name}, which is not looked into; pack it with zlib or gzip, or not at all`,
      };
}

/** @throws Error where there is more than anybody looks into. */
export async function* atMost(
  pieces: AsyncIterable<Uint8Array>,
  maxBytes = MAX_UNPACKED_BYTES,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const piece of pieces) {
    total += piece.length;
    if (total > maxBytes) {
      throw new Error(`it unpacks to more than ${maxBytes / 1024 ** 3} GB`);
    }
    yield piece;
  }
}

async function* unpacked(
  file: ByteSource,
  unpacker: zlib.Gunzip | zlib.Inflate,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytesFrom(file));
  const stream = source.pipe(unpacker);
  source.on('error', error => stream.destroy(error));
  try {
    yield* atMost(stream);
    // Joblib goes on with what follows, as if it were one.
    if (unpacker.bytesWritten < file.sizeBytes) {
      throw new Error('more follows behind what is packed in it');
    }
  } finally {
    source.destroy();
    stream.destroy();
  }
}
