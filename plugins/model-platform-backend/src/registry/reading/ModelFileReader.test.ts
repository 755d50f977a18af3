import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { applyReadings } from './applyReadings';
import { readerPids } from './__testUtils__/readerPids';
import { ModelFileReader, StoredFile } from './ModelFileReader';
import { ReadingBudget } from './ReadingBudget';

const root = path.resolve(__dirname, '../../../../..');
const fixtures = path.join(root, 'packages/model-file-reader/src/__fixtures__');

jest.setTimeout(120_000);

function stored(content: Buffer): StoredFile {
  return {
    sizeBytes: content.length,
    read: async (position, length) =>
      content.subarray(position, position + length),
  };
}

const mlmodel = () => readFileSync(path.join(fixtures, 'MLmodel'));

describe('ModelFileReader', () => {
  // The program, from its sources.
  beforeAll(() =>
    execFileSync(process.execPath, [
      path.join(root, 'packages/model-file-reader/scripts/build.cjs'),
    ]),
  );

  it('reads in a process of its own, piece by piece', async () => {
    const reader = new ModelFileReader();
    const pieces: number[] = [];
    const skops = readFileSync(path.join(fixtures, 'model.skops'));
    const [first, second] = await Promise.all([
      reader.read('mlflow', stored(mlmodel())),
      reader.read('skops', {
        ...stored(skops),
        async read(position, length) {
          pieces.push(length);
          return skops.subarray(position, position + length);
        },
      }),
    ]);
    expect(first).toMatchObject({ outputs: [{ name: 'ill' }] });
    expect(second).toMatchObject({
      inputs: [{ name: 'age' }, { name: 'bmi' }, { name: 'bp' }],
    });
    expect(pieces.length).toBeGreaterThan(1);
  });

  it('says what is wrong with a file, and goes on', async () => {
    const reader = new ModelFileReader();
    expect(await reader.read('onnx', stored(Buffer.from('nothing')))).toEqual({
      problem: expect.stringMatching(/byte|ends/),
    });
    expect(await reader.read('mlflow', stored(mlmodel()))).toHaveProperty(
      'inputs',
    );
  });

  it('gives it neither time, memory nor bytes without end', async () => {
    expect(
      await new ModelFileReader({
        maxBytes: 256 * 1024,
        timeoutMs: 60_000,
      }).read('onnx', {
        sizeBytes: Number.MAX_SAFE_INTEGER,
        read: async (_position, length) => Buffer.alloc(length, 0),
      }),
    ).toEqual({ problem: 'reading it takes more than 0.25 MB of the file' });

    const silent = new ModelFileReader({ timeoutMs: 300 });
    expect(
      await silent.read('mlflow', {
        sizeBytes: 1000,
        read: () => new Promise(() => undefined),
      }),
    ).toEqual({ problem: 'reading it takes longer than 0.3 seconds' });

    const hungry = Buffer.from(
      `flavors: {}\nlist: [${'[],'.repeat(1_300_000)}]`,
    );
    expect(
      await new ModelFileReader({ memoryMb: 40 }).read(
        'mlflow',
        stored(hungry),
      ),
    ).toEqual({ problem: 'reading it takes more than 40 MB of memory' });
  });

  it('goes on where the store answers a program that was ended meanwhile', async () => {
    const reader = new ModelFileReader();
    for (const _ of [1, 2, 3]) {
      let answer: (bytes: Uint8Array) => void = () => {};
      const read = () =>
        new Promise<Uint8Array>(resolve => {
          answer = resolve;
        });
      expect(
        await reader.read(
          'mlflow',
          { sizeBytes: 1 << 20, read },
          // Enough until it asks for the file, on a busy machine too.
          new ReadingBudget(3_000),
        ),
      ).toHaveProperty('problem');
      answer(new Uint8Array(1 << 20));
      while (readerPids().length > 0)
        await new Promise(resolve => setTimeout(resolve, 10));
    }
    expect(await reader.read('mlflow', stored(mlmodel()))).toHaveProperty(
      'inputs',
    );
  });

  it('fails where the store does', async () => {
    await expect(
      new ModelFileReader().read('mlflow', {
        sizeBytes: 1000,
        read: () => Promise.reject(new Error('the store is gone')),
      }),
    ).rejects.toThrow('the store is gone');
  });
});

