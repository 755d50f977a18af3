import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import { ErrorObject } from 'ajv';

/** Keywords that only say that something beneath them failed. */
const WRAPPERS = ['if', 'allOf', '$ref'];

/** What ajv found, as problems by field of `model.yaml`. */
export function toFieldProblems(
  errors: ErrorObject[],
  source: string,
): FieldProblem[] {
  const problems: FieldProblem[] = [];
  for (const error of errors) {
    if (WRAPPERS.includes(error.keyword)) continue;
    const path = error.instancePath.split('/').slice(1).map(unescape);
    const field = toField(['metadata', ...path]);
    if (error.keyword === 'required') {
      const key = String(error.params.missingProperty);
      const schema = propertySchema(error, key);
      problems.push({
        field: `${field}.${key}`,
        rule: `is missing${describe(schema)}`,
        example: exampleOf(schema),
        source,
      });
    } else {
      const schema = error.parentSchema;
      problems.push({
        field:
          error.keyword === 'additionalProperties'
            ? `${field}.${error.params.additionalProperty}`
            : field,
        rule: ruleOf(error),
        given: error.data,
        example: exampleOf(schema),
        source,
      });
    }
  }
  return problems;
}

/** `data`, `sources`, `0` is `data.sources[0]`. */
function toField(path: string[]): string {
  return path
    .map((part, index) =>
      /^\d+$/.test(part) ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`,
    )
    .join('');
}

function unescape(part: string): string {
  return part.replace(/~1/g, '/').replace(/~0/g, '~');
}

function ruleOf(error: ErrorObject): string {
  switch (error.keyword) {
    case 'enum':
      return `must be one of ${(error.params.allowedValues as unknown[])
        .map(String)
        .join(', ')}`;
    case 'additionalProperties':
      return 'is not known';
    case 'pattern':
      return error.params.pattern === '\\S'
        ? 'must not be blank'
        : `must match ${error.params.pattern}`;
    case 'minLength':
      return `must have at least ${error.params.limit} characters`;
    case 'maxLength':
      return `must have at most ${error.params.limit} characters`;
    case 'minItems':
      return `must have at least ${error.params.limit} ${
        error.params.limit === 1 ? 'entry' : 'entries'
      }`;
    default:
      return error.message ?? error.keyword;
  }
}

function propertySchema(
  error: ErrorObject,
  key: string,
): Record<string, unknown> | undefined {
  const inParent = error.parentSchema?.properties?.[key];
  return typeof inParent === 'object' && inParent !== null
    ? inParent
    : undefined;
}

function describe(schema: Record<string, unknown> | undefined): string {
  return typeof schema?.description === 'string'
    ? `: ${schema.description}`
    : '';
}

function exampleOf(schema: Record<string, unknown> | undefined): unknown {
  if (Array.isArray(schema?.examples)) return schema.examples[0];
  return Array.isArray(schema?.enum) ? schema.enum[0] : undefined;
}
