import { ErrorObject } from 'ajv';
import { describeSchema, either, show, typeInWords } from './describeSchema';
import { formatWords } from './formats';
import { JsonSchema } from './MetadataSchema';

const counted = (count: number, one: string, many: string) =>
  `${count} ${count === 1 ? one : many}`;
const entries = (count: number) => counted(count, 'entry', 'entries');
const fields = (count: number) => counted(count, 'field', 'fields');
const characters = (count: number) => counted(count, 'character', 'characters');

type Words = (error: ErrorObject, root: JsonSchema) => string;

/** A sentence for every keyword of JSON Schema 2020-12 that can fail. */
const words: Record<string, Words> = {
  type: ({ params }) => `must be ${typeInWords(params.type)}`,
  enum: ({ params }) =>
    `must be one of ${params.allowedValues.map(show).join(', ')}`,
  const: ({ params }) => `must be ${show(params.allowedValue)}`,
  minLength: ({ params }) => `must have at least ${characters(params.limit)}`,
  maxLength: ({ params }) => `must have at most ${characters(params.limit)}`,
  pattern: ({ params }) =>
    params.pattern === '\\S'
      ? 'must not be blank'
      : `must match ${params.pattern}`,
  format: ({ params }) =>
    formatWords[params.format]?.words ??
    `must have the format ${params.format}`,
  minimum: ({ params }) => `must be at least ${params.limit}`,
  maximum: ({ params }) => `must be at most ${params.limit}`,
  exclusiveMinimum: ({ params }) => `must be greater than ${params.limit}`,
  exclusiveMaximum: ({ params }) => `must be less than ${params.limit}`,
  multipleOf: ({ params }) => `must be a multiple of ${params.multipleOf}`,
  minItems: ({ params }) => `must have at least ${entries(params.limit)}`,
  maxItems: ({ params }) => `must have at most ${entries(params.limit)}`,
  uniqueItems: ({ params }) =>
    `must not have the same entry twice (entries ${params.j} and ${params.i})`,
  items: ({ params }) => `must have at most ${entries(params.limit)}`,
  unevaluatedItems: ({ params }) =>
    `must have at most ${entries(params.len ?? params.limit)}`,
  contains: ({ params, schema }, root) =>
    `must have ${
      params.maxContains === undefined
        ? `at least ${entries(params.minContains)}`
        : `${params.minContains} to ${entries(params.maxContains)}`
    } that ${params.maxContains === 1 ? 'is' : 'are'}: ${describeSchema(
      schema,
      root,
    )}`,
  minProperties: ({ params }) => `must have at least ${fields(params.limit)}`,
  maxProperties: ({ params }) => `must have at most ${fields(params.limit)}`,
  additionalProperties: () => 'is not known',
  unevaluatedProperties: () => 'is not known',
  anyOf: ({ schema }, root) => `must be ${options(schema, root)}`,
  oneOf: ({ schema, params }, root) =>
    Array.isArray(params.passingSchemas)
      ? `must be only one of these, and is several: ${options(schema, root)}`
      : `must be ${options(schema, root)}`,
  not: ({ schema }, root) => `must not be ${describeSchema(schema, root)}`,
  'false schema': () => 'must not be given here',
};

/** What a value must be, in words. */
export function ruleOf(error: ErrorObject, root: JsonSchema): string {
  const rule =
    words[error.keyword]?.(error, root) ?? error.message ?? error.keyword;
  return error.propertyName === undefined
    ? rule
    : `has a name that does not do: it ${rule}`;
}

function options(schema: unknown, root: JsonSchema): string {
  return either(
    (Array.isArray(schema) ? schema : []).map(
      one => `(${describeSchema(one, root)})`,
    ),
  );
}
