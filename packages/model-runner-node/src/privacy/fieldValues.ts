import { OipTensor, Row } from '../flavors/Flavor';
import { FieldValue } from './ValueFilter';

/** Names of an object's members are values too: the caller chose them. However deep, it needs no stack. */
function* scalarsOf(given: unknown): Iterable<unknown> {
  const left = [given];
  while (left.length > 0) {
    const value = left.pop();
    if (Array.isArray(value)) {
      for (const item of value) left.push(item);
    } else if (value instanceof Uint8Array) {
      yield value;
    } else if (ArrayBuffer.isView(value)) {
      yield* value as unknown as Iterable<unknown>;
    } else if (typeof value === 'object' && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        yield name;
        left.push(member);
      }
    } else {
      yield value;
    }
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
