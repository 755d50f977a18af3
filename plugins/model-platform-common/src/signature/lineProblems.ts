import { Signature, SignatureField } from '../types';
import { base64Pattern, datePattern, datetimePattern } from './patterns';

/** One value that does not fit. @public */
export interface LineProblem {
  /** e.g. `inputs.grid[1][0]`. */
  path: string;
  /** What was expected and what kind of value was given; never the value. */
  message: string;
}

const DATE = new RegExp(datePattern);
const DATETIME = new RegExp(datetimePattern);
const BASE64 = new RegExp(base64Pattern);

const isDay = (text: string) => {
  const date = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  return (
    !Number.isNaN(date.getTime()) &&
    date.toISOString().startsWith(text.slice(0, 10))
  );
};

/** So many lists and objects may lie within each other; as `levels` of the runners, from which nothing may be imported here. */
const MAX_LEVELS = 100;

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null;

function isTooDeep(value: unknown): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MAX_LEVELS) return true;
    level = level.flatMap(one => Object.values(one).filter(isContainer));
  }
  return false;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

const types: Record<
  SignatureField['type'],
  { expected: string; fits(value: unknown): boolean }
> = {
  number: { expected: 'a number', fits: Number.isFinite },
  integer: { expected: 'an integer', fits: Number.isSafeInteger },
  string: { expected: 'a string', fits: value => typeof value === 'string' },
  boolean: { expected: 'a boolean', fits: value => typeof value === 'boolean' },
  date: {
    expected: 'a date such as 2026-05-01',
    fits: value =>
      typeof value === 'string' && DATE.test(value) && isDay(value),
  },
  datetime: {
    expected: 'a date and time with its zone, such as 2026-05-01T12:00:00Z',
    fits: value =>
      typeof value === 'string' && DATETIME.test(value) && isDay(value),
  },
  bytes: {
    expected: 'bytes in base64',
    fits: value => typeof value === 'string' && BASE64.test(value),
  },
  object: { expected: 'an object', fits: value => kindOf(value) === 'object' },
};
const written = ['date', 'datetime', 'bytes'];

function scalarProblem(
  field: SignatureField,
  value: unknown,
): string | undefined {
  const { type, minimum, maximum } = field;
  const { expected, fits } = types[type];
  if (!fits(value)) {
    const given =
      typeof value === 'string' && written.includes(type)
        ? 'other text'
        : kindOf(value);
    return `must be ${expected}, not ${given}`;
  }
  if (type === 'object' && isTooDeep(value))
    return `must be nested at most ${MAX_LEVELS} levels deep`;
  if (field.enum && !field.enum.includes(value as string | number))
    return `must be one of ${field.enum.join(', ')}`;
  if (minimum !== undefined && (value as number) < minimum)
    return `must be at least ${minimum}`;
  if (maximum !== undefined && (value as number) > maximum)
    return `must be at most ${maximum}`;
  return undefined;
}

const shapeOf = (value: unknown, rank: number): string =>
  Array.isArray(value) && rank > 0
    ? `${value.length},${shapeOf(value[0], rank - 1)}`
    : '';

/**
 * Why a value is none of the field's, in the words of the runners.
 * @public
 */
export function valueProblems(
  field: SignatureField,
  value: unknown,
  path: string,
  shape: number[] = field.shape ?? [],
): LineProblem[] {
  if (shape.length === 0) {
    const message = scalarProblem(field, value);
    return message ? [{ path, message }] : [];
  }
  const [size, ...rest] = shape;
  if (!Array.isArray(value))
    return [
      {
        path,
        message: `must be an array of shape [${shape}], not ${kindOf(value)}`,
      },
    ];
  if (size !== -1 && value.length !== size)
    return [
      { path, message: `must have ${size} elements, not ${value.length}` },
    ];
  const problems = value.flatMap((item, index) =>
    valueProblems(field, item, `${path}[${index}]`, rest),
  );
  const isRagged =
    rest.includes(-1) &&
    value.some(
      item => shapeOf(item, rest.length) !== shapeOf(value[0], rest.length),
    );
  return isRagged
    ? [...problems, { path, message: 'must have elements of one shape' }]
    : problems;
}

/**
 * Why a runner would not take the line, in its words.
 * @public
 */
export function lineProblems(
  { inputs }: Pick<Signature, 'inputs'>,
  line: Record<string, unknown>,
  path: string,
): LineProblem[] {
  const problems: LineProblem[] = [];
  for (const field of inputs) {
    const { name, optional } = field;
    const value = Object.hasOwn(line, name) ? line[name] : undefined;
    const at = `${path}.${name}`;
    if (value !== undefined && !(value === null && optional))
      problems.push(...valueProblems(field, value, at));
    else if (!optional && field.default === undefined)
      problems.push({ path: at, message: 'is missing' });
  }
  const known = new Set(inputs.map(({ name }) => name));
  for (const name of Object.keys(line)) {
    if (!known.has(name))
      problems.push({
        path: `${path}.${name}`,
        message: 'is not an input of this model',
      });
  }
  return problems;
}