describe('applyReadings', () => {
  const version = {
    metadata: {},
    flavor: 'onnx',
    runtime: 'node' as const,
    signature: {
      inputs: [
        { name: 'a', type: 'number' as const },
        { name: 'b', type: 'string' as const },
      ],
      outputs: [{ name: 'label', type: 'string' as const }],
    },
  };
  const reading = {
    path: 'model.onnx',
    format: 'onnx' as const,
    inputs: [{ name: 'X', type: 'number' as const, shape: [3] }],
    outputs: [
      { name: 'label', type: 'integer' as const },
      { name: 'p', type: 'number' as const, shape: [3] },
    ],
    evaluation: { accuracy: 0.9 },
    trainingRun: 'run-1',
  };
  const unsigned = { ...version, signature: { inputs: [], outputs: [] } };

  it('fills in what the publish left out', () => {
    expect(applyReadings(unsigned, [reading])).toEqual({
      filled: {
        signature: { inputs: reading.inputs, outputs: reading.outputs },
        evaluation: { accuracy: 0.9 },
        provenance: { trainingRun: 'run-1' },
      },
      problems: [],
    });
    expect(
      applyReadings(
        {
          ...unsigned,
          endpoint: 'endpoint.py',
          evaluation: { f1: 1 },
          provenance: { trainingRun: 'own' },
        },
        [reading],
      ),
    ).toEqual({ filled: {}, problems: [] });
    expect(
      applyReadings(unsigned, [
        { path: 'model.onnx', format: 'onnx', problem: 'it has no graph' },
      ]).problems,
    ).toMatchObject([
      {
        field: 'signature',
        rule: 'is missing: model.onnx cannot be read: it has no graph',
        source: 'model.onnx',
      },
    ]);
  });

  it('refuses by field what the file says otherwise', () => {
    const problems = (
      change: Partial<typeof version>,
      other: Partial<typeof reading> = {},
    ) =>
      applyReadings({ ...version, ...change }, [
        { ...reading, ...other },
      ]).problems.map(({ field, rule }) => `${field} ${rule}`);
    expect(problems({})).toEqual([
      'signature.inputs must be 3: model.onnx takes 3 columns',
      'signature.outputs[0].type is integer in model.onnx',
    ]);
    expect(problems({ endpoint: 'endpoint.py' } as object)).toEqual([]);
    const named = {
      inputs: [
        { name: 'a', type: 'number' as const, shape: [1] },
        { name: 'c', type: 'number' as const, shape: [1] },
      ],
    };
    expect(problems({}, named)).toEqual([
      'signature.inputs[1].name is none of the inputs of model.onnx',
      'signature.outputs[0].type is integer in model.onnx',
    ]);
    expect(
      problems(
        {
          signature: {
            inputs: [{ name: 'a', type: 'string' as const }],
            outputs: [{ name: 'p', type: 'number' as const }],
          } as unknown as typeof version.signature,
        },
        named,
      ),
    ).toEqual([
      'signature.inputs[0].type is number in model.onnx',
      'signature.inputs lacks c, which model.onnx takes',
    ]);
  });

  it('takes maps as what they are made of, and refuses what no runner gives', () => {
    const maps = {
      ...reading,
      inputs: version.signature.inputs,
      outputs: [{ name: 'p', type: 'object' as const }],
    };
    const problems = (output: object, of: object = maps) =>
      applyReadings(
        {
          ...version,
          signature: {
            ...version.signature,
            outputs: [{ name: 'p', type: 'number', ...output }],
          },
        },
        [{ ...maps, ...of }],
      ).problems;
    expect(problems({ shape: [3] })).toEqual([]);
    expect(problems({ type: 'object' })).toEqual([]);
    expect(problems({})).toMatchObject([
      { field: 'signature.outputs[0].type', rule: 'is object in model.onnx' },
    ]);
    expect(
      problems({}, { outputs: [{ name: 'p', unserved: 'is optional' }] }),
    ).toEqual([
      {
        field: 'signature.outputs',
        rule: 'p of model.onnx is optional',
        source: 'model.onnx',
      },
    ]);
  });
});
