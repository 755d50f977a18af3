import { join } from 'node:path';
import { WireSignature } from '@model-platform/model-wire';
import {
  CONFORMANCE,
  readConformance,
} from '../../__testUtils__/conformanceCase';
import {
  buildRunner,
  cleanUp,
  RunningModel,
  serveModel,
} from '../../__testUtils__/runModel';
import { messageOf } from './messageFields';

jest.setTimeout(120_000);

beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

type Fields = WireSignature['inputs'];

const serve = (
  inputs: Fields,
  outputs: Fields,
  file: string | { text: string },
) =>
  serveModel({
    flavor: 'onnx',
    signature: { inputs, outputs },
    files: {
      'model.onnx':
        typeof file === 'string'
          ? { copyOf: join(CONFORMANCE, `${file}.onnx`) }
          : file.text,
    },
  });

const infer = (running: RunningModel, ...inputs: object[]) =>
  running.call('POST', '/v2/models/model/infer', { inputs });

/** The echo's fields, one of them changed. */
const echo = (name: string, change: Partial<Fields[number]>) => {
  const { signature } = readConformance('model.json');
  return serve(
    signature.inputs.map((field: Fields[number]) =>
      field.name === name ? { ...field, ...change } : field,
    ),
    signature.outputs,
    'echo',
  );
};
const { example } = readConformance('model.json');
const tensors: Array<{ name: string }> = readConformance('tensors.json').inputs;

/** `Y = X` of any number of columns, or of one value alone. */
const identity = ({ isScalar = false } = {}) => {
  const value = (name: string) =>
    messageOf(
      [1, name],
      [
        2,
        messageOf([
          1,
          messageOf(
            [1, 1],
            [
              2,
              isScalar
                ? messageOf()
                : messageOf([1, messageOf()], [1, messageOf()]),
            ],
          ),
        ]),
      ],
    );
  const node = messageOf([1, 'X'], [2, 'Y'], [4, 'Identity']);
  const graph = messageOf(
    [1, node],
    [2, 'graph'],
    [11, value('X')],
    [12, value('Y')],
  );
  const model = messageOf([1, 8], [8, messageOf([2, 15])], [7, graph]);
  return { text: Buffer.from(model).toString('ascii') };
};

