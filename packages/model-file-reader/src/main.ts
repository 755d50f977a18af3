import { ByteSource } from './ByteSource';
import { BytesGiven, ReadAnswer, ReadRequest } from './protocol';
import { readFile } from './readFile';

/** Reads one file for the process that started this one. */
async function read({ format, sizeBytes }: ReadRequest): Promise<ReadAnswer> {
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

async function main(): Promise<void> {
  for (;;) process.send?.(await read(await next<ReadRequest>()));
}

// It must not end by itself: its end could overtake what it said last.
process.channel?.ref();
process.once('disconnect', () => process.exit(0));
void main();
