import { FieldProblem } from '@model-platform/plugin-model-platform-common';

/** One broken rule of a deployment. */
export function problem(
  field: string,
  rule: string,
  given?: unknown,
  example?: unknown,
): FieldProblem {
  return { field, rule, given, example, source: 'platform' };
}
