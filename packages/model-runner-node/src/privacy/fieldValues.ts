import { OipTensor, Row } from '../flavors/Flavor';
import { FieldValue } from './ValueFilter';

/** Names of an object's members are values too: the caller chose them. */
function* scalarsOf(value: unknown): Iterable<unknown> {
  if (Array.isArray(value)) {
    for (const item of value) yield* scalarsOf(item);
  } else if (value instanceof Uint8Array) {
    yield value;
  } else if (ArrayBuffer.isView(value)) {
    yield* value as unknown as Iterable<unknown>;
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, member] of Object.entries(value)) {
      yield name;
      yield* scalarsOf(member);
    }
  } else {
    yield value;
  }
}

/** Paths end at the signature's fields: what is within may be named by the caller. */
export function* valuesOfRows(rows: Row[]): Iterable<FieldValue> {
  for (const [index, row] of rows.entries()) {
    const at = rows.length === 1 ? 'inputs' : `inputs[${index}]`;
    for (const [field, given] of Object.entries(row))
      for (const value of scalarsOf(given))
        yield { field, path: `${at}.${field}`, value };
  }
}

export function* valuesOfTensors(tensors: OipTensor[]): Iterable<FieldValue> {
  for (const { name, data } of tensors) {
    const path = `inputs.${name}`;
    if (data instanceof Uint8Array) {
      for (const value of data) yield { field: name, path, value };
    } else {
      for (const value of scalarsOf(data)) yield { field: name, path, value };
    }
  }
}
