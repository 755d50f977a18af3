import { isError } from '@backstage/errors';
import { ModelProblemsError } from '../../ModelProblemsError';
import { describeMissing } from '../models/describeMissing';

const refusals = [
  'ConflictError',
  'InputError',
  'MlflowError',
  'NotAllowedError',
  'NotFoundError',
];

/**
 * Why a version was not made one of the registry, where the version or whoever
 * asked is the reason; undefined where the platform itself failed.
 */
export function refusalOf(error: unknown): string | undefined {
  if (error instanceof ModelProblemsError) {
    return describeMissing(error.problems);
  }
  return isError(error) && refusals.includes(error.name)
    ? error.message
    : undefined;
}
