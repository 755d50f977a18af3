import { Tensor } from 'onnxruntime-node';

/** Types of ONNX tensors and their names in the Open Inference Protocol. */
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

/** Makes a tensor of the type from plain values, copying each once. */
export function toTensor(
  type: Tensor.Type,
  data: ArrayLike<unknown>,
  shape: number[],
): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor(
        'float32',
        Float32Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'float64':
      return new Tensor(
        'float64',
        Float64Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'int64':
      return new Tensor(
        'int64',
        BigInt64Array.from({ length: data.length }, (_, i) =>
          BigInt(data[i] as number),
        ),
        shape,
      );
    case 'uint64':
      return new Tensor(
        'uint64',
        BigUint64Array.from({ length: data.length }, (_, i) =>
          BigInt(data[i] as number),
        ),
        shape,
      );
    case 'int32':
      return new Tensor(
        'int32',
        Int32Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'uint32':
      return new Tensor(
        'uint32',
        Uint32Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'int16':
      return new Tensor(
        'int16',
        Int16Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'uint16':
      return new Tensor(
        'uint16',
        Uint16Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'int8':
      return new Tensor(
        'int8',
        Int8Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'uint8':
      return new Tensor(
        'uint8',
        Uint8Array.from(data as ArrayLike<number>),
        shape,
      );
    case 'bool':
      return new Tensor(
        'bool',
        Uint8Array.from({ length: data.length }, (_, i) => (data[i] ? 1 : 0)),
        shape,
      );
    case 'string':
      return new Tensor('string', Array.from(data as ArrayLike<string>), shape);
    default:
      throw new Error(`ONNX type ${type} is not supported`);
  }
}

/** A value of a tensor as JSON can carry it. */
export function fromTensorValue(type: Tensor.Type, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return type === 'bool' ? Boolean(value) : value;
}
