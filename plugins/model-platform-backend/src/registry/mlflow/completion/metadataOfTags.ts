import { Tag } from '../http/readParameters';

const PREFIX = 'metadata.';

/** What tags say of the model itself, not of the version; the rest of `metadata.…` is its metadata. */
export const modelFieldTags = [
  'owner',
  'system',
  'type',
  'description',
  'lifecycle',
  'visibility',
  'sharedWith',
  'tags',
];

export function isMetadataTag(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** Fields of the model that tags name, as a publish would; later tags win. */
export function modelFieldsOfTags(tags: Tag[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const { key, value } of tags) {
    const field = key.slice(PREFIX.length);
    if (isMetadataTag(key) && modelFieldTags.includes(field)) {
      fields[field] = ['sharedWith', 'tags'].includes(field)
        ? toList(value)
        : value.trim();
    }
  }
  return fields;
}

/**
 * Metadata from tags `metadata.<path>`, each as the schema has it: MLflow's
 * tags are text, so lists are JSON or separated by commas, objects JSON.
 */
export function metadataOfTags(
  tags: Tag[],
  schema: Record<string, unknown>,
): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  for (const { key, value } of tags) {
    const path = key.slice(PREFIX.length).split('.');
    if (
      !isMetadataTag(key) ||
      modelFieldTags.includes(path.join('.')) ||
      path.some(part => part === '' || part === '__proto__')
    ) {
      continue;
    }
    put(metadata, path, toValue(value, schemaAt(schema, path)));
  }
  return metadata;
}

/** Objects become one, field by field; of anything else the second one stays. */
export function mergeMetadata(
  base: Record<string, unknown>,
  over: Record<string, unknown>,
): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const before = Object.hasOwn(merged, key) ? merged[key] : undefined;
    merged[key] =
      isObject(before) && isObject(value)
        ? mergeMetadata(before, value)
        : value;
  }
  return merged;
}

function put(
  target: Record<string, unknown>,
  [name, ...rest]: string[],
  value: unknown,
): void {
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const below = Object.hasOwn(target, name) ? target[name] : undefined;
  const inner = isObject(below) ? below : {};
  target[name] = inner;
  put(inner, rest, value);
}

/** What the schema says of a field; those of several schemas stand in `allOf`. */
export function schemaAt(schema: unknown, path: string[]): unknown {
  if (path.length === 0 || !isObject(schema)) {
    return path.length === 0 ? schema : undefined;
  }
  const [name, ...rest] = path;
  const { properties, allOf } = schema;
  const own =
    isObject(properties) && Object.hasOwn(properties, name)
      ? schemaAt(properties[name], rest)
      : undefined;
  if (own !== undefined) return own;
  for (const part of Array.isArray(allOf) ? allOf : []) {
    const found = schemaAt(part, path);
    if (found !== undefined) return found;
  }
  return undefined;
}

function toValue(text: string, schema: unknown): unknown {
  const type = isObject(schema) ? schema.type : undefined;
  switch (type) {
    case 'array':
      return toList(text);
    case 'object':
      return parsed(text) ?? text;
    case 'number':
    case 'integer':
      return text.trim() !== '' && Number.isFinite(Number(text))
        ? Number(text)
        : text;
    case 'boolean':
      return text === 'true' || text === 'false' ? text === 'true' : text;
    default:
      return text;
  }
}

function toList(text: string): unknown[] {
  const list = parsed(text);
  if (Array.isArray(list)) return list;
  return text
    .split(',')
    .map(one => one.trim())
    .filter(one => one !== '');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
