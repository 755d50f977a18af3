import { WireSignature } from '@model-platform/model-wire';
import {
  buildRunner,
  cleanUp,
  exampleModel,
  refusalOf,
  serveModel,
} from '../../__testUtils__/runModel';
import { messageOf } from './messageFields';

jest.setTimeout(120_000);

beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

type Fields = WireSignature['outputs'];

const [FLOAT, INT64] = [1, 7];

/** `Y` of `X`, both of any number of columns, which the model leaves open. */
function ofOneNode(operator: string, inputs: string[], type: number): string {
  const shape = messageOf([1, messageOf()], [1, messageOf()]);
  const tensor = messageOf([1, messageOf([1, type], [2, shape])]);
  const graph = messageOf(
    [
      1,
      messageOf(
        ...inputs.map((name): [number, string] => [1, name]),
        [2, 'Y'],
        [4, operator],
      ),
    ],
    [2, 'graph'],
    [11, messageOf([1, 'X'], [2, tensor])],
    [12, messageOf([1, 'Y'], [2, tensor])],
  );
  const model = messageOf([1, 8], [8, messageOf([2, 15])], [7, graph]);
  return Buffer.from(model).toString('ascii');
}

const iris = exampleModel('iris');
const [species, probabilities] = iris.signature.outputs;
const signed = (...outputs: Fields) => ({
  ...iris,
  signature: { ...iris.signature, outputs },
});
const onlyAtCalls = (...outputs: Fields) => ({
  ...signed(...outputs),
  example: undefined,
});

describe('signatures that say something else than the ONNX model answers', () => {
  it.each<[string, Fields, string]>([
    [
      'texts for floats',
      [{ ...probabilities, type: 'string' }],
      "output 'probabilities' is a string in the signature, but float32 in the model",
    ],
    [
      'another width',
      [{ ...probabilities, shape: [5] }],
      "output 'probabilities' has shape [5] in the signature, but [3] in the model",
    ],
    [
      'another number of dimensions',
      [{ ...probabilities, shape: [3, 1] }],
      "output 'probabilities' has shape [3,1] in the signature, but [3] in the model",
    ],
    [
      'one value for several',
      [{ ...probabilities, shape: undefined }],
      "output 'probabilities' is one number in the signature, but has shape [3] in the model",
    ],
  ])('are refused before any call: %s', async (_what, outputs, message) => {
    expect(await refusalOf(onlyAtCalls(...outputs))).toContain(message);
  });

  it('are refused where the example is answered otherwise', async () => {
    expect(
      await refusalOf(signed(species, { ...probabilities, type: 'integer' })),
    ).toContain(
      'the answer does not fit the signature: outputs.probabilities[0] must be an integer, not number',
    );
  });

  it('take floats for whole numbers as far as they are, whichever call was before', async () => {
    const running = await serveModel({
      flavor: 'onnx',
      signature: {
        inputs: [{ name: 'X', type: 'number' }],
        outputs: [{ name: 'Y', type: 'integer', minimum: 0 }],
      },
      files: { 'model.onnx': ofOneNode('Identity', ['X'], FLOAT) },
      example: { X: 5 },
    });
    const whole = { status: 200, body: { outputs: { Y: -2 } } };
    const broken = {
      status: 500,
      body: {
        error: {
          name: 'ModelError',
          message: expect.stringContaining(
            'the answer does not fit the signature: outputs[1].Y must be an integer, not number',
          ),
          fields: [
            { path: 'outputs[1].Y', message: 'must be an integer, not number' },
          ],
        },
      },
    };
    for (let call = 0; call < 2; call += 1) {
      // Bounds are told to callers, and not looked at.
      expect(await running.predict({ X: -2 })).toMatchObject(whole);
      expect(await running.predict([{ X: 1 }, { X: 2.5 }])).toMatchObject(
        broken,
      );
    }
  });

  it('have the length that they say, where the model leaves it open', async () => {
    const running = await serveModel({
      flavor: 'onnx',
      signature: {
        inputs: [{ name: 'X', type: 'number', shape: [-1] }],
        outputs: [{ name: 'Y', type: 'number', shape: [2] }],
      },
      files: { 'model.onnx': ofOneNode('Identity', ['X'], FLOAT) },
    });
    for (let call = 0; call < 2; call += 1) {
      expect(await running.outputs({ X: [1, 2] })).toEqual({ Y: [1, 2] });
      expect(await running.predict({ X: [1, 2, 3] })).toMatchObject({
        status: 500,
        body: {
          error: {
            fields: [
              { path: 'outputs.Y', message: 'must have 2 elements, not 3' },
            ],
          },
        },
      });
    }
  });

  it('have no values that are left out without a word', async () => {
    const running = await serveModel({
      flavor: 'onnx',
      signature: {
        inputs: [{ name: 'X', type: 'number', shape: [-1] }],
        outputs: [{ name: 'Y', type: 'number' }],
      },
      files: { 'model.onnx': ofOneNode('Identity', ['X'], FLOAT) },
    });
    const wrong = {
      status: 500,
      body: {
        error: {
          fields: [
            {
              path: 'outputs.Y',
              message: 'must have one value a line, not 2 for 1',
            },
          ],
        },
      },
    };
    expect(await running.predict({ X: [1, 2] })).toMatchObject(wrong);
    expect(await running.outputs([{ X: [1] }, { X: [2] }])).toEqual([
      { Y: 1 },
      { Y: 2 },
    ]);
    expect(await running.predict({ X: [1, 2] })).toMatchObject(wrong);
  });

  it('take whole numbers of 64 bits for whole, and what is no number for one that is missing', async () => {
    const wide = await serveModel({
      flavor: 'onnx',
      signature: {
        inputs: [{ name: 'X', type: 'integer' }],
        outputs: [{ name: 'Y', type: 'integer', minimum: 0 }],
      },
      files: { 'model.onnx': ofOneNode('Add', ['X', 'X'], INT64) },
    });
    const most = Number.MAX_SAFE_INTEGER;
    expect(await wide.outputs({ X: most })).toEqual({ Y: 2 * most });
    const none = await serveModel({
      flavor: 'onnx',
      signature: {
        inputs: [{ name: 'X', type: 'number', shape: [2] }],
        outputs: [{ name: 'Y', type: 'number', shape: [2], minimum: 0 }],
      },
      files: { 'model.onnx': ofOneNode('Sqrt', ['X'], FLOAT) },
    });
    expect(await none.outputs({ X: [-1, 4] })).toEqual({ Y: [null, 2] });
  });
});
