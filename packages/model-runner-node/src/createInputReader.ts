import { WireSignature, WireSignatureField } from '@model-platform/model-wire';
import { FieldReader, fieldReader, MAX_FIELDS_TOLD } from './fieldReader';
import { Row } from './flavors/Flavor';
import { FieldError, RequestError } from './RequestError';
import { typeOf } from './typeOf';

/** Lines of a batch. */
export const MAX_ROWS = 1_000;

/** What stands for an input that is left out; made anew where a model could change it. */
function fallbackOf(
  field: WireSignatureField,
  read: FieldReader,
): (() => unknown) | undefined {
  if (field.default === undefined)
    return field.optional ? () => null : undefined;
  const errors: FieldError[] = [];
  read(field.default, `The default of input '${field.name}'`, errors);
  if (errors.length > 0)
    throw new Error(`${errors[0].path} ${errors[0].message}.`);
  return () => read(structuredClone(field.default), '', []);
}

/** Whether a value is sure to fit as it is; most values of most calls are, and need no reader. */
function plainCheck({
  type,
  shape,
  enum: allowed,
  minimum,
  maximum,
}: WireSignatureField): (value: unknown) => boolean {
  const saysMore = [shape, allowed, minimum, maximum].some(
    said => said !== undefined,
  );
  if (!saysMore && type === 'number') return Number.isFinite;
  if (!saysMore && (type === 'string' || type === 'boolean'))
    return value => typeof value === type;
  return () => false;
}

/**
 * Compiles the signature once into a reader of `inputs`: one line or a small
 * batch of at most 1,000. Throws {@link RequestError} 400 that names every
 * wrong field, with what was expected and what type was given.
 */
export function createInputReader(signature: WireSignature) {
  const fields = signature.inputs.map(field => {
    const read = fieldReader(field);
    return {
      name: field.name,
      optional: field.optional,
      read,
      isPlain: plainCheck(field),
      fallback: fallbackOf(field, read),
    };
  });
  const known = new Set(fields.map(({ name }) => name));

  function readRow(given: unknown, path: string, errors: FieldError[]): Row {
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      errors.push({
        path,
        message: `must be an object with the inputs by name, not ${typeOf(
          given,
        )}`,
      });
      return {};
    }
    const row: Row = {};
    const values = given as Row;
    let found = 0;
    for (const { name, optional, read, isPlain, fallback } of fields) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value !== undefined) found += 1;
      if (isPlain(value)) {
        row[name] = value;
      } else if (value === undefined || (value === null && optional)) {
        if (fallback) row[name] = fallback();
        else errors.push({ path: `${path}.${name}`, message: 'is missing' });
      } else {
        row[name] = read(value, `${path}.${name}`, errors);
      }
    }
    const names = Object.keys(values);
    if (names.length === found) return row;
    for (const name of names) {
      if (errors.length >= MAX_FIELDS_TOLD) break;
      if (!known.has(name))
        errors.push({
          path: `${path}.${name.slice(0, 100)}`,
          message: 'is not an input of this model',
        });
    }
    return row;
  }

  return function readInputs(body: unknown): { rows: Row[]; batch: boolean } {
    if (
      typeof body !== 'object' ||
      body === null ||
      Array.isArray(body) ||
      !('inputs' in body)
    ) {
      throw new RequestError(
        400,
        'The body must be an object {"inputs": {…}} or {"inputs": [{…}, …]}.',
        [{ path: 'inputs', message: 'is missing' }],
      );
    }
    const { inputs } = body;
    const batch = Array.isArray(inputs);
    const errors: FieldError[] = [];
    for (const name of Object.keys(body).slice(0, MAX_FIELDS_TOLD)) {
      if (name !== 'inputs')
        errors.push({
          path: name.slice(0, 100),
          message: 'is not known beside inputs',
        });
    }
    const rows: Row[] = [];
    if (batch) {
      if (inputs.length === 0)
        throw new RequestError(400, 'The batch is empty.', [
          { path: 'inputs', message: 'must have at least one line' },
        ]);
      if (inputs.length > MAX_ROWS) {
        throw new RequestError(
          400,
          `A batch has at most ${MAX_ROWS} lines, not ${inputs.length}.`,
          [{ path: 'inputs', message: `must have at most ${MAX_ROWS} lines` }],
        );
      }
      for (
        let index = 0;
        index < inputs.length && errors.length < MAX_FIELDS_TOLD;
        index += 1
      ) {
        rows.push(readRow(inputs[index], `inputs[${index}]`, errors));
      }
    } else {
      rows.push(readRow(inputs, 'inputs', errors));
    }
    if (errors.length > 0) {
      throw new RequestError(
        400,
        `The inputs do not fit the signature: ${errors[0].path} ${errors[0].message}.`,
        errors,
      );
    }
    return { rows, batch };
  };
}
