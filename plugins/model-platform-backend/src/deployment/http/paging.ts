import { InputError } from '@backstage/errors';

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
