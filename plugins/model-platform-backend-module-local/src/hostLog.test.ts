import { LogOptions } from '@model-platform/plugin-model-platform-node';
import { hostLog } from './hostLog';

const BREAK = 'the host ends';

/** A log that is written as it is read; what follows a break is written while nobody reads. */
async function* bodyOf(
  written: Array<{ at?: string; message: string }>,
  place: { next: number },
  { tail = 0, since }: LogOptions,
): AsyncIterable<Buffer> {
  const before = written
    .slice(0, place.next)
    .filter(({ message }) => message !== BREAK)
    .filter(({ at = '' }) => !since || Date.parse(at) >= since.getTime());
  for (const line of tail > 0 ? before.slice(-tail) : []) {
    yield Buffer.from(`${JSON.stringify(line)}\n`);
  }
  while (place.next < written.length) {
    const line = written[place.next];
    place.next += 1;
    if (line.message === BREAK) {
      place.next += 1;
      throw new Error('other side closed');
    }
    yield Buffer.from(`${JSON.stringify(line)}\n`);
  }
}

it('reads a log on where it broke off, whatever times its lines have', async () => {
  const begin = Date.now() + 500;
  const at = (ms: number) => new Date(begin + ms).toISOString();
  const written = [
    { at: at(0), message: 'first' },
    { at: at(0), message: 'of the same millisecond' },
    { at: 'yesterday', message: 'of no time' },
    { at: '2020-01-01T00:00:00Z', message: 'of long ago' },
    { message: BREAK },
    { at: at(0), message: 'of the same, while nobody read' },
    { at: at(1), message: 'after' },
    { at: at(1e9), message: 'of times to come' },
    { message: BREAK },
    { at: at(2), message: 'while nobody read' },
    { message: 'last' },
  ];
  const place = { next: 0 };
  const host = {
    async logs(_: string, options: LogOptions) {
      while (Date.now() < begin + 10) await new Promise(setImmediate);
      return bodyOf(written, place, options);
    },
  };
  const found: string[] = [];
  const lines = hostLog(host, 'r-0', { tail: 0, follow: true });
  for await (const { message } of lines) found.push(message);
  const said = 'The log of this runner broke off: other side closed';
  expect(found).toEqual([
    'first',
    'of the same millisecond',
    'of no time',
    'of long ago',
    said,
    'of the same, while nobody read',
    'after',
    'of times to come',
    said,
    // Nothing tells that it was read.
    'of times to come',
    'while nobody read',
    'last',
  ]);
});
