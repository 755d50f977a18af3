import { ResponseError } from '@backstage/errors';
import { FieldProblem } from '../types';

/** The field problems in the body of a failed call; none where it named none. */
export function toProblems(error: unknown): FieldProblem[] {
  if (!ResponseError.is(error)) {
    return [];
  }
  const { problems } = error.body.error as { problems?: unknown };
  return Array.isArray(problems) ? (problems as FieldProblem[]) : [];
}
