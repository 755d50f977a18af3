/** Numbers that differ by less, relative to their size, are the same. */
const TOLERANCE = 1e-6;

/** Where an answer is not what was expected, by path; what only the answer has does not matter. */
export function differences(
  expected: unknown,
  given: unknown,
  path = 'outputs',
): string[] {
  if (typeof expected === 'number' && typeof given === 'number') {
    const size = Math.max(1, Math.abs(expected), Math.abs(given));
    return Math.abs(expected - given) <= TOLERANCE * size
      ? []
      : [`${path} is ${given}, not ${expected}`];
  }
  if (Array.isArray(expected) && Array.isArray(given)) {
    return expected.length === given.length
      ? expected.flatMap((one, index) =>
          differences(one, given[index], `${path}[${index}]`),
        )
      : [`${path} has ${given.length} elements, not ${expected.length}`];
  }
  if (isObject(expected) && isObject(given)) {
    return Object.entries(expected).flatMap(([name, one]) =>
      differences(one, given[name], `${path}.${name}`),
    );
  }
  return expected === given
    ? []
    : [`${path} is ${JSON.stringify(given)}, not ${JSON.stringify(expected)}`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
