import { evaluate, parseExpression, parseUnaryTests, unaryTest } from 'feelin';

export type FeelContext = Record<string, unknown>;

/** The value of an expression; null where FEEL has none for it. */
export function valueOf(expression: string, context: FeelContext): unknown {
  try {
    return evaluate(expression, context).value ?? null;
  } catch {
    // It can be read, so it is the values that do not go together.
    return null;
  }
}

/** Whether a cell of a table holds for the value of its column. */
export function holds(
  test: string,
  value: unknown,
  context: FeelContext,
): boolean {
  try {
    return unaryTest(test, { ...context, '?': value }).value === true;
  } catch {
    return false;
  }
}

/**
 * What is wrong with an expression, or with the tests of a table's cell;
 * undefined where it can be read and all its names are known.
 */
export function problemOf(
  text: string,
  names: string[],
  kind: 'expression' | 'tests' = 'expression',
): string | undefined {
  const context = Object.fromEntries(
    [...names, ...(kind === 'tests' ? ['?'] : [])].map(name => [name, null]),
  );
  const parse = kind === 'tests' ? parseUnaryTests : parseExpression;
  let isBroken = false;
  parse(text, context, undefined).iterate({
    enter: ({ type }) => {
      isBroken ||= type.isError;
    },
  });
  if (isBroken) return `cannot be read: ${text}`;
  try {
    const { warnings } =
      kind === 'tests' ? unaryTest(text, context) : evaluate(text, context);
    return warnings.find(({ type }) => type === 'NO_VARIABLE_FOUND')?.message;
  } catch {
    // With nothing in its variables it may well fail.
    return undefined;
  }
}

/** Names of FEEL's functions that make a value of the type from text. */
const makers: Record<string, string> = {
  date: 'date',
  time: 'time',
  dateTime: 'date and time',
  dayTimeDuration: 'duration',
  yearMonthDuration: 'duration',
};

/** What came as JSON, as FEEL takes it: dates, times and durations come as text. */
export function fromJson(value: unknown, typeRef: string | undefined): unknown {
  // Files of older tools write `feel:date`, and `date and time`.
  const type = typeRef
    ?.replace(/^.*:/, '')
    .replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase())
    .replace('dateAndTime', 'dateTime')
    .replace('daysAndTimeDuration', 'dayTimeDuration')
    .replace('yearsAndMonthsDuration', 'yearMonthDuration');
  const maker = type && makers[type];
  return maker && typeof value === 'string'
    ? valueOf(`${maker}(text)`, { text: value })
    : value;
}

/** A value of FEEL as JSON can carry it: dates, times, durations and ranges as FEEL writes them. */
export function toJson(value: unknown): unknown {
  if (typeof value === 'function') return null;
  if (typeof value !== 'object' || value === null) return value ?? null;
  if (Array.isArray(value)) return value.map(toJson);
  if (Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, toJson(member)]),
    );
  }
  const text = valueOf('string(value)', { value });
  return typeof text === 'string' ? text : null;
}
