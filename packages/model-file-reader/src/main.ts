import { ByteSource } from './ByteSource';
import { BytesGiven, ReadAnswer, ReadRequest } from './protocol';
import { readFile } from './readFile';

/** Reads one file for the process that started it, and ends. */
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

process.once('disconnect', () => process.exit(1));
next<ReadRequest>()
  .then(main)
  .then(answer => process.send?.(answer, () => process.disconnect?.()));
