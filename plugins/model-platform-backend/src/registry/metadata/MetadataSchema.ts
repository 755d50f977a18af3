import { MetadataSchemaRef } from '@model-platform/plugin-model-platform-common';

/** Name of the schemas that come with the platform. */
export const PLATFORM = 'platform';

/** JSON Schema 2020-12. */
export type JsonSchema = Record<string, unknown>;

/** One schema, as it stands in the configuration or comes with the platform. */
export interface SchemaPart extends MetadataSchemaRef {
  schema: JsonSchema;
}

/** What is in force for a type in a system: the base and what extends it. All of it must hold. */
export interface MetadataSchema {
  type: string;
  parts: SchemaPart[];
  /** One JSON Schema that says the same. */
  schema: JsonSchema;
  /** `sha256:<hex>` over all parts: it changes where anything changes. */
  digest: string;
}

/** What refusals name as the source of a rule. */
export function sourceOf(part: MetadataSchemaRef): string {
  return part.name === PLATFORM
    ? PLATFORM
    : `${part.name}, version ${part.version}`;
}
