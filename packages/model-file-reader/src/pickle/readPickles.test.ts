import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { zipOf } from '../__testUtils__/zipOf';
import { openFile } from '../openFile';
import { readFile } from '../readFile';

const fixture = (name: string) => path.join(__dirname, '../__fixtures__', name);

async function readFrom(location: string, kind: 'pickle' | 'maybePickle') {
  const file = await openFile(location);
  try {
    return await readFile(kind, file);
  } finally {
    await file.close();
  }
}
const importsOf = (name: string) => readFrom(fixture(name), 'pickle');
const read = async (
  bytes: string | Buffer,
  kind: 'pickle' | 'maybePickle' = 'pickle',
) => {
  const content =
    typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
  return await readFile(kind, {
    sizeBytes: content.length,
    read: async (position, length) =>
      content.subarray(position, position + length),
  });
};
const EVIL = "cos\nsystem\n(S'id'\ntR.";
const npyOf = (descr: string, content: string) => {
  const header = `{'descr': ${descr}, 'fortran_order': False, 'shape': (1,), }\n`;
  return `\x93NUMPY\x01\x00${String.fromCharCode(
    header.length,
    0,
  )}${header}${content}`;
};

describe('readPickles', () => {
  it.each(['pipeline.0.pkl', 'pipeline.2.pkl', 'pipeline.5.pkl'])(
    'follows %s',
    async name => {
      const { imports, problem } = await importsOf(name);
      expect(problem).toBeUndefined();
      expect(imports).toEqual(
        expect.arrayContaining([
          'numpy.dtype',
          'sklearn.linear_model._logistic.LogisticRegression',
          'sklearn.pipeline.Pipeline',
          'sklearn.preprocessing._data.StandardScaler',
        ]),
      );
      expect(imports).not.toContain('?.?');
    },
  );

  it.each(['forest.joblib', 'forest.zlib.joblib', 'pipeline.joblib'])(
    'follows %s past its arrays',
    async name => {
      const { imports, problem } = await importsOf(name);
      expect(problem).toBeUndefined();
      expect(imports).toEqual(
        expect.arrayContaining([
          'joblib.numpy_pickle.NumpyArrayWrapper',
          'numpy.ndarray',
        ]),
      );
      expect(imports?.some(one => /^sklearn\./.test(one))).toBe(true);
      expect(imports).not.toContain('?.?');
    },
  );

  it.each([
    // Each would run a command, in a way of its own.
    ['GLOBAL', "cos\nsystem\n(S'id'\ntR.", 'os.system'],
    ['INST', "(S'id'\nios\nsystem\n.", 'os.system'],
    [
      'STACK_GLOBAL',
      '\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x02id\x85R.',
      'posix.system',
    ],
    [
      'STACK_GLOBAL of the memo',
      '\x80\x04\x8c\x06system\x94\x8c\x05posix\x94N0h\x01h\x00\x93.',
      'posix.system',
    ],
    ['names that are computed', '\x80\x04NN\x93.', '?.?'],
    ['a second pickle behind the first', 'N.cos\nsystem\n.', 'os.system'],
  ])('finds what %s imports', async (_way, bytes, name) => {
    expect(await read(bytes)).toEqual({ imports: [name] });
  });

  it.each([
    ['', []],
    ['cos\nsystem\n\xff', ['os.system']],
    ['\x80', []],
    ['t.', []],
    ['R.', []],
    ['X\xff\xff\xff\x7fabc', []],
    ['cos\nsys', []],
  ])('ends with what it knows of %j', async (bytes, imports) => {
    const found = await read(bytes);
    expect(found.imports).toEqual(imports);
    expect(found.problem === undefined).toBe(bytes === '');
  });

  it.each<[string, string | Buffer, string[] | undefined]>([
    ['gzip', gzipSync(EVIL), ['os.system']],
    // https://pytorch.org/docs/stable/notes/serialization.html
    [
      'an archive of PyTorch',
      zipOf('archive/data.pkl', Buffer.from(EVIL)),
      ['os.system'],
    ],
    [
      'PyTorch of before, whose numbers are no pickle',
      `${Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex').toString(
        'latin1',
      )}N.N.${EVIL}N.\xff\xff\xff`,
      ['os.system'],
    ],
    ['an array of objects', npyOf("'|O'", EVIL), ['os.system']],
    [
      'a table with a column of objects',
      npyOf("[('a', '<f8'), ('b', '|O')]", EVIL),
      ['os.system'],
    ],
    [
      'an archive of arrays',
      zipOf('names.npy', Buffer.from(npyOf("'|O'", EVIL), 'latin1')),
      ['os.system'],
    ],
    ['an array of numbers', npyOf("'<f8'", '\xff\xff'), undefined],
    [
      'an archive of numbers',
      zipOf('a.npy', Buffer.from(npyOf("'<f8'", '\xff'), 'latin1')),
      undefined,
    ],
  ])('looks into %s', async (_what, bytes, imports) => {
    const found = await read(bytes);
    expect(found.imports).toEqual(imports);
    expect(found.problem).toBeUndefined();
  });

  it('says what it does not look into', async () => {
    expect(await read('BZh91AY')).toEqual({
      imports: [],
      problem: expect.stringContaining('packed with bz2'),
    });
    const within = zipOf('more.zip', Buffer.from('PK'));
    expect((await read(within)).problem).toContain('an archive in an archive');
  });

  it('takes for no pickle what is not written as one', async () => {
    expect(await read('weights', 'maybePickle')).toEqual({});
    expect(await read(`\x80\x04${EVIL}`, 'maybePickle')).toEqual({
      imports: ['os.system'],
    });
    expect(await read(zipOf('a.txt', Buffer.from('a')), 'maybePickle')).toEqual(
      {},
    );
  });

  it('passes over arrays without reading them', async () => {
    const head = Buffer.from('\x80\x05\x8e', 'latin1');
    const size = Buffer.alloc(8);
    const hidden = 8 * 1024 ** 3;
    size.writeBigUInt64LE(BigInt(hidden));
    const tail = Buffer.from(`0${EVIL}`, 'latin1');
    const begin = Buffer.concat([head, size]);
    const end = begin.length + hidden;
    const sizeBytes = end + tail.length;
    let asked = 0;
    const found = await readFile('pickle', {
      sizeBytes,
      read: async (position, length) => {
        asked += length;
        const bytes = Buffer.alloc(Math.min(length, sizeBytes - position));
        if (position === 0) begin.copy(bytes);
        if (position >= end) tail.copy(bytes, 0, position - end);
        return bytes;
      },
    });
    expect(found).toEqual({ imports: ['os.system'] });
    expect(asked).toBeLessThan(1024 * 1024);
  });
});
