import { FieldProblem } from '@model-platform/plugin-model-platform-common';
import { ErrorObject } from 'ajv';
import { exampleOf, isSchema, resolve, schemaAt } from './describeSchema';
import { JsonSchema } from './MetadataSchema';
import { ruleOf } from './ruleOf';

/** Keywords that only say that something beneath them failed. */
const WRAPPERS = ['if', 'allOf', '$ref', '$dynamicRef', 'propertyNames'];
/** Keywords whose branches fail one by one, where it is one of them that had to hold. */
const CHOICES = ['oneOf', 'anyOf', 'contains'];

/** What ajv found in `metadata`, as problems by field of `model.yaml`. */
export function toFieldProblems(
  errors: ErrorObject[],
  source: string,
  root: JsonSchema,
): FieldProblem[] {
  const choices = errors.flatMap((error, index) =>
    CHOICES.includes(error.keyword)
      ? [{ index, error, places: placesOf(error, root) }]
      : [],
  );
  return errors
    .filter(
      (error, index) =>
        !WRAPPERS.includes(error.keyword) &&
        // What says why a branch does not hold comes before what says that none does.
        !choices.some(
          choice => choice.index > index && isBranchOf(error, choice),
        ),
    )
    .map(error => toFieldProblem(error, source, root));
}

function toFieldProblem(
  error: ErrorObject,
  source: string,
  root: JsonSchema,
): FieldProblem {
  const path = error.instancePath.split('/').slice(1).map(unescape);
  const { params } = error;
  const missing: unknown = params.missingProperty;
  if (missing !== undefined) {
    const schema =
      schemaOf(error.parentSchema, String(missing)) ??
      schemaAt(root, [...path, String(missing)]);
    const because =
      error.keyword === 'dependentRequired' || error.keyword === 'dependencies'
        ? `, and needed where ${params.property} is given`
        : '';
    return {
      field: toField([...path, String(missing)]),
      rule: `is missing${because}${
        typeof schema?.description === 'string' ? `: ${schema.description}` : ''
      }`,
      example: exampleOf(schema, root),
      source,
    };
  }
  const extra: unknown =
    params.additionalProperty ??
    params.unevaluatedProperty ??
    error.propertyName;
  if (extra !== undefined) {
    return {
      field: toField([...path, String(extra)]),
      rule: ruleOf(error, root),
      given:
        error.propertyName === undefined
          ? valueOf(error.data, String(extra))
          : extra,
      source,
    };
  }
  return {
    field: toField(path),
    rule: ruleOf(error, root),
    given: error.data,
    example: exampleOf(error.parentSchema, root),
    source,
  };
}

interface Choice {
  error: ErrorObject;
  /** Where its branches stand in the schema, each with a slash behind it. */
  places: string[];
}

function placesOf(error: ErrorObject, root: JsonSchema): string[] {
  return [error.schemaPath, ...refsIn(error.schema, root)].map(
    place => `${place}/`,
  );
}

/** Whether an error only says why one of the branches of a choice does not hold. */
function isBranchOf(
  { instancePath, schemaPath }: ErrorObject,
  { error, places }: Choice,
): boolean {
  return (
    (instancePath === error.instancePath ||
      instancePath.startsWith(`${error.instancePath}/`)) &&
    places.some(place => schemaPath.startsWith(place))
  );
}

/** References anywhere in a schema, through others too. */
function refsIn(
  schema: unknown,
  root: JsonSchema,
  found = new Set<string>(),
): Set<string> {
  if (Array.isArray(schema)) {
    for (const one of schema) refsIn(one, root, found);
  } else if (isSchema(schema)) {
    const { $ref } = schema;
    if (typeof $ref === 'string' && !found.has($ref)) {
      found.add($ref);
      refsIn(resolve(schema, root), root, found);
    }
    for (const one of Object.values(schema)) refsIn(one, root, found);
  }
  return found;
}

/** `data`, `sources`, `0` is `metadata.data.sources[0]`. */
function toField(path: string[]): string {
  return ['metadata', ...path]
    .map((part, index) =>
      /^\d+$/.test(part) ? `[${part}]` : `${index > 0 ? '.' : ''}${part}`,
    )
    .join('');
}

function unescape(part: string): string {
  return part.replace(/~1/g, '/').replace(/~0/g, '~');
}

function schemaOf(
  parent: JsonSchema | undefined,
  key: string,
): JsonSchema | undefined {
  const found = isSchema(parent?.properties)
    ? parent.properties[key]
    : undefined;
  return isSchema(found) ? found : undefined;
}

function valueOf(data: unknown, key: string): unknown {
  return typeof data === 'object' && data !== null
    ? Reflect.get(data, key)
    : undefined;
}
