import { readFileSync } from 'node:fs';
import { Config } from '@backstage/config';
import { InputError } from '@backstage/errors';
import { toSystemName } from '@model-platform/plugin-model-platform-common';
import { parse } from 'yaml';
import { JsonSchema } from './MetadataSchema';

/** A schema of the configuration. */
export interface SchemaEntry {
  /** `*`: every type; only of those that extend. */
  type: string;
  name: string;
  version: string;
  /** Names of systems; all where absent. */
  systems?: string[];
  mode: 'replace' | 'extend';
  schema: JsonSchema;
}

const MODES = ['replace', 'extend'] as const;

/** Reads `modelPlatform.metadataSchemas`. Throws `InputError` that names the place of what is wrong. */
export function readSchemaEntries(config: Config): SchemaEntry[] {
  const entries =
    config.getOptionalConfigArray('modelPlatform.metadataSchemas') ?? [];
  return entries.map((entry, index) => {
    const place = `modelPlatform.metadataSchemas[${index}]`;
    const file = entry.getOptionalString('file');
    const schema: unknown = file
      ? readFile(file, place)
      : entry.getOptional('schema');
    if (
      typeof schema !== 'object' ||
      schema === null ||
      Array.isArray(schema)
    ) {
      throw new InputError(`${place} has no schema, and no file with one`);
    }
    const given = entry.getOptionalString('mode') ?? 'replace';
    const mode = MODES.find(one => one === given);
    if (!mode) {
      throw new InputError(
        `${place}.mode is '${given}'; it must be one of ${MODES.join(', ')}`,
      );
    }
    const type = entry.getString('type');
    if (type === '*' && mode !== 'extend') {
      throw new InputError(
        `${place}.type is '*', which only a schema with mode: extend may say`,
      );
    }
    return {
      type,
      version: entry.getOptionalString('version') ?? '1',
      name: entry.getOptionalString('name') ?? `metadataSchemas[${index}]`,
      systems: entry.getOptionalStringArray('systems')?.map(toSystemName),
      mode,
      schema: schema as JsonSchema,
    };
  });
}

function readFile(file: string, place: string): unknown {
  try {
    return parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new InputError(`${place}.file cannot be read`, error);
  }
}
