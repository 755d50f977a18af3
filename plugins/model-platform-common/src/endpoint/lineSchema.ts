import {
  base64Pattern,
  datePattern,
  datetimePattern,
} from '../signature/patterns';
import { SignatureField } from '../types';

export type Schema = Record<string, unknown>;

/** What JSON says of values that it writes as text. */
const texts: Partial<Record<SignatureField['type'], Schema>> = {
  date: { format: 'date', pattern: datePattern },
  datetime: { format: 'date-time', pattern: datetimePattern },
  bytes: { contentEncoding: 'base64', pattern: base64Pattern },
};

function scalarSchema(field: SignatureField, nullable: boolean): Schema {
  const text = texts[field.type];
  const type = text ? 'string' : field.type;
  // JSON carries no more whole numbers exactly.
  const minimum =
    field.minimum ?? (type === 'integer' ? Number.MIN_SAFE_INTEGER : undefined);
  const maximum =
    field.maximum ?? (type === 'integer' ? Number.MAX_SAFE_INTEGER : undefined);
  return {
    type: nullable ? [type, 'null'] : type,
    ...text,
    ...(field.enum
      ? { enum: nullable ? [...field.enum, null] : field.enum }
      : {}),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

/** What is `optional` may be null, inputs also left out; numbers of outputs are null where they are not finite. */
function fieldSchema(field: SignatureField, role: 'input' | 'output'): Schema {
  const shape = field.shape ?? [];
  const optional = field.optional === true;
  const inexact = role === 'output' && field.type === 'number';
  const shaped = [...shape].reverse().reduce<Schema>(
    (items, size, index) => ({
      type:
        optional && index === shape.length - 1 ? ['array', 'null'] : 'array',
      items,
      ...(size === -1 ? {} : { minItems: size, maxItems: size }),
    }),
    scalarSchema(field, inexact || (optional && shape.length === 0)),
  );
  const description = [
    field.description?.replace(/([^.!?])$/, '$1.'),
    field.unit && `Unit: ${field.unit}.`,
    inexact && 'Null where it is not a finite number.',
    role === 'output' && optional && 'Null where there is none.',
  ]
    .filter(Boolean)
    .join(' ');
  return {
    ...shaped,
    ...(description ? { description } : {}),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.example === undefined ? {} : { examples: [field.example] }),
    ...(field.unit ? { 'x-unit': field.unit } : {}),
  };
}

/** One line of inputs or outputs, by name. */
export function lineSchema(
  fields: SignatureField[],
  role: 'input' | 'output',
): Schema {
  const required = fields
    .filter(
      field =>
        role === 'output' || (!field.optional && field.default === undefined),
    )
    .map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(field => [field.name, fieldSchema(field, role)]),
    ),
    ...(required.length > 0 ? { required } : {}),
    ...(role === 'input' ? { additionalProperties: false } : {}),
  };
}
