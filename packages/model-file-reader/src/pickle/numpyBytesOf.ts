import {
  DictValue,
  isDtype,
  isOfObjects,
  isTuple,
  Made,
  PickleValue,
} from './PickleStack';

/** How the array that joblib wrote behind its wrapper lies there. */
export type NumpyBytes = 'pickle' | { padded: boolean; length: number };

/** What NumPy calls its types, with their bytes; what has a size of its own in its state is not here. */
const widths = new Map(
  [
    ['b1 i1 u1', 1],
    ['i2 u2 f2', 2],
    ['i4 u4 f4', 4],
    ['i8 u8 f8 c8 M8 m8', 8],
    ['f16 c16', 16],
    ['c32', 32],
  ].flatMap(([names, width]) =>
    String(names)
      .split(' ')
      .map(name => [name, Number(width)] as const),
  ),
);

/**
 * How many bytes follow a wrapper, so that they are not taken for opcodes; an
 * array of Python objects is a pickle of its own.
 *
 * https://github.com/joblib/joblib/blob/main/joblib/numpy_pickle.py
 *
 * @throws Error where the wrapper does not say it.
 */
export function numpyBytesOf(wrapper: Made): NumpyBytes {
  const { state } = wrapper;
  if (!isDict(state) || !state.isOfWrapper) throw unclear();
  const dtype = state.entries.get('dtype');
  if (
    typeof dtype !== 'object' ||
    dtype?.kind !== 'made' ||
    !isDtype(dtype) ||
    !dtype.args
  ) {
    throw unclear();
  }
  const [letters] = dtype.args;
  if (typeof letters !== 'string') throw unclear();
  if (isOfObjects(letters)) return 'pickle';
  const name = letters.replace(/^[<>=|]/, '');
  const length =
    countOf(state.entries.get('shape')) * widthOf(name, dtype.state);
  if (!Number.isSafeInteger(length)) throw unclear();
  return {
    padded: isPadded(state.entries.get('numpy_array_alignment_bytes')),
    length,
  };
}

function widthOf(name: string, state: PickleValue | undefined): number {
  const width = widths.get(name);
  if (width !== undefined) return width;
  const [, kind, size] = /^([SUV])([1-9]\d{0,9})$/.exec(name) ?? [];
  if (!kind) throw unclear();
  // The state of such a type has the size that counts in the end.
  if (state !== undefined) {
    const given = isTuple(state) ? state.items[5] : undefined;
    if (typeof given !== 'number' || given < 1) throw unclear();
    return given;
  }
  return Number(size) * (kind === 'U' ? 4 : 1);
}

function isPadded(alignment: PickleValue | undefined): boolean {
  if (alignment === undefined || alignment === null) return false;
  if (typeof alignment !== 'number') throw unclear();
  return true;
}

function countOf(shape: PickleValue | undefined): number {
  if (!isTuple(shape)) throw unclear();
  return shape.items.reduce<number>((total, size) => {
    if (typeof size !== 'number' || size < 0) throw unclear();
    return total * size;
  }, 1);
}

function isDict(value: PickleValue | undefined): value is DictValue {
  return typeof value === 'object' && value?.kind === 'dict';
}

function unclear(): Error {
  return new Error('it holds an array whose size it does not say');
}
