import { Entity } from '@backstage/catalog-model';
import { toError } from '@backstage/errors';
import { parseAllDocuments } from 'yaml';
import { requireRepositoryEntity } from './requireRepositoryEntity';

const LARGEST_FILE_BYTES = 1024 * 1024;

/** Entities of a file, and what is wrong with the others. */
export interface ParsedEntityFile {
  entities: Entity[];
  /** Each in words that follow the file's name. */
  problems: string[];
}

/** Reads the entities of a YAML file; a bad document drops only itself. */
export function parseEntityFile(content: Uint8Array): ParsedEntityFile {
  if (content.byteLength > LARGEST_FILE_BYTES) {
    return {
      entities: [],
      problems: [`is larger than ${LARGEST_FILE_BYTES} bytes`],
    };
  }
  const parsed: ParsedEntityFile = { entities: [], problems: [] };
  for (const document of parseAllDocuments(new TextDecoder().decode(content))) {
    if (document.errors.length > 0) {
      parsed.problems.push(firstLine(document.errors[0].message));
      continue;
    }
    try {
      const value: unknown = document.toJS({ maxAliasCount: 100 });
      if (value === null || value === undefined) continue;
      parsed.entities.push(toEntity(value));
    } catch (error) {
      parsed.problems.push(firstLine(toError(error).message));
    }
  }
  return parsed;
}

function toEntity(value: unknown): Entity {
  if (!isObject(value))
    throw new Error(
      'has a document that is no entity: it needs apiVersion, kind, metadata and spec',
    );
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new Error('has a document without apiVersion or kind');
  }
  if (
    !isObject(metadata) ||
    typeof metadata.name !== 'string' ||
    metadata.name === ''
  ) {
    throw new Error(`has a ${kind} without metadata.name`);
  }
  const annotations = metadata.annotations ?? {};
  if (!isObject(annotations))
    throw new Error(
      `has a ${kind} ${metadata.name} whose annotations are no map`,
    );
  requireRepositoryEntity({
    kind,
    metadata: { name: metadata.name, annotations },
  });
  return value as unknown as Entity;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0].replace(/:$/, '');
}
