import { ResponseError } from '@backstage/errors';

/** Whether the platform refused something because what is there is not what was read. */
export function isConflict(error: Error): boolean {
  return ResponseError.is(error) && error.statusCode === 409;
}
