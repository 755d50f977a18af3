import { Readable } from 'node:stream';
import {
  Entry,
  fromRandomAccessReader,
  RandomAccessReader,
  ZipFile,
} from 'yauzl';
import { ByteSource } from './ByteSource';
import { bytesFrom } from './bytesFrom';

const MAX_ENTRIES = 100_000;

/** Lets yauzl read a zip in places. */
class SourceReader extends RandomAccessReader {
  constructor(private readonly source: ByteSource) {
    super();
  }

  _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(bytesFrom(this.source, start, end));
  }
}

/** A file in a zip. What unpacks to more than it says ends with an error. */
export interface ZippedFile {
  path: string;
  sizeBytes: number;
  /** Its bytes, unpacked. */
  open(): Promise<Readable>;
}

/**
 * Calls with every file of a zip until one call answers something.
 *
 * @returns that answer
 * @throws Error where it is no zip, or has too many files.
 */
export async function findInZip<T>(
  source: ByteSource,
  look: (file: ZippedFile) => Promise<T | undefined>,
): Promise<T | undefined> {
  const zip = await openZip(source);
  try {
    return await new Promise<T | undefined>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', () => resolve(undefined));
      zip.on('entry', (entry: Entry) => {
        look({
          path: entry.fileName,
          sizeBytes: entry.uncompressedSize,
          open: () => openEntry(zip, entry),
        }).then(answer => {
          if (answer === undefined) zip.readEntry();
          else resolve(answer);
        }, reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

/**
 * One file of a zip, whole, before it fills the memory.
 *
 * @throws Error where it is no zip, or the file in it is too large.
 */
export async function readZipEntry(
  source: ByteSource,
  name: string,
  maxBytes: number,
): Promise<Buffer | undefined> {
  return await findInZip(source, async file => {
    if (file.path !== name) return undefined;
    if (file.sizeBytes > maxBytes) {
      throw new Error(`its ${name} is larger than ${maxBytes} bytes`);
    }
    return Buffer.concat(await (await file.open()).toArray());
  });
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

async function openEntry(zip: ZipFile, entry: Entry): Promise<Readable> {
  return await new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) =>
      error ? reject(error) : resolve(stream),
    );
  });
}
