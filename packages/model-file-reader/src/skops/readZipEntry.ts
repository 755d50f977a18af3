import { Readable } from 'node:stream';
import { fromRandomAccessReader, RandomAccessReader, ZipFile } from 'yauzl';
import { ByteSource } from '../ByteSource';

const CHUNK_BYTES = 256 * 1024;
const MAX_ENTRIES = 100_000;

/** Lets yauzl read a zip in places. */
class SourceReader extends RandomAccessReader {
  constructor(private readonly source: ByteSource) {
    super();
  }

  _readStreamForRange(start: number, end: number): Readable {
    const { source } = this;
    return Readable.from(
      (async function* chunks() {
        for (let at = start; at < end; at += CHUNK_BYTES) {
          yield await source.read(at, Math.min(CHUNK_BYTES, end - at));
        }
      })(),
    );
  }
}

/**
 * One file of a zip, whole. What unpacks to more than it says or than is taken
 * ends with an error, before it fills the memory.
 *
 * @throws Error where it is no zip, or the file in it is too large.
 */
export async function readZipEntry(
  source: ByteSource,
  name: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const zip = await openZip(source);
  try {
    return await new Promise<Buffer | undefined>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', () => resolve(undefined));
      zip.on('entry', entry => {
        if (entry.fileName !== name) {
          zip.readEntry();
          return;
        }
        if (entry.uncompressedSize > maxBytes) {
          reject(new Error(`its ${name} is larger than ${maxBytes} bytes`));
          return;
        }
        zip.openReadStream(entry, (error, stream) => {
          if (error) reject(error);
          else collect(stream, maxBytes, name).then(resolve, reject);
        });
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

async function openZip(source: ByteSource): Promise<ZipFile> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    fromRandomAccessReader(
      new SourceReader(source),
      source.sizeBytes,
      { lazyEntries: true, validateEntrySizes: true, autoClose: false },
      (error, opened) => (error ? reject(error) : resolve(opened)),
    );
  });
  if (zip.entryCount > MAX_ENTRIES) {
    throw new Error(`it has more than ${MAX_ENTRIES} files`);
  }
  return zip;
}

async function collect(
  stream: Readable,
  maxBytes: number,
  name: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > maxBytes) {
      throw new Error(`its ${name} is larger than ${maxBytes} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
