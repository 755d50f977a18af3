import path from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
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

/** A text with its opcode. */
const text = (value: string) =>
  `\x8c${String.fromCharCode(value.length)}${value}`;
/** Another name for Python than for whoever counts what is put, not what is kept. */
const shifted = `\x80\x04${text(
  'collections',
)}r\x01\0\0\0r\x01\0\0\0r\x00\0\0\x000${text('os')}\x940${text(
  'OrderedDict',
)}r\x03\0\0\x000${text('OrderedDict')}r\x04\0\0\x000`;

const int4 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes.toString('latin1');
};
/** An array as joblib writes it, with whatever is said of it. */
const joblib = ({
  dtype = `cnumpy\ndtype\n${text('i1')}\x85R`,
  length = EVIL.length,
  more = '',
  name = 'joblib.numpy_pickle\nNumpyArrayWrapper',
  make = ')\x81',
  behind = EVIL,
}) =>
  [
    '\x80\x04](',
    `c${name}\n${make}`,
    `}(${text('shape')}J${int4(length)}\x85${text('dtype')}${dtype}${more}ub`,
    behind,
  ].join('');

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

  it.each<[string, string, string]>([
    [
      'an entry that is kept twice',
      `${shifted}h\x02${text('system')}\x93.`,
      'os.system',
    ],
    ['quotation marks', "S'os'\nS'system'\n\x93.", 'os.system'],
    ['escapes', 'Vo\\u0073\nVsystem\n\x93.', '?.?'],
    ['escapes in quotation marks', "S'o\\x73'\nS'system'\n\x93.", '?.?'],
    ['a name too long to keep', `c${'a'.repeat(2000)}\nb\n.`, '?.b'],
  ])('is not led astray by %s', async (_way, bytes, name) => {
    expect(await read(bytes)).toEqual({ imports: [name] });
  });

  it.each([
    ['a number as Python alone takes it', 'Np1_0\n.'],
    ['a longer number', `Np${'9'.repeat(30)}\n.`],
    ['an entry that is not kept', 'h\x05.'],
    [
      'a frame that ends behind the pickle',
      '\x80\x04\x95\x09\0\0\0\0\0\0\0N.N.',
    ],
    [
      'a type without a number',
      joblib({ dtype: `cnumpy\ndtype\n${text('q')}\x85R` }),
    ],
    [
      'a type of some other module',
      joblib({ dtype: `cmine\ndtype\n${text('i1')}\x85R` }),
    ],
    [
      'a type that holds objects all the same',
      joblib({
        dtype: `cnumpy\ndtype\n${text('i1')}\x85R(K\x03${text('|')}NNNJ${int4(
          -1,
        )}J${int4(-1)}K?tb`,
      }),
    ],
    ['a size below nothing', joblib({ length: -1 })],
    [
      'attributes that stand for methods',
      joblib({ more: `${text('read')}cnumpy\nndarray\n` }),
    ],
    ['keys that cannot be told', joblib({ more: 'Vshap\\u0065\nK\x01\x85' })],
    [
      'a wrapper by another name',
      joblib({ name: 'joblib\nnumpy_pickle.NumpyArrayWrapper', make: ')R' }),
    ],
    [
      'a wrapper that is made otherwise',
      joblib({ make: '\x85cmine\nmake\n0' }),
    ],
    [
      'a frame that ends within a name',
      '\x80\x04\x95\x07\0\0\0\0\0\0\0cnumpy.timeit\ntimeit\n.',
    ],
    ['a frame around an array', `\x80\x04\x95\xff\0\0\0\0\0\0\0${joblib({})}`],
    [
      'too much of a padding',
      joblib({
        more: `${text('numpy_array_alignment_bytes')}K\x10`,
        behind: `c${EVIL}`,
      }),
    ],
  ])('says that %s cannot be followed', async (_way, bytes) => {
    expect((await read(bytes)).problem).toBeDefined();
  });

  it('takes the last of the entries with one name', async () => {
    const others = Array.from({ length: 70 }, () => `${text('order')}N`).join(
      '',
    );
    const more = `${others}${text('shape')})`;
    // One byte of it is the array now, and the rest is read.
    const { imports } = await read(joblib({ more, behind: `\xff${EVIL}` }));
    expect(imports).toContain('os.system');
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
    const twice = Buffer.concat([deflateSync('N'), deflateSync(EVIL)]);
    expect((await read(twice)).problem).toContain('more follows');
    expect(await read('BZh91AY')).toEqual({
      imports: [],
      problem: expect.stringContaining('packed with bz2'),
    });
    const within = zipOf('more.zip', Buffer.from('PK'));
    expect((await read(within)).problem).toContain('an archive in an archive');
  });

  it('takes for no pickle what is not written as one', async () => {
    // The last two begin as a pickle does.
    for (const content of [
      'weights',
      '',
      '.',
      'cloudpickle\nnumpy\nonnx\n',
      '(some notes)',
    ])
      expect(await read(content, 'maybePickle')).toEqual({});
    for (const content of [EVIL, gzipSync(EVIL), deflateSync(EVIL)])
      expect(await read(content, 'maybePickle')).toEqual({
        imports: ['os.system'],
      });
    // What Python goes on with may import anything.
    expect(await read('Np1_0\n.', 'maybePickle')).toHaveProperty('problem');
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
