import { WireSignatureField } from '@model-platform/model-wire';
import { nearestSafe } from './exactInteger';
import { isTooDeep, LEVELS_RULE } from './levels';
import { FieldError } from './RequestError';
import { isDate, isDatetime } from './temporal';
import { typeOf } from './typeOf';

/** How many wrong fields a caller is told of at most. */
export const MAX_FIELDS_TOLD = 50;

/** The value as models get it; what does not fit is added to the errors. */
export type FieldReader = (
  value: unknown,
  path: string,
  errors: FieldError[],
) => unknown;

/** Undefined is no value of JSON: it says that the value does not fit. */
type Convert = (value: unknown) => unknown;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

const same =
  (fits: (value: unknown) => boolean): Convert =>
  value =>
    fits(value) ? value : undefined;

function bytesOf(value: unknown): Buffer | undefined {
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'string' &&
    value.length % 4 === 0 &&
    BASE64.test(value)
    ? Buffer.from(value, 'base64')
    : undefined;
}

const types: Record<
  WireSignatureField['type'],
  { expected: string; convert: Convert }
> = {
  number: { expected: 'a number', convert: same(Number.isFinite) },
  integer: { expected: 'an integer', convert: same(Number.isSafeInteger) },
  string: {
    expected: 'a string',
    convert: same(value => typeof value === 'string'),
  },
  boolean: {
    expected: 'a boolean',
    convert: same(value => typeof value === 'boolean'),
  },
  date: {
    expected: 'a date such as 2026-05-01',
    convert: same(value => typeof value === 'string' && isDate(value)),
  },
  datetime: {
    expected: 'a date and time with its zone, such as 2026-05-01T12:00:00Z',
    convert: same(value => typeof value === 'string' && isDatetime(value)),
  },
  bytes: { expected: 'bytes in base64', convert: bytesOf },
  object: {
    expected: 'an object',
    convert: same(value => typeOf(value) === 'object'),
  },
};

/** Types whose values are text in JSON, but not any text. */
const written = new Set<WireSignatureField['type']>([
  'date',
  'datetime',
  'bytes',
]);

function scalarReader(field: WireSignatureField): FieldReader {
  const { type, minimum, maximum } = field;
  const { expected, convert } = types[type];
  const allowed = field.enum && new Set<unknown>(field.enum);
  const isText = written.has(type);
  return (value, path, errors) => {
    const read = convert(value);
    if (read === undefined) {
      const given =
        isText && typeof value === 'string' ? 'other text' : typeOf(value);
      const message =
        type === given
          ? 'must be a finite number'
          : `must be ${expected}, not ${given}`;
      errors.push({ path, message });
    } else if (type === 'object' && isTooDeep(read)) {
      errors.push({ path, message: LEVELS_RULE });
    } else if (allowed && !allowed.has(read)) {
      errors.push({
        path,
        message: `must be one of ${[...allowed].join(', ')}`,
      });
    } else if (minimum !== undefined && (read as number) < minimum) {
      errors.push({ path, message: `must be at least ${minimum}` });
    } else if (maximum !== undefined && (read as number) > maximum) {
      errors.push({ path, message: `must be at most ${maximum}` });
    }
    return read;
  };
}

/** Of nested arrays that are of one shape each, in so many dimensions. */
const shapeOf = (value: unknown, rank: number): string =>
  Array.isArray(value) && rank > 0
    ? `${value.length},${shapeOf(value[0], rank - 1)}`
    : '';

function shapedReader(
  shape: number[],
  scalar: FieldReader,
  mayBeUneven = false,
): FieldReader {
  const [size, ...rest] = shape;
  const inner =
    rest.length > 0 ? shapedReader(rest, scalar, mayBeUneven) : scalar;
  const isOpen = rest.includes(-1) && !mayBeUneven;
  return (value, path, errors) => {
    if (!Array.isArray(value)) {
      errors.push({
        path,
        message: `must be an array of shape [${shape}], not ${typeOf(value)}`,
      });
      return value;
    }
    if (size !== -1 && value.length !== size) {
      errors.push({
        path,
        message: `must have ${size} elements, not ${value.length}`,
      });
      return value;
    }
    const read = new Array(value.length);
    for (
      let index = 0;
      index < value.length && errors.length < MAX_FIELDS_TOLD;
      index += 1
    ) {
      read[index] = inner(value[index], `${path}[${index}]`, errors);
    }
    const [first] = read.map(item => shapeOf(item, rest.length));
    if (isOpen && read.some(item => shapeOf(item, rest.length) !== first))
      errors.push({ path, message: 'must have elements of one shape' });
    return read;
  };
}

/** Made once per field of a signature; null is no value, whether it may be left out is not its question. */
export function fieldReader(field: WireSignatureField): FieldReader {
  const scalar = scalarReader(field);
  return field.shape?.length ? shapedReader(field.shape, scalar) : scalar;
}

/**
 * The same for what a model answers, by type and shape alone: numbers that are
 * none go out as null, those of 64 bits as they are written, and sequences may
 * be uneven.
 */
export function answerReader({
  name,
  type,
  shape,
}: WireSignatureField): FieldReader {
  const read = scalarReader({ name, type });
  const isNumeric = type === 'number' || type === 'integer';
  const isNone = (value: unknown) =>
    value === null || (typeof value === 'number' && !Number.isFinite(value));
  const scalar: FieldReader = (value, path, errors) =>
    isNumeric && isNone(value) ? value : read(nearestSafe(value), path, errors);
  return shape?.length ? shapedReader(shape, scalar, true) : scalar;
}
