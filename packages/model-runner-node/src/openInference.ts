import { Call, LoadedModel, OipTensor } from './flavors/Flavor';
import { RequestError } from './RequestError';
import { typeOf } from './typeOf';

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

const MAX_DIMENSIONS = 8;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Lowest and highest value of the whole numbers; 64 bit end where JSON ends to be exact. */
function rangeOf(datatype: string): [number, number] {
  const unsigned = datatype.startsWith('U');
  const bits = Number(datatype.slice(unsigned ? 4 : 3));
  if (bits === 64)
    return [unsigned ? 0 : Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return unsigned
    ? [0, 2 ** bits - 1]
    : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
}

/** How values of the datatype are recognised. */
function fitOf(datatype: string): (value: unknown) => boolean {
  if (datatype === 'BOOL') return value => typeof value === 'boolean';
  if (datatype === 'BYTES') return value => typeof value === 'string';
  if (datatype.startsWith('FP')) return value => Number.isFinite(value);
  const [lowest, highest] = rangeOf(datatype);
  return value =>
    Number.isInteger(value) &&
    (value as number) >= lowest &&
    (value as number) <= highest;
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
    shape.length > MAX_DIMENSIONS ||
    !shape.every(size => Number.isSafeInteger(size) && (size as number) >= 0)
  ) {
    throw new RequestError(
      400,
      `${where}.shape must be an array of at most ${MAX_DIMENSIONS} non-negative integers.`,
    );
  }
  if (!Array.isArray(data))
    throw new RequestError(
      400,
      `${where}.data must be an array, flat or nested.`,
    );
  const flat: unknown[] = data.some(Array.isArray)
    ? data.flat(MAX_DIMENSIONS)
    : data;
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
  const fits = fitOf(datatype);
  const wrong = flat.findIndex(value => !fits(value));
  if (wrong !== -1) {
    throw new RequestError(
      400,
      `${where}.data[${wrong}] must fit ${datatype}, but is of type ${typeOf(
        flat[wrong],
      )}.`,
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
  call: Call,
): Promise<Record<string, unknown>> {
  if (!isObject(body))
    throw new RequestError(400, 'The body must be an object with inputs.');
  const { inputs } = body;
  // Some clients write null for what they leave out.
  const id = body.id ?? undefined;
  const outputs = body.outputs ?? undefined;
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
  const results = await model.infer(tensors, call);
  return {
    model_name: identity.name,
    model_version: identity.version,
    ...(id === undefined ? {} : { id }),
    outputs: wanted
      ? wanted.map(name => results.find(result => result.name === name))
      : results,
  };
}
