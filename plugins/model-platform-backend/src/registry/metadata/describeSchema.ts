import { formatWords } from './formats';
import { JsonSchema } from './MetadataSchema';

const typeWords: Record<string, string> = {
  string: 'text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `a`, `b` or `c`. */
export function either(words: string[]): string {
  return words.length < 2
    ? words.join('')
    : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}

/** A value as `model.yaml` would have it. */
export function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value) ?? '';
}

/** `a whole number`, `text or a list`. */
export function typeInWords(type: unknown): string {
  return either(
    [type].flat().map(one => typeWords[String(one)] ?? String(one)),
  );
}

/** What a schema asks for, in a few words: the title or description that it has, else its main rules. */
export function describeSchema(given: unknown, root: JsonSchema): string {
  if (given === false) return 'nothing at all';
  if (!isSchema(given)) return 'anything';
  const schema = resolve(given, root);
  if (typeof schema.title === 'string') return schema.title;
  if (typeof schema.description === 'string') return schema.description;
  if ('const' in schema) return show(schema.const);
  if (Array.isArray(schema.enum)) return either(schema.enum.map(show));
  const rules: string[] = [];
  if (schema.type !== undefined) rules.push(typeInWords(schema.type));
  if (typeof schema.format === 'string') {
    rules.push(
      (formatWords[schema.format]?.words ?? schema.format).replace(
        /^must be /,
        '',
      ),
    );
  }
  if (typeof schema.pattern === 'string')
    rules.push(`matching ${schema.pattern}`);
  if (schema.minimum !== undefined) rules.push(`at least ${schema.minimum}`);
  if (schema.maximum !== undefined) rules.push(`at most ${schema.maximum}`);
  if (Array.isArray(schema.required))
    rules.push(`with ${schema.required.join(' and ')}`);
  for (const [name, property] of Object.entries(
    isSchema(schema.properties) ? schema.properties : {},
  )) {
    if (isSchema(property) && 'const' in property)
      rules.push(`where ${name} is ${show(property.const)}`);
  }
  return rules.join(', ') || JSON.stringify(schema);
}

/** The schema that `$ref` names, where it stands in the same document. */
export function resolve(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let found: JsonSchema = schema;
  for (let hops = 0; hops < 10 && typeof found.$ref === 'string'; hops += 1) {
    if (!found.$ref.startsWith('#')) return found;
    let target: unknown = root;
    for (const part of found.$ref.split('/').slice(1)) {
      const key = decodeURIComponent(part)
        .replace(/~1/g, '/')
        .replace(/~0/g, '~');
      target =
        typeof target === 'object' && target !== null
          ? Reflect.get(target, key)
          : undefined;
    }
    if (!isSchema(target)) return found;
    found = target;
  }
  return found;
}

/** What the schema says of a place, where it says it straight. */
export function schemaAt(
  root: JsonSchema,
  path: string[],
): JsonSchema | undefined {
  let schemas = [root];
  for (const part of path) {
    schemas = schemas.flatMap(schema => {
      const { properties, items, prefixItems } = schema;
      const next = [
        isSchema(properties) ? properties[part] : undefined,
        Array.isArray(prefixItems) ? prefixItems[Number(part)] : undefined,
        /^\d+$/.test(part) ? items : undefined,
      ];
      return next.filter(isSchema).map(one => resolve(one, root));
    });
  }
  return schemas[0];
}

/** A value that would do: the schema's own example, else one made from its rules. */
export function exampleOf(
  given: JsonSchema | undefined,
  root: JsonSchema,
): unknown {
  if (!given) return undefined;
  const schema = resolve(given, root);
  if (Array.isArray(schema.examples) && schema.examples.length > 0)
    return schema.examples[0];
  if ('const' in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.default !== undefined) return schema.default;
  if (typeof schema.format === 'string')
    return formatWords[schema.format]?.example;
  for (const key of ['minimum', 'maximum', 'multipleOf'] as const) {
    if (typeof schema[key] === 'number') return schema[key];
  }
  return undefined;
}
