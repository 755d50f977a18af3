import { z } from 'zod';
import { FieldProblem } from '../types';

/** What zod found, as problems by field; `prefix` is where the value stands, empty for the root. @public */
export function zodProblems(
  error: z.ZodError,
  prefix: string,
  input: unknown,
): FieldProblem[] {
  return error.issues.map(issue => {
    const given = valueAt(input, issue.path);
    return {
      field: toField(prefix, issue.path),
      rule: given === undefined ? 'is missing' : issue.message,
      ...(given === undefined ? {} : { given }),
      source: 'platform',
    };
  });
}

function toField(prefix: string, path: PropertyKey[]): string {
  let field = prefix;
  for (const part of path) {
    if (typeof part === 'number') field += `[${part}]`;
    else field += `${field ? '.' : ''}${String(part)}`;
  }
  return field;
}

function valueAt(input: unknown, path: PropertyKey[]): unknown {
  let value: unknown = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}
