import { createHash } from 'node:crypto';
import { Config } from '@backstage/config';
import { NotFoundError } from '@backstage/errors';
import {
  FieldProblem,
  MetadataSchemaRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { canonicalJson } from '../../canonicalJson';
import {
  defaultMetadataSchema,
  defaultModelTypes,
  defaultSchemaVersion,
} from './defaultMetadataSchema';
import {
  JsonSchema,
  MetadataSchema,
  PLATFORM,
  SchemaPart,
} from './MetadataSchema';
import { readSchemaEntries, SchemaEntry } from './readSchemaEntries';
import { HasEntity, SchemaValidator } from './SchemaValidator';

type Configured = Omit<SchemaEntry, 'schema' | 'name' | 'version'> & {
  part: SchemaPart;
};

/**
 * What metadata must say, by type of model. Configuration may replace the
 * platform's schema for all systems or some, extend what is in force, and add
 * types. What extends holds beside the rest, so it can only ask for more.
 */
export class MetadataSchemas {
  /** Throws `InputError` that names the place of a schema that is none. */
  static fromConfig(config: Config): MetadataSchemas {
    return new MetadataSchemas(
      readSchemaEntries(config),
      config.getOptionalStringArray('modelPlatform.modelTypes') ?? [],
    );
  }

  private readonly validator = new SchemaValidator();
  private readonly configured: Configured[];
  private readonly defaults: Map<string, SchemaPart>;
  private readonly inForce = new Map<string, MetadataSchema>();

  constructor(entries: SchemaEntry[] = [], moreTypes: string[] = []) {
    this.configured = entries.map(({ schema, name, version, ...entry }) => ({
      ...entry,
      part: toPart(name, version, schema),
    }));
    this.defaults = new Map(
      [...defaultModelTypes, ...moreTypes].map(type => [
        type,
        toPart(PLATFORM, defaultSchemaVersion, defaultMetadataSchema(type)),
      ]),
    );
    for (const part of [
      ...this.configured.map(one => one.part),
      ...this.defaults.values(),
    ]) {
      this.validator.add(part);
    }
  }

  types(): string[] {
    return [
      ...new Set([
        ...this.defaults.keys(),
        ...this.configured
          .filter(({ mode }) => mode === 'replace')
          .map(({ type }) => type),
      ]),
    ];
  }

  /**
   * The system's own schema, else the one for all systems, else the platform's,
   * with all that extend it there. Throws `NotFoundError`.
   */
  get(type: string, system?: string): MetadataSchema {
    const place = system === undefined ? undefined : toSystemName(system);
    const key = JSON.stringify([type, place]);
    let found = this.inForce.get(key);
    if (!found) {
      found = this.combine(type, place);
      // Systems are anybody's word; those that configuration names are few.
      if (this.inForce.size > 10_000) this.inForce.clear();
      this.inForce.set(key, found);
    }
    return found;
  }

  /** What a version remembers of the schemas that it satisfied. */
  refsOf(type: string, system: string): MetadataSchemaRef[] {
    return this.get(type, system).parts.map(({ name, version, digest }) => ({
      name,
      version,
      digest,
    }));
  }

  /** Every broken rule. */
  async check(
    type: string,
    system: string | undefined,
    metadata: unknown,
    hasEntity: HasEntity,
  ): Promise<FieldProblem[]> {
    return await this.validator.check(
      this.get(type, system).parts,
      metadata,
      hasEntity,
    );
  }

  private combine(type: string, system: string | undefined): MetadataSchema {
    const isHere = ({ systems }: Configured) =>
      !systems || (system !== undefined && systems.includes(system));
    const replacing = this.configured.filter(
      one => one.mode === 'replace' && one.type === type,
    );
    const base =
      replacing.find(one => one.systems && isHere(one))?.part ??
      replacing.find(one => !one.systems)?.part ??
      this.defaults.get(type);
    if (!base) {
      throw new NotFoundError(
        `There is no type of model '${type}'; there are: ${this.types().join(
          ', ',
        )}`,
      );
    }
    const parts = [
      base,
      ...this.configured
        .filter(
          one =>
            one.mode === 'extend' &&
            (one.type === type || one.type === '*') &&
            isHere(one),
        )
        .map(({ part }) => part),
    ];
    return {
      type,
      parts,
      schema: merge(type, parts),
      digest: digestOf(parts.map(({ digest }) => digest)),
    };
  }
}

function merge(type: string, parts: SchemaPart[]): JsonSchema {
  return parts.length === 1
    ? parts[0].schema
    : {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        title: `Metadata of a model of type ${type}`,
        // Each a resource of its own, so that its references mean itself.
        allOf: parts.map(({ digest, schema }) => ({
          $id: `urn:metadata-schema:${digest}`,
          ...schema,
        })),
      };
}

function toPart(name: string, version: string, schema: JsonSchema): SchemaPart {
  return { name, version, digest: digestOf(schema), schema };
}

function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256')
    .update(canonicalJson(value))
    .digest('hex')}`;
}
