/** One rule of a metadata schema, for people. */
export interface MetadataField {
  /** Path under `metadata`, e.g. `data.personalData`. */
  path: string;
  isRequired: boolean;
  description?: string;
  /** Values it may have, where they are listed. */
  values?: unknown[];
  example?: unknown;
}

interface SchemaNode {
  type?: string;
  description?: string;
  enum?: unknown[];
  examples?: unknown[];
  required?: string[];
  properties?: Record<string, SchemaNode>;
}

/** Fields of a JSON Schema, those of nested objects by path. */
export function mandatoryFieldsOf(
  schema: Record<string, unknown>,
): MetadataField[] {
  return fieldsOf(schema as SchemaNode, '', true);
}

function fieldsOf(
  node: SchemaNode,
  prefix: string,
  isWanted: boolean,
): MetadataField[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const isRequired = isWanted && (node.required ?? []).includes(name);
    if (field.properties) return fieldsOf(field, `${path}.`, isRequired);
    return [
      {
        path,
        isRequired,
        description: field.description,
        values: field.enum,
        example: field.examples?.[0],
      },
    ];
  });
}
