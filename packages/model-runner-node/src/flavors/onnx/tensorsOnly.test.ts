import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { WireSignature } from '@model-platform/model-wire';
import {
  buildRunner,
  cleanUp,
  ModelUnderTest,
  refusalOf,
  serveModel,
} from '../../__testUtils__/runModel';
import { Field, messageOf } from './messageFields';
import { tensorsOnly } from './tensorsOnly';

jest.setTimeout(120_000);

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-onnx-'));

beforeAll(buildRunner, 60_000);
afterAll(() => {
  cleanUp();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Made by `__fixtures__/make_models.py`, of skl2onnx where it does not say otherwise. */
const model = (
  name: string,
  inputs: WireSignature['inputs'],
  outputs: WireSignature['outputs'],
  example?: ModelUnderTest['example'],
): ModelUnderTest => ({
  flavor: 'onnx',
  signature: { inputs, outputs },
  example,
  files: {
    'model.onnx': {
      copyOf: path.join(__dirname, '__fixtures__', `${name}.onnx`),
    },
  },
});

const flower: WireSignature['inputs'] = ['sl', 'sw', 'pl', 'pw'].map(name => ({
  name,
  type: 'number',
}));
const setosa = { sl: 5.1, sw: 3.5, pl: 1.4, pw: 0.2 };
const virginica = { sl: 6.3, sw: 3.3, pl: 6, pw: 2.5 };
/** Of the estimators, by scikit-learn. */
const likely = { setosa: 0.98, virginica: 0.998 };

const tensor = (name: string, shape: number[], data: unknown[]) => ({
  ...{ name, shape, datatype: 'FP32', data },
});

const INT64 = 7;
/** The field of a node that has one. */
const ATTRIBUTE = 5;

const tensorType = (element: number, ...shape: number[]) => {
  const dimensions = shape.map(
    size => [1, messageOf(...(size < 0 ? [] : [[1, size] as Field]))] as Field,
  );
  return messageOf([1, messageOf([1, element], [2, messageOf(...dimensions)])]);
};
/** Of texts. */
const mapType = (element: number) =>
  messageOf([5, messageOf([1, 8], [2, tensorType(element)])]);
const valueOf = (name: string, type: Uint8Array) =>
  messageOf([1, name], [2, type]);
const textsOf = (name: string, ...texts: string[]) =>
  messageOf([1, name], ...texts.map(text => [9, text] as Field), [20, 8]);
const node = (
  operator: string,
  input: string,
  output: string,
  attributes: Field[] = [],
) =>
  messageOf(
    [1, input],
    [2, output],
    [4, operator],
    [7, operator === 'Identity' ? '' : 'ai.onnx.ml'],
    ...attributes,
  );

/** A model of one node, for what no exporter at hand writes. */
const onnx = (graph: {
  node: Uint8Array;
  input: Uint8Array;
  output: Uint8Array;
  domain?: string;
  version?: number;
}) =>
  messageOf(
    [1, 8],
    [8, messageOf([1, graph.domain ?? ''], [2, graph.version ?? 15])],
    [8, messageOf([1, 'ai.onnx.ml'], [2, 3])],
    [
      7,
      messageOf(
        [1, graph.node],
        [2, 'graph'],
        [11, graph.input],
        [12, graph.output],
      ),
    ],
  );

const written = (bytes: Uint8Array) => {
  const file = path.join(folder, 'written.onnx');
  fs.writeFileSync(file, bytes);
  return file;
};

describe('onnx', () => {
  it('answers maps of a classifier with ZipMap, line by line and as tensors', async () => {
    const running = await serveModel(
      model(
        'species',
        flower,
        [
          { name: 'species', type: 'string' },
          { name: 'probabilities', type: 'object' },
        ],
        setosa,
      ),
    );
    const answers = await running.outputs([setosa, virginica]);
    expect(answers).toEqual([
      {
        species: 'setosa',
        probabilities: {
          setosa: expect.closeTo(likely.setosa, 2),
          versicolor: expect.any(Number),
          virginica: expect.any(Number),
        },
      },
      {
        species: 'virginica',
        probabilities: expect.objectContaining({
          virginica: expect.closeTo(likely.virginica, 2),
        }),
      },
    ]);
    const sums = answers.map(
      ({ probabilities }: { probabilities: Record<string, number> }) =>
        Object.values(probabilities).reduce((sum, value) => sum + value, 0),
    );
    expect(sums).toEqual([expect.closeTo(1), expect.closeTo(1)]);
    expect(await running.outputs(virginica)).toMatchObject({
      species: 'virginica',
      probabilities: { virginica: expect.closeTo(likely.virginica, 2) },
    });

    const { body: metadata } = await running.call('GET', '/v2/models/model');
    expect(metadata.outputs).toEqual([
      { name: 'output_label', datatype: 'BYTES', shape: [-1] },
      { name: 'output_probability', datatype: 'FP32', shape: [-1, 3] },
    ]);
    const { status, body } = await running.call(
      'POST',
      '/v2/models/model/infer',
      { inputs: [tensor('X', [1, 4], Object.values(setosa))] },
    );
    expect(status).toBe(200);
    expect(body.outputs).toMatchObject([
      { name: 'output_label', data: ['setosa'] },
      {
        ...{ name: 'output_probability', datatype: 'FP32', shape: [1, 3] },
        data: Object.values((await running.outputs(setosa)).probabilities),
      },
    ]);
  });

  it('answers the same maps by number, or as the tensor that they are made of', async () => {
    const running = await serveModel(
      model('numbered', flower, [
        { name: 'output_label', type: 'integer' },
        { name: 'output_probability', type: 'object' },
      ]),
    );
    expect(await running.outputs(setosa)).toEqual({
      output_label: 0,
      output_probability: {
        0: expect.closeTo(likely.setosa, 2),
        10: expect.any(Number),
        20: expect.any(Number),
      },
    });
    const dense = await serveModel(
      model('species', flower, [
        { name: 'species', type: 'string' },
        { name: 'probabilities', type: 'number', shape: [3] },
      ]),
    );
    const { probabilities } = await dense.outputs(virginica);
    expect(probabilities).toHaveLength(3);
    expect(probabilities[2]).toBeCloseTo(likely.virginica, 2);
  });

  it('answers a sequence of tensors of unlike shapes, of a classifier with several outputs', async () => {
    const outputs: WireSignature['outputs'] = [
      { name: 'label', type: 'integer', shape: [2] },
      { name: 'probabilities', type: 'number', shape: [2, -1] },
    ];
    const running = await serveModel(model('several', flower, outputs));
    const answers = await running.outputs([setosa, virginica]);
    expect(answers).toEqual([
      {
        label: [0, 0],
        probabilities: [
          [
            expect.closeTo(likely.setosa, 2),
            expect.any(Number),
            expect.any(Number),
          ],
          [expect.any(Number), expect.any(Number)],
        ],
      },
      expect.objectContaining({ label: [2, 1] }),
    ]);
    const { body } = await running.call('POST', '/v2/models/model/infer', {
      inputs: [tensor('X', [2, 4], [setosa, virginica].flatMap(Object.values))],
    });
    expect(body.outputs).toMatchObject([
      { name: 'label', shape: [2, 2] },
      { name: 'probabilities[0]', shape: [2, 3] },
      { name: 'probabilities[1]', shape: [2, 2] },
    ]);
    expect(
      await refusalOf(
        model('several', flower, [outputs[0], { ...outputs[1], shape: [5] }]),
      ),
    ).toContain("'probabilities' is a sequence of tensors");
  });

  it('takes maps of names to numbers', async () => {
    const running = await serveModel(
      model(
        'orders',
        [{ name: 'X', type: 'object' }],
        [{ name: 'price', type: 'number' }],
        { X: { apples: 1 } },
      ),
    );
    // 1, 2 and 7 each; what the model has never seen counts for nothing.
    const orders = [{ apples: 2, quinces: 1 }, { pears: 3, nails: 9 }, {}];
    const prices = (await running.outputs(orders.map(X => ({ X })))).map(
      ({ price }: { price: number }) => price,
    );
    expect(prices).toEqual([9, 6, 0].map(price => expect.closeTo(price, 4)));
    expect(await running.predict({ X: { apples: 'two' } })).toMatchObject({
      status: 400,
      body: {
        error: {
          fields: [{ path: 'inputs.X.apples', message: 'must be a number' }],
        },
      },
    });
    const { body } = await running.call('POST', '/v2/models/model/infer', {
      inputs: [tensor('X', [1, 3], [1, 1, 1])],
    });
    expect(body.outputs[0].data).toEqual([expect.closeTo(10, 4)]);
    expect(
      await refusalOf(
        model(
          'orders',
          [{ name: 'X', type: 'string' }],
          [{ name: 'price', type: 'number' }],
        ),
      ),
    ).toContain("input 'X' is a map in the model");
  });

  it('takes maps of names to whole numbers, and no others', async () => {
    const running = await serveModel({
      ...model(
        'orders',
        [{ name: 'X', type: 'object' }],
        [{ name: 'Y', type: 'integer', shape: [2] }],
      ),
      files: {
        'model.onnx': {
          copyOf: written(
            onnx({
              node: node('DictVectorizer', 'X', 'Y', [
                [ATTRIBUTE, textsOf('string_vocabulary', 'apples', 'pears')],
              ]),
              input: valueOf('X', mapType(INT64)),
              output: valueOf('Y', tensorType(INT64, 1, 2)),
            }),
          ),
        },
      },
    });
    expect(await running.outputs({ X: { pears: 3 } })).toEqual({ Y: [0, 3] });
    expect(await running.predict({ X: { apples: 1.5 } })).toMatchObject({
      status: 400,
      body: {
        error: {
          fields: [{ path: 'inputs.X.apples', message: 'must be an integer' }],
        },
      },
    });
    expect(JSON.stringify(running.log())).not.toContain('1.5');
  });

  it('keeps classes apart that are one as numbers', () => {
    // 2^53 and the number after it, one after the other.
    const classes = Buffer.from('8080808080808010' + '8180808080808010', 'hex');
    const { keys } = tensorsOnly(
      onnx({
        node: node('ZipMap', 'X', 'Y', [
          [
            ATTRIBUTE,
            messageOf([1, 'classlabels_int64s'], [8, classes], [20, 7]),
          ],
        ]),
        input: valueOf('X', tensorType(1, -1, 2)),
        output: valueOf('Y', messageOf([4, messageOf([1, mapType(1)])])),
      }),
    );
    expect(keys.get('Y')).toEqual(['9007199254740992', '9007199254740993']);
  });

  it("knows ONNX's own operators by both names of their domain", () => {
    const sequence = messageOf([4, messageOf([1, tensorType(1, -1, 2)])]);
    const identity = {
      node: node('Identity', 'X', 'Y'),
      input: valueOf('X', sequence),
      output: valueOf('Y', sequence),
    };
    for (const domain of ['', 'ai.onnx'])
      expect([
        ...tensorsOnly(onnx({ ...identity, domain, version: 17 })).tensors,
      ]).toEqual([
        ['X', ['X:tensor']],
        ['Y', ['Y:tensor']],
      ]);
    expect(() => tensorsOnly(onnx({ ...identity, version: 9 }))).toThrow(
      /operator set 9/,
    );
  });

  it('takes and answers sequences of tensors', async () => {
    const running = await serveModel(
      model(
        'measured',
        [{ name: 'steps', type: 'number', shape: [-1, 2] }],
        [
          { name: 'newest', type: 'number', shape: [2] },
          { name: 'ends', type: 'number', shape: [-1, 2] },
        ],
      ),
    );
    const lines = [
      [
        [1, 2],
        [3, 4],
        [5, 6],
      ],
      [
        [7, 8],
        [0, 0],
        [9, 10],
      ],
    ];
    expect(await running.outputs(lines.map(steps => ({ steps })))).toEqual([
      {
        newest: [5, 6],
        ends: [
          [5, 6],
          [1, 2],
        ],
      },
      {
        newest: [9, 10],
        ends: [
          [9, 10],
          [7, 8],
        ],
      },
    ]);
    const { body: metadata } = await running.call('GET', '/v2/models/model');
    expect(metadata).toMatchObject({
      inputs: [{ name: 'steps', datatype: 'FP32', shape: [-1, -1, 2] }],
      outputs: [{ name: 'newest' }, { name: 'ends', shape: [-1, -1, 2] }],
    });
    const { body } = await running.call('POST', '/v2/models/model/infer', {
      inputs: [tensor('steps', [1, 2, 2], [1, 2, 3, 4])],
      outputs: [{ name: 'ends' }],
    });
    expect(body.outputs).toEqual([
      { ...tensor('ends', [1, 2, 2], [3, 4, 1, 2]) },
    ]);
  });

  it('refuses what may be missing, naming what to do', async () => {
    expect(
      await refusalOf(
        model(
          'perhaps',
          [{ name: 'x', type: 'number' }],
          [{ name: 'y', type: 'number' }],
        ),
      ),
    ).toMatch(/Output 'y' .* Give the model a tensor instead/);
  });
});
