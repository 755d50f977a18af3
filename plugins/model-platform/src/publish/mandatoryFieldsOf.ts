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
  allOf?: SchemaNode[];
}

/** Fields of a JSON Schema, those of nested objects by path; a field that one of its parts asks for is mandatory. */
export function mandatoryFieldsOf(
  schema: Record<string, unknown>,
): MetadataField[] {
  const found = new Map<string, MetadataField>();
  for (const part of partsOf(schema as SchemaNode)) {
    for (const field of fieldsOf(part, '', true)) {
      const known = found.get(field.path);
      found.set(field.path, {
        ...field,
        ...withoutGaps(known ?? {}),
        isRequired: field.isRequired || Boolean(known?.isRequired),
      });
    }
  }
  return [...found.values()];
}

function partsOf(schema: SchemaNode): SchemaNode[] {
  const { allOf = [], ...own } = schema;
  return [own, ...allOf.flatMap(partsOf)];
}

function withoutGaps(field: Partial<MetadataField>): Partial<MetadataField> {
  return Object.fromEntries(
    Object.entries(field).filter(([, value]) => value !== undefined),
  );
}

function fieldsOf(
  node: SchemaNode,
  prefix: string,
  isWanted: boolean,
): MetadataField[] {
  const properties = { ...node.properties };
  // What is asked for and described elsewhere, or nowhere.
  for (const name of node.required ?? []) properties[name] ??= {};
  return Object.entries(properties).flatMap(([name, field]) => {
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
