import { Readable } from 'node:stream';
import zlib from 'node:zlib';
import { ByteSource } from '../ByteSource';
import { bytesFrom } from '../bytesFrom';

const inflate = () => zlib.createInflate();

/** How packed files begin, as joblib writes them. */
const packings: Array<{
  start: string;
  unpacker?: () => NodeJS.ReadWriteStream;
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

async function* unpacked(
  file: ByteSource,
  unpacker: NodeJS.ReadWriteStream,
): AsyncGenerator<Uint8Array> {
  const source = Readable.from(bytesFrom(file));
  const stream = source.pipe(unpacker) as unknown as Readable;
  source.on('error', error => stream.destroy(error));
  try {
    for await (const piece of stream) yield piece;
  } finally {
    source.destroy();
    stream.destroy();
  }
}
