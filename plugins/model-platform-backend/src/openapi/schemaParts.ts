import { OpenApiObject } from './operation';

export const text = { type: 'string' };
export const integer = { type: 'integer' };
export const number = { type: 'number' };
export const flag = { type: 'boolean' };
export const time = { type: 'string', format: 'date-time' };
export const anything = {};
export const free = { type: 'object', additionalProperties: true };
export const listOf = (items: OpenApiObject) => ({ type: 'array', items });
export const oneOf = (...values: string[]) => ({ enum: values });

/** An object; a name with `?` behind it may be absent. */
export function object(fields: Record<string, OpenApiObject>): OpenApiObject {
  const names = Object.keys(fields);
  return {
    type: 'object',
    required: names.filter(name => !name.endsWith('?')),
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, schema]) => [
        name.replace(/\?$/, ''),
        schema,
      ]),
    ),
  };
}
