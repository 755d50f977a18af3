import { InputError } from '@backstage/errors';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** Throws `InputError`. */
export function parseLimit(value: unknown): number {
  if (value === undefined) {
    return DEFAULT_LIMIT;
  }
  const limit = Number(value);
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new InputError(
      `limit must be a whole number from 1 to ${MAX_LIMIT}, not '${value}'`,
    );
  }
  return limit;
}

/** The key of the last item before. Throws `InputError`. */
export function parseCursor(value: unknown): string | undefined {
  if (value === undefined || value === '') {
    return undefined;
  }
  const key =
    typeof value === 'string'
      ? Buffer.from(value, 'base64url').toString('utf8')
      : '';
  if (!key.startsWith('after:') || key.includes('\0')) {
    throw new InputError(
      'cursor is not one that was given out here; start without it',
    );
  }
  return key.slice('after:'.length);
}

/** Undefined where the page is not full, so that nothing comes after it. */
export function nextCursor(keys: string[], limit: number): string | undefined {
  const last = keys.at(-1);
  return last === undefined || keys.length < limit
    ? undefined
    : Buffer.from(`after:${last}`).toString('base64url');
}
