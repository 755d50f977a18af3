import { ByteSource } from './ByteSource';
import { BytesGiven, ReadAnswer, ReadRequest } from './protocol';
import { readFile } from './readFile';

/** Reads one file for the process that started it, which ends it then. */
async function main({ format, sizeBytes }: ReadRequest): Promise<ReadAnswer> {
  const file: ByteSource = {
    sizeBytes,
    async read(position, length) {
      const answer = next<BytesGiven>();
      process.send?.({ wanted: { position, length } });
      return (await answer).bytes;
    },
  };
  try {
    return { reading: await readFile(format, file) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function next<T>(): Promise<T> {
  return new Promise(resolve => {
    process.once('message', message => resolve(message as T));
  });
}

process.once('disconnect', () => process.exit(0));
next<ReadRequest>()
  .then(main)
  .then(answer => {
    // It must not end by itself: its end could overtake what it said last.
    process.channel?.ref();
    process.send?.(answer);
  });
