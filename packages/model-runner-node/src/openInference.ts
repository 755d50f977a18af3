import { LoadedModel, OipTensor } from './flavors/Flavor';
import { RequestError } from './RequestError';

const DATATYPES = new Set([
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP32',
  'FP64',
  'BYTES',
]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function valueFits(datatype: string, value: unknown): boolean {
  if (datatype === 'BOOL') return typeof value === 'boolean';
  if (datatype === 'BYTES') return typeof value === 'string';
  if (datatype === 'FP32' || datatype === 'FP64')
    return typeof value === 'number';
  return (
    Number.isSafeInteger(value) &&
    (!datatype.startsWith('U') || (value as number) >= 0)
  );
}

function readTensor(given: unknown, index: number): OipTensor {
  const where = `inputs[${index}]`;
  if (!isObject(given))
    throw new RequestError(400, `${where} must be an object.`);
  const { name, datatype, shape, data } = given;
  if (typeof name !== 'string' || name === '')
    throw new RequestError(400, `${where}.name must be a string.`);
  if (typeof datatype !== 'string' || !DATATYPES.has(datatype)) {
    throw new RequestError(
      400,
      `${where}.datatype must be one of ${[...DATATYPES].join(', ')}.`,
    );
  }
  if (
    !Array.isArray(shape) ||
    shape.length > 8 ||
    !shape.every(size => Number.isSafeInteger(size) && (size as number) >= 0)
  ) {
    throw new RequestError(
      400,
      `${where}.shape must be an array of at most 8 non-negative integers.`,
    );
  }
  if (!Array.isArray(data))
    throw new RequestError(
      400,
      `${where}.data must be an array, flat or nested.`,
    );
  const flat: unknown[] = data.some(Array.isArray) ? data.flat(Infinity) : data;
  const size = (shape as number[]).reduce(
    (product, dimension) => product * dimension,
    1,
  );
  if (flat.length !== size) {
    throw new RequestError(
      400,
      `${where}.data has ${flat.length} elements, but shape [${shape}] needs ${size}.`,
    );
  }
  const wrong = flat.findIndex(value => !valueFits(datatype, value));
  if (wrong !== -1) {
    throw new RequestError(
      400,
      `${where}.data[${wrong}] must fit ${datatype}, but is of type ${typeof flat[
        wrong
      ]}.`,
    );
  }
  return { name, datatype, shape: shape as number[], data: flat };
}

/**
 * Answers `POST v2/models/{m}/infer` of the Open Inference Protocol v2.
 *
 * @throws RequestError 400 where the request is not of the protocol or does not fit the model
 */
export async function inferByProtocol(
  model: LoadedModel,
  identity: { name: string; version: string },
  body: unknown,
): Promise<Record<string, unknown>> {
  if (!isObject(body))
    throw new RequestError(400, 'The body must be an object with inputs.');
  const { id, inputs, outputs } = body;
  if (id !== undefined && typeof id !== 'string')
    throw new RequestError(400, 'id must be a string.');
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw new RequestError(400, 'inputs must be an array of tensors.');
  const tensors = inputs.map(readTensor);
  if (new Set(tensors.map(({ name }) => name)).size !== tensors.length) {
    throw new RequestError(400, 'Each input may be given only once.');
  }
  let wanted: string[] | undefined;
  if (outputs !== undefined) {
    if (
      !Array.isArray(outputs) ||
      !outputs.every(
        output => isObject(output) && typeof output.name === 'string',
      )
    ) {
      throw new RequestError(
        400,
        'outputs must be an array of objects with a name.',
      );
    }
    wanted = outputs.map(({ name }) => name as string);
    const unknown = wanted.filter(
      name => !model.outputs.some(output => output.name === name),
    );
    if (unknown.length > 0) {
      throw new RequestError(
        400,
        `Unknown outputs: ${unknown.join(', ')}. The model has ${model.outputs
          .map(({ name }) => name)
          .join(', ')}.`,
      );
    }
  }
  const results = await model.infer(tensors);
  return {
    model_name: identity.name,
    model_version: identity.version,
    ...(id === undefined ? {} : { id }),
    outputs: wanted
      ? wanted.map(name => results.find(result => result.name === name))
      : results,
  };
}
