import { WireSignatureField } from '@model-platform/model-wire';
import { Tensor } from 'onnxruntime-node';
import { exactInteger } from '../../exactInteger';
import {
  isNumeric,
  NumberArray,
  numberArrays,
  toNumberArray,
} from '../../openInference/numberArrays';
import { RequestError } from '../../RequestError';
import { textOf } from '../../textOf';

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
  float16: 'FP16',
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

/** Largest numbers of floating point that are not infinite. */
const LARGEST: Partial<Record<Tensor.Type, number>> = {
  float16: 65504,
  float32: 3.4028234663852886e38,
};

/** Numbers that don't fit would silently become others: typed arrays wrap around. */
function checkRange(
  name: string,
  type: Tensor.Type,
  values: ArrayLike<unknown>,
) {
  const largest = LARGEST[type] ?? Infinity;
  const [lowest, highest] = ranges[type] ?? [-largest, largest];
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

function textsOf(name: string, values: ArrayLike<unknown>): string[] {
  return Array.from(values, value => {
    const text = Buffer.isBuffer(value) ? textOf(value) : (value as string);
    if (text === undefined)
      throw new RequestError(400, `Input '${name}' must be UTF-8.`);
    return text;
  });
}

/** Makes a tensor of plain values, copying each once, or of an array that lies as the tensor does; null is a missing number. */
export function toTensor(
  name: string,
  type: Tensor.Type,
  values: ArrayLike<unknown>,
  shape: number[],
): Tensor {
  if (type === 'string')
    return new Tensor('string', textsOf(name, values), shape);
  if (type === 'bool') {
    return new Tensor(
      'bool',
      Uint8Array.from({ length: values.length }, (_, i) => (values[i] ? 1 : 0)),
      shape,
    );
  }
  const datatype = onnxToOip[type];
  if (datatype === undefined || !isNumeric(datatype))
    throw new Error(`ONNX type ${type} is not served`);
  if (values instanceof numberArrays[datatype])
    return tensorOf(type, values, shape);
  checkRange(name, type, values);
  return tensorOf(type, toNumberArray(datatype, values), shape);
}

export const isTypedArray = (data: unknown): data is NumberArray =>
  ArrayBuffer.isView(data);

/** Numbers that lie as the tensor's do. */
export function tensorOf(
  type: Tensor.Type,
  array: NumberArray,
  shape: number[],
): Tensor {
  if (type !== 'float16' && !(array instanceof Float16Array))
    return new Tensor(type, array, shape);
  const bits = new Uint16Array(array.buffer, array.byteOffset, array.length);
  const tensor = new Tensor(type, bits, shape);
  // The library makes a Float16Array of them, which its native part cannot read.
  Object.defineProperty(tensor, 'cpuData', { value: bits });
  return tensor;
}

/** A value of a tensor as JSON can carry it. */
export function fromTensorValue(type: Tensor.Type, value: unknown): unknown {
  if (typeof value === 'bigint') return exactInteger(value);
  return type === 'bool' ? Boolean(value) : value;
}

export const isFloat = (type: Tensor.Type) => type.startsWith('float');

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
    // As they are written.
    date: type === 'string',
    datetime: type === 'string',
    bytes: type === 'uint8' && field.shape === undefined,
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
    // Of floats only the answers tell whether they are whole.
    integer: type !== 'string' && type !== 'bool',
    boolean: type === 'bool',
    date: type === 'string',
    datetime: type === 'string',
    bytes: type === 'uint8' && field.shape === undefined,
    object: false,
  }[field.type];
  return fits
    ? undefined
    : `output '${field.name}' is a ${field.type} in the signature, but ${type} in the model`;
}

/**
 * Why what the model answers for a line can't be the signature's field;
 * undefined where it can, or only the answers tell.
 *
 * @param row - -1 is a size that the model leaves open
 */
export function outputShapeMismatch(
  { name, type, shape }: WireSignatureField,
  row: number[],
): string | undefined {
  if (type === 'bytes') return undefined;
  if (shape === undefined) {
    return row.some(size => size > 1)
      ? `output '${name}' is one ${type} in the signature, but has shape [${row}] in the model`
      : undefined;
  }
  const fits =
    shape.length === row.length &&
    row.every(
      (size, axis) => size <= 0 || shape[axis] === -1 || shape[axis] === size,
    );
  return fits
    ? undefined
    : `output '${name}' has shape [${shape}] in the signature, but [${row}] in the model`;
}

/** Whether a tensor that may be the signature's field may be something else all the same, which only the answers tell. */
export function isToldByAnswers(
  { type, shape }: WireSignatureField,
  tensor: Tensor.Type,
  row: number[],
): boolean {
  if (type === 'date' || type === 'datetime') return true;
  if (type === 'integer' && isFloat(tensor)) return true;
  // Whether one value is one is looked at where it is read, and bytes are of any number.
  if (type === 'bytes' || shape === undefined) return false;
  return (
    shape.length !== row.length ||
    shape.some((size, axis) => size !== -1 && size !== row[axis])
  );
}

/** Why a map of the model can't be the signature's field; undefined where it can. */
export function mapMismatch(
  what: 'input' | 'output',
  { name, type, shape }: WireSignatureField,
): string | undefined {
  return type === 'object' && shape === undefined
    ? undefined
    : `${what} '${name}' is a map in the model: it is of type object in the signature, without a shape`;
}
