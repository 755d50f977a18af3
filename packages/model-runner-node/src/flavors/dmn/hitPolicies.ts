/** What one matching rule gives: a value for each output column. */
export type RuleOutput = unknown[];

/** Order of the output columns' values: earlier in their lists of allowed values goes first. */
export type Priorities = Array<unknown[] | undefined>;

/** Which rules decide, in which order; indices into the matching ones. Throws where they contradict the policy. */
export function deciding(
  policy: string,
  outputs: RuleOutput[],
  priorities: Priorities,
): number[] {
  const all = outputs.map((_, index) => index);
  switch (policy) {
    case 'UNIQUE':
      if (outputs.length > 1)
        throw new Error('several rules match, but its hit policy is UNIQUE');
      return all;
    case 'ANY': {
      const [first, ...others] = outputs.map(output => JSON.stringify(output));
      if (others.some(other => other !== first))
        throw new Error(
          'rules with unequal outputs match, but its hit policy is ANY',
        );
      return all;
    }
    case 'FIRST':
      return all.slice(0, 1);
    case 'PRIORITY':
      return byPriority(all, outputs, priorities).slice(0, 1);
    case 'OUTPUT ORDER':
      return byPriority(all, outputs, priorities);
    case 'RULE ORDER':
    case 'COLLECT':
      return all;
    default:
      throw new Error(`the hit policy ${policy} is unknown`);
  }
}

function byPriority(
  indices: number[],
  outputs: RuleOutput[],
  priorities: Priorities,
): number[] {
  const rank = (output: RuleOutput, column: number) => {
    const at = priorities[column]!.findIndex(
      value => JSON.stringify(value) === JSON.stringify(output[column]),
    );
    return at === -1 ? Infinity : at;
  };
  const ranked = priorities.flatMap((values, column) =>
    values ? [column] : [],
  );
  return [...indices].sort((a, b) => {
    for (const column of ranked) {
      const [first, second] = [
        rank(outputs[a], column),
        rank(outputs[b], column),
      ];
      if (first !== second) return first < second ? -1 : 1;
    }
    return 0;
  });
}

/** Policies that give a list. */
export const listPolicies = ['COLLECT', 'RULE ORDER', 'OUTPUT ORDER'];

/** One value of all that were collected; null where there is none, or they can't be summed up. */
export const aggregations: Record<string, (values: unknown[]) => unknown> = {
  COUNT: values => values.length,
  SUM: values =>
    overNumbers(values, numbers => numbers.reduce((a, b) => a + b)),
  MIN: values => overNumbers(values, numbers => Math.min(...numbers)),
  MAX: values => overNumbers(values, numbers => Math.max(...numbers)),
};

function overNumbers(
  values: unknown[],
  aggregate: (numbers: number[]) => number,
): number | null {
  const numbers = values.filter(value => typeof value === 'number');
  return numbers.length > 0 && numbers.length === values.length
    ? aggregate(numbers)
    : null;
}
