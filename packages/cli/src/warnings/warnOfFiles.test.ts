import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { openPickle } from './pickle/openPickle';
import { readPickleImports } from './pickle/readPickleImports';
import { warnOfFiles } from './warnOfFiles';

const fixture = (name: string) => path.join(__dirname, '__fixtures__', name);
const importsOf = async (name: string) =>
  await readPickleImports(await openPickle(fixture(name)));
const read = (bytes: Buffer | string) =>
  readPickleImports(Readable.from([Buffer.from(bytes as string, 'latin1')]));

describe('readPickleImports', () => {
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
      expect(imports.some(one => /^sklearn\./.test(one))).toBe(true);
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
});

describe('warnOfFiles', () => {
  let folder: string;

  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-cli-'));
  });

  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  const warn = async (files: Record<string, string | Buffer>) =>
    await warnOfFiles(
      Object.entries(files).map(([name, content]) => {
        const location = path.join(folder, name);
        fs.writeFileSync(location, content);
        return { path: name, location };
      }),
      { signal: new AbortController().signal },
    );

  // Put together here, so that no scanner takes this file for one that leaks.
  const token = ['ghp', 'wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'].join('_');

  it('names file and rule of a secret, and never the secret', async () => {
    const warnings = await warn({
      'train.py': `import os\nTOKEN = "${token}"\n`,
      'weights.bin': Buffer.concat([Buffer.alloc(8), Buffer.from(token)]),
      'notes.md': 'Nothing to see',
      'empty.txt': '',
    });
    expect(warnings).toEqual([
      {
        file: 'train.py',
        rule: 'secretlint-rule-github',
        message: expect.stringMatching(/^train\.py, line 2, looks like/),
        isGrave: true,
      },
    ]);
    expect(JSON.stringify(warnings)).not.toContain(token.slice(4));
  });

  it('says what a pickle imports, what no model needs first', async () => {
    const warnings = await warn({
      'model.joblib': fs.readFileSync(fixture('pipeline.joblib')),
      'evil.pkl': "csklearn.pipeline\nPipeline\ncos\nsystem\n(S'id'\ntR.",
      'broken.pickle': 'no pickle',
      'model.onnx': 'N.',
    });
    expect(warnings).toMatchObject([
      { file: 'model.joblib', rule: 'pickle', isGrave: false },
      {
        file: 'evil.pkl',
        isGrave: true,
        message: expect.stringContaining(
          'It imports os.system, sklearn.pipeline.Pipeline.',
        ),
      },
      {
        file: 'broken.pickle',
        isGrave: true,
        message: expect.stringContaining('could not be followed'),
      },
    ]);
  });
});
