import { WireSignature, WireSignatureField } from '@model-platform/model-wire';
import { Row } from './flavors/Flavor';
import { FieldError, RequestError } from './RequestError';
import { typeOf } from './typeOf';

const MAX_ROWS = 1_000;
const MAX_FIELDS_TOLD = 50;

type Check = (value: unknown, path: string, errors: FieldError[]) => void;

function fitsType(type: WireSignatureField['type'], value: unknown): boolean {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value);
    case 'number':
      return Number.isFinite(value);
    case 'object':
      return typeOf(value) === 'object';
    default:
      return typeof value === type;
  }
}

function scalarCheck(field: WireSignatureField): Check {
  const { type, minimum, maximum } = field;
  const allowed = field.enum && new Set<unknown>(field.enum);
  const expected = /^[io]/.test(type) ? `an ${type}` : `a ${type}`;
  return (value, path, errors) => {
    if (!fitsType(type, value)) {
      errors.push({
        path,
        message: `must be ${expected}, not ${typeOf(value)}`,
      });
    } else if (allowed && !allowed.has(value)) {
      errors.push({
        path,
        message: `must be one of ${[...allowed].join(', ')}`,
      });
    } else if (minimum !== undefined && (value as number) < minimum) {
      errors.push({ path, message: `must be at least ${minimum}` });
    } else if (maximum !== undefined && (value as number) > maximum) {
      errors.push({ path, message: `must be at most ${maximum}` });
    }
  };
}

function shapedCheck(
  field: WireSignatureField,
  shape: number[],
  scalar: Check,
): Check {
  const [size, ...rest] = shape;
  const inner = rest.length > 0 ? shapedCheck(field, rest, scalar) : scalar;
  return (value, path, errors) => {
    if (!Array.isArray(value)) {
      errors.push({
        path,
        message: `must be an array of shape [${shape}], not ${typeOf(value)}`,
      });
    } else if (size !== -1 && value.length !== size) {
      errors.push({
        path,
        message: `must have ${size} elements, not ${value.length}`,
      });
    } else {
      for (
        let index = 0;
        index < value.length && errors.length < MAX_FIELDS_TOLD;
        index += 1
      ) {
        inner(value[index], `${path}[${index}]`, errors);
      }
    }
  };
}

/**
 * Compiles the signature once into a reader of `inputs`: one line or a small
 * batch of at most 1,000. Throws {@link RequestError} 400 that names every
 * wrong field, with what was expected and what type was given.
 */
export function createInputReader(signature: WireSignature) {
  const fields = signature.inputs.map(field => {
    const scalar = scalarCheck(field);
    return {
      ...field,
      check: field.shape ? shapedCheck(field, field.shape, scalar) : scalar,
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
    for (const { name, optional, default: fallback, check } of fields) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined || (value === null && optional)) {
        if (fallback !== undefined) row[name] = fallback;
        else if (optional) row[name] = null;
        else errors.push({ path: `${path}.${name}`, message: 'is missing' });
      } else {
        check(value, `${path}.${name}`, errors);
        row[name] = value;
      }
    }
    for (const name of Object.keys(values)) {
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
