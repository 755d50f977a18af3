import { OipTensor } from '../flavors/Flavor';
import { requireLevels } from '../levels';
import { RequestError } from '../RequestError';
import { typeOf } from '../typeOf';
import { readBinary } from './binaryData';
import { datatypes } from './datatypes';

const MAX_DIMENSIONS = 8;

/** Extensions of other servers that change what an answer is, and are not spoken here. */
const NOT_SERVED = [
  'shared_memory_region',
  'shared_memory_byte_size',
  'shared_memory_offset',
  'classification',
];

/** One tensor that is asked for. */
export interface WantedOutput {
  name: string;
  isBinary: boolean;
}

export interface InferRequest {
  id?: string;
  tensors: OipTensor[];
  /** All of them where the request names none. */
  wanted?: WantedOutput[];
  /** Whether outputs that are not named are binary. */
  isBinary: boolean;
}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Some clients write null for what they leave out. */
function parametersOf(given: Fields, where: string): Fields {
  const parameters = given.parameters ?? {};
  if (!isObject(parameters))
    throw new RequestError(400, `${where}parameters must be an object.`);
  const refused = NOT_SERVED.find(name => Object.hasOwn(parameters, name));
  if (refused)
    throw new RequestError(
      400,
      `${where}parameters.${refused} is of an extension that is not served here.`,
    );
  return parameters;
}

function isBinaryWanted(
  { binary_data: wanted }: Fields,
  where: string,
  otherwise: boolean,
): boolean {
  if (wanted !== undefined && typeof wanted !== 'boolean')
    throw new RequestError(
      400,
      `${where}parameters.binary_data must be a boolean.`,
    );
  return wanted ?? otherwise;
}

/** Hands out the bytes behind the JSON, tensor by tensor. */
class BinaryPart {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  take(size: unknown, where: string): Buffer {
    if (!Number.isSafeInteger(size) || (size as number) < 0)
      throw new RequestError(
        400,
        `${where}.parameters.binary_data_size must be a non-negative integer.`,
      );
    const end = this.at + (size as number);
    if (end > this.bytes.length)
      throw new RequestError(
        400,
        `${where} has ${size} bytes of binary data by its parameters, but only ${
          this.bytes.length - this.at
        } are left in the body.`,
      );
    const taken = this.bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }

  /** @throws RequestError where some belong to no tensor */
  end() {
    const left = this.bytes.length - this.at;
    if (left > 0)
      throw new RequestError(
        400,
        `The body has ${left} bytes behind the data of its tensors.`,
      );
  }
}

function readTensor(
  given: unknown,
  index: number,
  part: BinaryPart,
): OipTensor {
  const where = `inputs[${index}]`;
  if (!isObject(given))
    throw new RequestError(400, `${where} must be an object.`);
  const { data, ...about } = given;
  for (const [key, value] of Object.entries(about))
    requireLevels(`${where}.${key.slice(0, 100)}`, value);
  const { name, datatype, shape } = about;
  if (typeof name !== 'string' || name === '')
    throw new RequestError(400, `${where}.name must be a string.`);
  const type =
    typeof datatype === 'string' ? datatypes.get(datatype) : undefined;
  if (!type) {
    throw new RequestError(
      400,
      `${where}.datatype must be one of ${[...datatypes.keys()].join(', ')}.`,
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
  const tensor = {
    name,
    datatype: datatype as string,
    shape: shape as number[],
  };
  const size = tensor.shape.reduce(
    (product, dimension) => product * dimension,
    1,
  );
  const { binary_data_size: bytes } = parametersOf(given, `${where}.`);
  if (bytes !== undefined) {
    if (data !== undefined && data !== null)
      throw new RequestError(400, `${where} must not have data twice.`);
    const taken = part.take(bytes, where);
    if (type.bytes !== undefined && taken.length !== size * type.bytes)
      throw new RequestError(
        400,
        `${where} has ${
          taken.length
        } bytes of binary data, but shape [${shape}] of ${datatype} needs ${
          size * type.bytes
        }.`,
      );
    const values = readBinary(tensor.datatype, taken, where);
    requireCount(values.length, tensor.shape, size, `${where} has`);
    return { ...tensor, data: values };
  }
  if (!Array.isArray(data))
    throw new RequestError(
      400,
      `${where}.data must be an array, flat or nested.`,
    );
  const flat = data.some(Array.isArray)
    ? flatOf(data, tensor.shape, where)
    : data;
  requireCount(flat.length, tensor.shape, size, `${where}.data has`);
  const wrong = flat.findIndex(value => !type.fits(value));
  if (wrong !== -1) {
    throw new RequestError(
      400,
      `${where}.data[${wrong}] must fit ${datatype}, but is of type ${typeOf(
        flat[wrong],
      )}.`,
    );
  }
  return { ...tensor, data: flat };
}

/** @throws RequestError 400 where the nesting is another than the shape: values would stand in other rows */
function flatOf(data: unknown[], shape: number[], where: string): unknown[] {
  const [rows = 1, ...sizes] = shape;
  let fits = data.length === rows;
  let level = data;
  for (const size of sizes) {
    fits &&= level.every(one => Array.isArray(one) && one.length === size);
    if (fits) level = level.flat();
  }
  if (fits) return level;
  throw new RequestError(
    400,
    `${where}.data is nested, but not as shape [${shape}] says; give it so, or flat.`,
  );
}

function requireCount(
  count: number,
  shape: number[],
  size: number,
  has: string,
) {
  if (count !== size)
    throw new RequestError(
      400,
      `${has} ${count} elements, but shape [${shape}] needs ${size}.`,
    );
}

/**
 * Reads the body of `POST v2/models/{m}/infer`: JSON, and behind it the bytes
 * of the tensors whose `binary_data_size` says so.
 *
 * @throws RequestError 400
 */
export function readInferRequest(body: unknown, binary: Buffer): InferRequest {
  if (!isObject(body))
    throw new RequestError(400, 'The body must be an object with inputs.');
  const { inputs, ...others } = body;
  for (const [name, value] of Object.entries(others))
    requireLevels(name.slice(0, 100), value);
  const id = body.id ?? undefined;
  const outputs = body.outputs ?? undefined;
  if (id !== undefined && typeof id !== 'string')
    throw new RequestError(400, 'id must be a string.');
  const { binary_data_output: isBinary = false } = parametersOf(body, '');
  if (typeof isBinary !== 'boolean')
    throw new RequestError(
      400,
      'parameters.binary_data_output must be a boolean.',
    );
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw new RequestError(400, 'inputs must be an array of tensors.');
  const part = new BinaryPart(binary);
  const tensors = inputs.map((given, index) => readTensor(given, index, part));
  part.end();
  if (new Set(tensors.map(({ name }) => name)).size !== tensors.length) {
    throw new RequestError(400, 'Each input may be given only once.');
  }
  if (outputs === undefined) return { id, tensors, isBinary };
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
  if (new Set(outputs.map(({ name }) => name)).size !== outputs.length) {
    throw new RequestError(400, 'Each output may be asked for only once.');
  }
  const wanted = (outputs as Array<Fields & { name: string }>).map(
    (output, index) => {
      const where = `outputs[${index}].`;
      const parameters = parametersOf(output, where);
      return {
        name: output.name,
        isBinary: isBinaryWanted(parameters, where, isBinary),
      };
    },
  );
  return { id, tensors, wanted, isBinary };
}
