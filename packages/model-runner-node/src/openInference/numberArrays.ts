/** How the numbers of a datatype lie in memory, which is how they are sent too. */
export const numberArrays = {
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Float16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

export type NumericDatatype = keyof typeof numberArrays;
export type NumberArray = InstanceType<(typeof numberArrays)[NumericDatatype]>;

export const isNumeric = (datatype: string): datatype is NumericDatatype =>
  Object.hasOwn(numberArrays, datatype);

/** Copies numbers that fit; null becomes NaN where the datatype has it. */
export function toNumberArray(
  datatype: NumericDatatype,
  values: ArrayLike<unknown>,
): NumberArray {
  const array = new numberArrays[datatype](values.length);
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) {
    for (let index = 0; index < array.length; index += 1)
      array[index] = BigInt(values[index] as number | bigint);
  } else {
    for (let index = 0; index < array.length; index += 1)
      array[index] = Number(values[index] ?? NaN);
  }
  return array;
}
