import { readFileSync } from 'node:fs';
import path from 'node:path';
import { zipOf } from './__testUtils__/zipOf';
import { ByteSource } from './ByteSource';
import { openFile } from './openFile';
import { readFile } from './readFile';

const fixture = (name: string) => path.join(__dirname, '__fixtures__', name);
const iris = path.join(__dirname, '../../../examples/iris/iris.onnx');

function inMemory(content: Buffer | string): ByteSource {
  const bytes = Buffer.from(content);
  return {
    sizeBytes: bytes.length,
    read: async (position, length) =>
      bytes.subarray(position, position + length),
  };
}

/** A field of Protocol Buffers that holds bytes. */
const field = (number: number, content: Buffer | string) => {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([number * 8 + 2, bytes.length]), bytes]);
};

describe('readFile', () => {
  it('reads inputs, outputs and metrics of an ONNX model', async () => {
    const file = await openFile(iris);
    try {
      expect(await readFile('onnx', file)).toMatchObject({
        inputs: [{ name: 'measurements', type: 'number', shape: [4] }],
        outputs: [
          { name: 'label', type: 'string' },
          { name: 'probabilities', type: 'number', shape: [3] },
        ],
      });
    } finally {
      await file.close();
    }
    const withMetrics = Buffer.concat([
      readFileSync(iris),
      field(14, Buffer.concat([field(1, 'evaluation.f1'), field(2, '0.93')])),
      field(14, Buffer.concat([field(1, 'author'), field(2, 'Mira')])),
    ]);
    expect(await readFile('onnx', inMemory(withMetrics))).toMatchObject({
      evaluation: { f1: 0.93 },
      metadata: { author: 'Mira' },
    });
  });

  it.each([
    [
      'species',
      [{ name: 'X', type: 'number', shape: [4] }],
      [
        { name: 'output_label', type: 'string' },
        { name: 'output_probability', type: 'object' },
      ],
    ],
    [
      'orders',
      [{ name: 'X', type: 'object' }],
      [{ name: 'variable', type: 'number' }],
    ],
    [
      'measured',
      [{ name: 'steps', type: 'number', shape: [-1, 2] }],
      [
        { name: 'newest', type: 'number', shape: [2] },
        { name: 'ends', type: 'number', shape: [-1, 2] },
      ],
    ],
    [
      'several',
      [{ name: 'X', type: 'number', shape: [4] }],
      // Of what shapes the tensors of the sequence are, the file does not say.
      [
        { name: 'label', type: 'integer', shape: [2] },
        { name: 'probabilities' },
      ],
    ],
    [
      'perhaps',
      [{ name: 'x', type: 'number' }],
      [{ name: 'y', unserved: expect.stringContaining('export the model') }],
    ],
  ])('reads maps and sequences of ONNX: %s', async (name, inputs, outputs) => {
    const file = await openFile(
      path.join(
        __dirname,
        '../../model-runner-node/src/flavors/onnx/__fixtures__',
        `${name}.onnx`,
      ),
    );
    try {
      expect(await readFile('onnx', file)).toMatchObject({ inputs, outputs });
    } finally {
      await file.close();
    }
  });

  it('reads signature, run, metadata and metrics of an MLmodel', async () => {
    expect(
      await readFile('mlflow', inMemory(readFileSync(fixture('MLmodel')))),
    ).toEqual({
      inputs: [
        { name: 'age', type: 'integer' },
        { name: 'bmi', type: 'number' },
        { name: 'bp', type: 'number' },
      ],
      outputs: [{ name: 'ill', type: 'boolean' }],
      evaluation: { accuracy: 0.9 },
      trainingRun: '5f0c1d',
      flavors: ['python_function'],
      metadata: { purpose: 'Finds the ill', evaluation: { accuracy: 0.9 } },
    });
    const tensors = {
      flavors: { python_function: {} },
      signature: {
        inputs: JSON.stringify([
          {
            type: 'tensor',
            'tensor-spec': { dtype: 'float32', shape: [-1, 4] },
          },
        ]),
        outputs: JSON.stringify([
          { type: 'tensor', 'tensor-spec': { dtype: 'int64', shape: [-1] } },
        ]),
      },
    };
    expect(
      await readFile('mlflow', inMemory(JSON.stringify(tensors))),
    ).toMatchObject({
      inputs: [{ type: 'number', shape: [4] }],
      outputs: [{ type: 'integer' }],
    });
  });

  it('reads the columns that a skops estimator was fitted with', async () => {
    expect(
      await readFile('skops', inMemory(readFileSync(fixture('model.skops')))),
    ).toMatchObject({
      inputs: [{ name: 'age' }, { name: 'bmi' }, { name: 'bp' }],
      metadata: { class: 'sklearn.pipeline.Pipeline' },
      imports: expect.arrayContaining([
        'numpy.ndarray',
        'sklearn.linear_model._logistic.LogisticRegression',
      ]),
    });
  });

  const bomb = Buffer.alloc(64 * 1024 * 1024, ' ');
  it.each([
    ['onnx', 'no model at all', /no such field|ends/],
    ['onnx', '', /it has no graph/],
    ['onnx', Buffer.from([58, 255, 255, 255, 255, 15]), /middle of a field/],
    ['mlflow', 'just: yaml', /no MLmodel/],
    ['mlflow', 'a: [', /flow/i],
    ['mlflow', Buffer.alloc(5 * 1024 * 1024, '#'), /larger than/],
    [
      'mlflow',
      `a: &a [1]\n${Array.from(
        { length: 30 },
        (_, i) =>
          `x${i}: &x${i} [*${i ? `x${i - 1}` : 'a'}, *${
            i ? `x${i - 1}` : 'a'
          }]`,
      ).join('\n')}\nflavors: *x29`,
      /alias/i,
    ],
    ['mlflow', 'flavors: {}\nsignature: { inputs: "{}" }', /list of fields/],
    ['skops', 'no zip', /end of central directory/i],
    ['skops', zipOf('other.json', Buffer.from('{}')), /no schema\.json/],
    ['skops', zipOf('schema.json', Buffer.from('[]')), /no object/],
    ['skops', zipOf('schema.json', bomb), /larger than/],
    ['skops', zipOf('schema.json', bomb, 1000), /too many bytes|larger/],
  ] as const)(
    'refuses a broken %s file (%#)',
    async (format, content, reason) => {
      await expect(readFile(format, inMemory(content))).rejects.toThrow(reason);
    },
  );
});
