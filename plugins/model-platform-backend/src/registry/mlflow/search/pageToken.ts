import { invalidParameter } from '../MlflowError';

/** MLflow's page tokens: where the next page begins, in base 64. */
export function toPageToken(offset: number): string {
  return Buffer.from(JSON.stringify({ offset })).toString('base64');
}

/** Throws what MLflow answers to tokens that are none. */
export function offsetOf(token: string | undefined): number {
  if (!token) return 0;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(token) || token.length % 4 !== 0) {
    throw invalidParameter('Invalid page token, could not base64-decode');
  }
  const text = Buffer.from(token, 'base64').toString('utf8');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalidParameter('Invalid page token, its value is not JSON');
  }
  const offset =
    typeof parsed === 'object' && parsed !== null
      ? Reflect.get(parsed, 'offset')
      : undefined;
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > 1e9) {
    throw invalidParameter('Invalid page token, it names no place to go on at');
  }
  return offset;
}
