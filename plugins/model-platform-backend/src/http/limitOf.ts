import { InputError } from '@backstage/errors';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** Items on a page, 200 at most, whatever more is asked for. Throws `InputError` for what is no number of items. */
export function limitOf(value: unknown): number {
  if (value === undefined || value === '') return DEFAULT_LIMIT;
  if (typeof value !== 'string' || !/^0*[1-9]\d*$/.test(value)) {
    throw new InputError(
      `limit must be a whole number from 1 to ${MAX_LIMIT}, not '${value}'`,
    );
  }
  return Math.min(Number(value), MAX_LIMIT);
}
