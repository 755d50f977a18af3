import path from 'node:path';
import { WireSignature } from '@model-platform/model-wire';
import {
  buildRunner,
  cleanUp,
  ModelUnderTest,
  refusalOf,
  serveModel,
} from '../../__testUtils__/runModel';

jest.setTimeout(60_000);

beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

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
