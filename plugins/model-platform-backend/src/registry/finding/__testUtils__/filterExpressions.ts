import fc from 'fast-check';
import { FilterExpression } from '../FilterExpression';

/** Any filters; of these keys and values, where they shall meet something. */
export function filterExpressions(
  known:
    | { keys: string[]; values: string[]; numbers: number[] }
    | undefined = undefined,
): fc.Arbitrary<FilterExpression> {
  const text = fc.string({ unit: 'grapheme', maxLength: 12 });
  const segment = text.filter(one => one !== '' && !one.includes('.'));
  const free = known
    ? fc.constantFrom(...known.keys)
    : fc
        .tuple(
          fc.constantFrom('metadata', 'evaluation'),
          fc.array(segment, { minLength: 1, maxLength: 4 }),
        )
        .map(([root, path]) => [root, ...path].join('.'));
  const key = fc.oneof(
    fc.constantFrom('type', 'theme', 'risk', 'tag', 'name', 'archived'),
    free,
  );
  const value = known ? fc.constantFrom(...known.values) : text;
  const operator = fc.constantFrom(
    '<' as const,
    '<=' as const,
    '>' as const,
    '>=' as const,
  );
  const number = known
    ? fc.constantFrom(...known.numbers)
    : fc
        .double({ noNaN: true, noDefaultInfinity: true })
        .map(one => (one === 0 ? 0 : one));
  const date = fc
    .date({
      min: new Date('2025-01-01T00:00:00Z'),
      max: new Date('2027-01-01T00:00:00Z'),
      noInvalidDate: true,
    })
    .map(one => one.getTime());
  const { expression } = fc.letrec<{ expression: FilterExpression }>(tie => ({
    expression: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      fc.record({
        type: fc.constant('is' as const),
        key,
        values: fc.array(value, { minLength: 1, maxLength: 3 }),
      }),
      fc.record({ type: fc.constant('exists' as const), key: free }),
      fc.record({
        type: fc.constant('compare' as const),
        key: free,
        operator,
        kind: fc.constant('number' as const),
        value: number,
      }),
      fc.record({
        type: fc.constant('compare' as const),
        key: fc.oneof(fc.constantFrom('createdAt', 'updatedAt'), free),
        operator,
        kind: fc.constant('date' as const),
        value: date,
      }),
      fc.record({ type: fc.constant('not' as const), part: tie('expression') }),
      fc.record({
        type: fc.constantFrom('and' as const, 'or' as const),
        parts: fc.array(tie('expression'), { minLength: 2, maxLength: 3 }),
      }),
    ),
  }));
  return expression;
}
