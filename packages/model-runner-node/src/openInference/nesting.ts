/** Of nested arrays, by their first elements. */
export function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...shapeOf(value[0])] : [];
}

/** Row-major; of what is no array, itself. */
export function flatten(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flat(Infinity) : [value];
}

/** Of flat values, row-major, the nested arrays of a shape. */
export function nest(values: unknown[], shape: readonly number[]): unknown {
  if (shape.length <= 1) return values;
  const [first, ...rest] = shape;
  const size = values.length / first;
  return Array.from({ length: first }, (_, i) =>
    nest(values.slice(i * size, (i + 1) * size), rest),
  );
}
