import { WireSignatureField } from '@model-platform/model-wire';
import { Tensor } from 'onnxruntime-node';
import { RequestError } from '../../RequestError';

/** Types of ONNX tensors that are served, and their names in the Open Inference Protocol. */
export const onnxToOip: Partial<Record<Tensor.Type, string>> = {
  bool: 'BOOL',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

/** JSON carries whole numbers exactly up to 2^53 - 1, so 64 bit types end there. */
const ranges: Partial<Record<Tensor.Type, [number, number]>> = {
  int8: [-(2 ** 7), 2 ** 7 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  uint8: [0, 2 ** 8 - 1],
  uint16: [0, 2 ** 16 - 1],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, Number.MAX_SAFE_INTEGER],
};

const LARGEST_FLOAT32 = 3.4028234663852886e38;

/** Numbers that don't fit would silently become others: typed arrays wrap around. */
function checkRange(
  name: string,
  type: Tensor.Type,
  values: ArrayLike<unknown>,
) {
  const [lowest, highest] =
    type === 'float32'
      ? [-LARGEST_FLOAT32, LARGEST_FLOAT32]
      : ranges[type] ?? [-Infinity, Infinity];
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] as number;
    if (value < lowest || value > highest) {
      throw new RequestError(
        400,
        `Input '${name}' must fit ${onnxToOip[type]}, from ${lowest} to ${highest}.`,
        [{ path: `inputs.${name}`, message: `must fit ${onnxToOip[type]}` }],
      );
    }
  }
}

/** Makes a tensor of plain values, copying each once; null is a missing number. */
export function toTensor(
  name: string,
  type: Tensor.Type,
  values: ArrayLike<unknown>,
  shape: number[],
): Tensor {
  if (type === 'string')
    return new Tensor('string', Array.from(values as ArrayLike<string>), shape);
  if (type === 'bool') {
    return new Tensor(
      'bool',
      Uint8Array.from({ length: values.length }, (_, i) => (values[i] ? 1 : 0)),
      shape,
    );
  }
  checkRange(name, type, values);
  const numbers = values as ArrayLike<number>;
  switch (type) {
    case 'float32':
      return new Tensor('float32', fill(Float32Array, numbers), shape);
    case 'float64':
      return new Tensor('float64', fill(Float64Array, numbers), shape);
    case 'int64':
      return new Tensor('int64', fillBig(BigInt64Array, numbers), shape);
    case 'uint64':
      return new Tensor('uint64', fillBig(BigUint64Array, numbers), shape);
    case 'int32':
      return new Tensor('int32', Int32Array.from(numbers), shape);
    case 'uint32':
      return new Tensor('uint32', Uint32Array.from(numbers), shape);
    case 'int16':
      return new Tensor('int16', Int16Array.from(numbers), shape);
    case 'uint16':
      return new Tensor('uint16', Uint16Array.from(numbers), shape);
    case 'int8':
      return new Tensor('int8', Int8Array.from(numbers), shape);
    case 'uint8':
      return new Tensor('uint8', Uint8Array.from(numbers), shape);
    default:
      throw new Error(`ONNX type ${type} is not served`);
  }
}

function fill<T extends Float32Array | Float64Array>(
  Type: new (length: number) => T,
  numbers: ArrayLike<number | null>,
): T {
  const array = new Type(numbers.length);
  for (let index = 0; index < numbers.length; index += 1)
    array[index] = numbers[index] ?? NaN;
  return array;
}

function fillBig<T extends BigInt64Array | BigUint64Array>(
  Type: new (length: number) => T,
  numbers: ArrayLike<number>,
): T {
  const array = new Type(numbers.length);
  for (let index = 0; index < numbers.length; index += 1)
    array[index] = BigInt(numbers[index]);
  return array;
}

/** A value of a tensor as JSON can carry it. */
export function fromTensorValue(type: Tensor.Type, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return type === 'bool' ? Boolean(value) : value;
}

const isFloat = (type: Tensor.Type) => type.startsWith('float');

/** Why values of the signature's field can't go into the tensor; undefined where they can. */
export function inputMismatch(
  field: WireSignatureField,
  type: Tensor.Type,
): string | undefined {
  const fits = {
    string: type === 'string',
    number: isFloat(type),
    integer: type !== 'string' && type !== 'bool',
    boolean: type !== 'string',
    object: false,
  }[field.type];
  if (!fits)
    return `input '${field.name}' is a ${field.type} in the signature, but ${type} in the model`;
  if (field.optional && field.default === undefined && !isFloat(type))
    return `input '${field.name}' is optional, but ${type} has no value for a missing one: give it a default`;
  return undefined;
}

/** Why the tensor can't be answered as the signature's field; undefined where it can. */
export function outputMismatch(
  field: WireSignatureField,
  type: Tensor.Type,
): string | undefined {
  const fits = {
    string: type === 'string',
    number: type !== 'string' && type !== 'bool',
    integer: type !== 'string' && type !== 'bool',
    boolean: type === 'bool',
    object: false,
  }[field.type];
  return fits
    ? undefined
    : `output '${field.name}' is a ${field.type} in the signature, but ${type} in the model`;
}