describe('shapes of ONNX inputs', () => {
  it('are those of the first line in every line of a batch', async () => {
    const { inputs, outputs } = readConformance('types.json').signature;
    const running = await serve(inputs, outputs, 'types');
    const line = readConformance('types.json').example;
    const words = (...all: string[][]) =>
      running.predict(all.map(one => ({ ...line, words: one })));
    expect((await words(['a', 'b'], ['c', 'd'])).body.outputs).toMatchObject([
      { words_out: ['a', 'b'] },
      { words_out: ['c', 'd'] },
    ]);
    // As many in all as three lines of two.
    expect(await words(['a', 'b'], ['c', 'd', 'e'], ['f'])).toMatchObject({
      status: 400,
      body: {
        error: {
          message:
            "Input 'words' must have the same shape throughout the batch.",
          fields: [
            { path: 'inputs.words', message: 'has rows of unequal shape' },
          ],
        },
      },
    });
  });

  it('are refused where the signature leaves them open and the model does not', async () => {
    const running = await echo('vector', { shape: [-1] });
    expect(await running.predict({ ...example, vector: [1, 2] })).toMatchObject(
      {
        status: 400,
        body: {
          error: {
            fields: [
              {
                path: 'inputs.vector',
                message: 'must have shape [-1,3], not [1,2]',
              },
            ],
          },
        },
      },
    );
    const scored = await fetch(`${running.url}/invocations`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        dataframe_records: [{ ...example, vector: [1, 2] }],
      }),
    });
    expect(scored.status).toBe(400);
  });

  it('are refused by tensors where the model leaves them open and the signature does not', async () => {
    const tensor = (name: string, shape: number[], data: unknown[]) => ({
      ...{ name, shape, datatype: 'FP32', data },
    });
    const named = await serve(
      [{ name: 'X', type: 'number', shape: [2] }],
      [{ name: 'Y', type: 'number', shape: [2] }],
      identity(),
    );
    const plain = await serve(
      ['a', 'b'].map(name => ({ name, type: 'number' as const })),
      [{ name: 'Y', type: 'number', shape: [2] }],
      identity(),
    );
    const single = await serve(
      [{ name: 'X', type: 'number' }],
      [{ name: 'Y', type: 'number' }],
      identity(),
    );
    for (const [running, width] of [
      [named, 2],
      [plain, 2],
      [single, 1],
    ] as const) {
      const fits = new Array(width).fill(1);
      expect(await infer(running, tensor('X', [1, width], fits))).toMatchObject(
        { status: 200, body: { outputs: [{ shape: [1, width] }] } },
      );
      expect(await infer(running, tensor('X', [1, 3], [1, 2, 3]))).toEqual({
        status: 400,
        body: {
          error: `Input 'X' must have shape [-1,${width}], not [1,3].`,
        },
      });
      const rows = new Array(1001 * width).fill(1);
      expect(await infer(running, tensor('X', [1001, width], rows))).toEqual({
        status: 400,
        body: { error: 'A batch has at most 1000 lines, not 1001.' },
      });
    }
  });

  it('takes the default of what binary data say is missing', async () => {
    const running = await echo('ratio', { default: 0.25 });
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(NaN);
    const header = JSON.stringify({
      inputs: tensors.map(({ name, ...tensor }) =>
        name === 'ratio'
          ? {
              ...{ name, datatype: 'FP64', shape: [1, 1] },
              parameters: { binary_data_size: bytes.length },
            }
          : { name, ...tensor },
      ),
      outputs: [{ name: 'ratio_out' }],
    });
    const answer = await fetch(`${running.url}/v2/models/model/infer`, {
      method: 'POST',
      headers: { 'inference-header-content-length': String(header.length) },
      body: Buffer.concat([Buffer.from(header), bytes]),
    });
    expect(await answer.json()).toMatchObject({
      outputs: [{ name: 'ratio_out', data: [0.25] }],
    });
  });

  it('are filled with missing numbers where optional ones are left out', async () => {
    const named = await serve(
      [{ name: 'X', type: 'number', shape: [2], minimum: 0, optional: true }],
      [{ name: 'Y', type: 'number', shape: [-1] }],
      identity(),
    );
    expect(await named.outputs({})).toEqual({ Y: [null, null] });
    expect(await named.outputs([{ X: null }, { X: [1, 2] }])).toEqual([
      { Y: [null, null] },
      { Y: [1, 2] },
    ]);
    const open = await serve(
      [{ name: 'X', type: 'number', shape: [-1], optional: true }],
      [{ name: 'Y', type: 'number', shape: [-1] }],
      identity(),
    );
    expect(await open.outputs({})).toEqual({ Y: [null] });
    // As long as those that are there.
    expect(await open.outputs([{ X: [1, 2, 3] }, {}])).toEqual([
      { Y: [1, 2, 3] },
      { Y: [null, null, null] },
    ]);
    const running = await echo('vector', {
      ...{ shape: [-1], minimum: 0, optional: true },
    });
    const { vector, ...others } = example;
    expect(vector).toHaveLength(3);
    const missing = [null, null, null];
    expect(await running.outputs(others)).toMatchObject({
      vector_out: missing,
    });
    const given = tensors.filter(({ name }) => name !== 'vector');
    expect(await infer(running, ...given)).toMatchObject({
      status: 200,
      body: {
        outputs: expect.arrayContaining([
          expect.objectContaining({
            ...{ name: 'vector_out', shape: [1, 3], data: missing },
          }),
        ]),
      },
    });
  });

  it('come with values that the signature takes, in tensors of floats too', async () => {
    const running = await serve(
      [
        { name: 'a', type: 'integer' },
        { name: 'b', type: 'boolean' },
      ],
      [{ name: 'Y', type: 'number', shape: [2] }],
      identity(),
    );
    const values = (...data: number[]) =>
      infer(running, {
        ...{ name: 'X', datatype: 'FP32', shape: [data.length / 2, 2], data },
      });
    expect(await values(-3, 1, 2, 0)).toMatchObject({
      status: 200,
      body: { outputs: [{ data: [-3, 1, 2, 0] }] },
    });
    const wrong = (place: string) => ({
      status: 400,
      body: { error: `Input 'X' does not fit the signature: ${place}.` },
    });
    expect(await values(1, 1, 1.5, 1)).toEqual(
      wrong('data[2], which is a, must be an integer, not number'),
    );
    expect(await values(1, 1, 1, 7.3)).toEqual(
      wrong('data[3], which is b, must be 0 or 1'),
    );
  });

  it('are none of an input that is one value', async () => {
    const running = await serve(
      [{ name: 'X', type: 'number', maximum: 5, default: 4 }],
      [{ name: 'Y', type: 'number' }],
      identity({ isScalar: true }),
    );
    expect(await running.outputs({ X: 2 })).toEqual({ Y: 2 });
    // It takes one value at a time, so each line is computed by itself.
    expect(await running.outputs([{ X: 2 }, { X: 3 }, {}])).toEqual([
      { Y: 2 },
      { Y: 3 },
      { Y: 4 },
    ]);
    const tensor = (shape: number[], value: number) => ({
      ...{ name: 'X', shape, datatype: 'FP32', data: [value] },
    });
    expect(await infer(running, tensor([], 2))).toMatchObject({
      status: 200,
      body: { outputs: [{ shape: [], data: [2] }] },
    });
    expect(await infer(running, tensor([1], 2))).toMatchObject({
      status: 400,
      body: { error: "Input 'X' must have shape [], not [1]." },
    });
    expect(await infer(running, tensor([], 7))).toMatchObject({ status: 400 });
  });
});
