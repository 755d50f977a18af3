import { readFileSync } from 'node:fs';
import { Config } from '@backstage/config';
import { InputError, NotFoundError, stringifyError } from '@backstage/errors';
import {
  FieldProblem,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import Ajv2020, { ValidateFunction } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';
import {
  defaultMetadataSchema,
  defaultModelTypes,
} from './defaultMetadataSchema';
import { toFieldProblems } from './toFieldProblems';

/** The schema in force for a type in a system. */
export interface MetadataSchema {
  type: string;
  version: string;
  /** JSON Schema 2020-12 of the field `metadata`. */
  schema: Record<string, unknown>;
  /** What problems name as their source: `platform`, or the schema's name. */
  source: string;
}

interface Configured extends MetadataSchema {
  systems?: string[];
}

/**
 * What metadata must say, by type of model; configuration may replace it for
 * all systems or some, and may add types.
 */
export class MetadataSchemas {
  /** Throws `InputError` that names the place of a schema that is none. */
  static fromConfig(config: Config): MetadataSchemas {
    const entries =
      config.getOptionalConfigArray('modelPlatform.metadataSchemas') ?? [];
    const types =
      config.getOptionalStringArray('modelPlatform.modelTypes') ?? [];
    const configured = entries.map((entry, index): Configured => {
      const file = entry.getOptionalString('file');
      const schema = file
        ? parse(readFileSync(file, 'utf8'))
        : entry.getOptional('schema');
      if (
        typeof schema !== 'object' ||
        schema === null ||
        Array.isArray(schema)
      ) {
        throw new InputError(
          `modelPlatform.metadataSchemas[${index}] has no schema, and no file with one`,
        );
      }
      return {
        type: entry.getString('type'),
        version: entry.getOptionalString('version') ?? '1',
        source: entry.getOptionalString('name') ?? `metadataSchemas[${index}]`,
        systems: entry.getOptionalStringArray('systems')?.map(toSystemName),
        schema: schema as Record<string, unknown>,
      };
    });
    return new MetadataSchemas(configured, types);
  }

  private readonly ajv = addFormats(
    new Ajv2020({
      allErrors: true,
      verbose: true,
      strict: false,
      allowUnionTypes: true,
    }),
  );

  private readonly validators = new Map<MetadataSchema, ValidateFunction>();
  private readonly defaults: MetadataSchema[];

  constructor(
    private readonly configured: Configured[] = [],
    moreTypes: string[] = [],
  ) {
    this.defaults = [...defaultModelTypes, ...moreTypes].map(type => ({
      type,
      version: '1',
      schema: defaultMetadataSchema,
      source: 'platform',
    }));
    for (const schema of [...configured, ...this.defaults]) {
      try {
        this.validators.set(schema, this.ajv.compile(schema.schema));
      } catch (error) {
        throw new InputError(
          `The metadata schema ${schema.source} is not valid: ${stringifyError(
            error,
          )}`,
        );
      }
    }
  }

  types(): string[] {
    return [
      ...new Set(
        [...this.defaults, ...this.configured].map(schema => schema.type),
      ),
    ];
  }

  /** The system's own schema, else the one for all systems, else the platform's. Throws `NotFoundError`. */
  get(type: string, system?: string): MetadataSchema {
    const ofType = this.configured.filter(schema => schema.type === type);
    const found =
      ofType.find(
        schema =>
          system !== undefined &&
          schema.systems?.includes(toSystemName(system)),
      ) ??
      ofType.find(schema => !schema.systems) ??
      this.defaults.find(schema => schema.type === type);
    if (!found) {
      throw new NotFoundError(
        `There is no type of model '${type}'; there are: ${this.types().join(
          ', ',
        )}`,
      );
    }
    return found;
  }

  /** Every broken rule. */
  check(
    type: string,
    system: string | undefined,
    metadata: unknown,
  ): FieldProblem[] {
    const schema = this.get(type, system);
    const validate = this.validators.get(schema);
    if (!validate || validate(metadata)) {
      return [];
    }
    return toFieldProblems(validate.errors ?? [], schema.source);
  }
}
