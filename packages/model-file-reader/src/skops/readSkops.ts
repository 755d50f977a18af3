import {
  FileReading,
  ReadField,
} from '@model-platform/plugin-model-platform-common';
import { ByteSource } from '../ByteSource';
import { readZipEntry } from '../zipFiles';
import { importsOfSchema } from './importsOfSchema';

const SCHEMA = 'schema.json';
const MAX_SCHEMA_BYTES = 32 * 1024 * 1024;
const MAX_NAMES = 10_000;
const MAX_DEPTH = 12;

/**
 * The columns that an estimator kept with skops was fitted with, as its
 * schema has them (https://skops.readthedocs.io); the file says nothing of
 * their types, nor of what comes out.
 *
 * @throws Error where the file is no such archive.
 */
export async function readSkops(
  file: ByteSource,
): Promise<Omit<FileReading, 'path' | 'format'>> {
  const bytes = await readZipEntry(file, SCHEMA, MAX_SCHEMA_BYTES);
  if (!bytes) throw new Error(`it has no ${SCHEMA}`);
  const schema: unknown = JSON.parse(bytes.toString('utf8'));
  if (!isObject(schema) || typeof schema.__class__ !== 'string') {
    throw new Error(`its ${SCHEMA} describes no object`);
  }
  return {
    inputs: columnsOf(schema),
    imports: importsOfSchema(schema),
    metadata: {
      class: `${String(schema.__module__)}.${schema.__class__}`,
      skops: schema._skops_version,
    },
  };
}

/** The outermost estimator that was fitted with named columns speaks for all. */
function columnsOf(schema: unknown): ReadField[] | undefined {
  let level: unknown[] = [schema];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    for (const node of level) {
      const names = isObject(node)
        ? namesIn(node.feature_names_in_)
        : undefined;
      if (names) return names.map(name => ({ name }));
    }
    level = level.flatMap(node =>
      typeof node === 'object' && node !== null ? Object.values(node) : [],
    );
  }
  return undefined;
}

function namesIn(node: unknown): string[] | undefined {
  if (!isObject(node) || !Array.isArray(node.content)) return undefined;
  if (node.content.length === 0 || node.content.length > MAX_NAMES)
    return undefined;
  const names = node.content.map(one =>
    isObject(one) && typeof one.content === 'string'
      ? (JSON.parse(one.content) as unknown)
      : undefined,
  );
  return names.every((name): name is string => typeof name === 'string')
    ? names
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
