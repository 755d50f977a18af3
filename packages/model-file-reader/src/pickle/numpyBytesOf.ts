import { Made, PickleValue } from './PickleStack';

/** How the array that joblib wrote behind its wrapper lies there. */
export type NumpyBytes = 'pickle' | { padded: boolean; length: number };

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
  if (typeof state !== 'object' || state.kind !== 'dict') throw unclear();
  const dtype = state.entries.get('dtype');
  if (
    typeof dtype !== 'object' ||
    dtype.kind !== 'made' ||
    dtype.name !== 'dtype'
  ) {
    throw unclear();
  }
  const [letters] = dtype.args;
  if (typeof letters !== 'string') throw unclear();
  const match = /^[<>=|]?([a-zA-Z])(\d+)?$/.exec(letters);
  if (!match) throw unclear();
  const [, kind, size] = match;
  if (kind === 'O') return 'pickle';
  const width = Number(size ?? 1) * (kind === 'U' ? 4 : 1);
  const shape = state.entries.get('shape');
  const count = product(shape);
  if (count === undefined) throw unclear();
  return {
    padded:
      typeof state.entries.get('numpy_array_alignment_bytes') === 'number',
    length: count * width,
  };
}

function product(shape: PickleValue | undefined): number | undefined {
  if (typeof shape !== 'object' || shape.kind !== 'tuple') return undefined;
  return shape.items.reduce<number | undefined>(
    (total, size) =>
      total === undefined || typeof size !== 'number'
        ? undefined
        : total * size,
    1,
  );
}

function unclear(): Error {
  return new Error('it holds an array whose size it does not say');
}
