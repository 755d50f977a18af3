import { WireSignature, WireSignatureField } from '@model-platform/model-wire';
import { createInputReader, MAX_ROWS } from '../createInputReader';
import { isTakenFor } from '../openInference/datatypes';
import { flatten, nest, shapeOf } from '../openInference/nesting';
import { parseText } from '../parseText';
import { RequestError } from '../RequestError';
import { textOf } from '../textOf';
import { createAnswerCheck } from './createAnswerCheck';
import { LoadedModel, OipTensor, OipTensorMetadata, Row } from './Flavor';

/**
 * Datatype of a field of the signature, as the protocol names it; objects go
 * as JSON text, dates as they are written, bytes in JSON as base64.
 */
const datatypes: Record<WireSignatureField['type'], string> = {
  number: 'FP64',
  integer: 'INT64',
  boolean: 'BOOL',
  string: 'BYTES',
  date: 'BYTES',
  datetime: 'BYTES',
  bytes: 'BYTES',
  object: 'BYTES',
};

/** Of a field, as the protocol's metadata say it. */
export const toMetadata = ({
  name,
  type,
  shape,
}: WireSignatureField): OipTensorMetadata => ({
  name,
  datatype: datatypes[type],
  shape: [-1, ...(shape ?? [1])],
});

/**
 * The Open Inference Protocol for models that have no tensors of their own:
 * one tensor a field of the signature, its first dimension the rows'.
 *
 * @param isChecked - whether all answers were read by the signature before
 */
export function signatureTensors(
  signature: WireSignature,
  given: LoadedModel['predict'],
  { isChecked = false } = {},
): Pick<LoadedModel, 'inputs' | 'outputs' | 'infer' | 'predict'> {
  const readInputs = createInputReader(signature);
  const check = createAnswerCheck(signature.outputs);
  const predict: typeof given = isChecked
    ? given
    : async (rows, call) => check(await given(rows, call));
  return {
    inputs: signature.inputs.map(toMetadata),
    outputs: signature.outputs.map(toMetadata),
    predict,
    async infer(tensors, call, wanted) {
      const { rows } = readInputs({
        inputs: rowsOf(signature.inputs, tensors),
      });
      const answers = await predict(rows, call);
      return signature.outputs
        .filter(({ name }) => wanted?.includes(name) ?? true)
        .map(field => toTensor(field, answers));
    },
  };
}

function rowsOf(fields: WireSignatureField[], tensors: OipTensor[]): Row[] {
  const counts = new Set(tensors.map(({ shape }) => shape[0] ?? 1));
  const [count] = counts;
  if (counts.size !== 1)
    throw new RequestError(
      400,
      'All inputs must have the same number of rows.',
    );
  if (count === 0) throw new RequestError(400, 'The inputs have no rows.');
  const empty = tensors.find(({ shape }) => shape.slice(1).includes(0));
  if (empty)
    throw new RequestError(400, `Input '${empty.name}' must not be empty.`);
  if (count > MAX_ROWS)
    throw new RequestError(
      400,
      `A batch has at most ${MAX_ROWS} lines, not ${count}.`,
    );
  const rows: Row[] = Array.from({ length: count }, () => ({}));
  for (const { name, datatype, shape, data } of tensors) {
    const field = fields.find(one => one.name === name);
    if (!field) {
      throw new RequestError(
        400,
        `Unknown input: ${name}. The model takes ${fields
          .map(one => one.name)
          .join(', ')}.`,
      );
    }
    if (!isTakenFor(datatype, datatypes[field.type])) {
      throw new RequestError(
        400,
        `Input '${name}' must have datatype ${
          datatypes[field.type]
        }, not ${datatype}.`,
      );
    }
    const size = data.length / count;
    if (!field.shape && size !== 1)
      throw new RequestError(
        400,
        `Input '${name}' must have one value a row, not ${size}.`,
      );
    for (const [index, row] of rows.entries()) {
      const values = Array.from({ length: size }, (_, at) =>
        parsed(field, data[index * size + at]),
      );
      row[name] = field.shape ? nest(values, shape.slice(1)) : values[0];
    }
  }
  return rows;
}

/** A value of a tensor as the signature's reader takes it. */
function parsed(field: WireSignatureField, value: unknown): unknown {
  const { name, type, optional } = field;
  if (typeof value === 'bigint') return Number(value);
  // How binary data write that a number is missing.
  if (Number.isNaN(value) && optional) return null;
  if (type === 'bytes') return value;
  const text = Buffer.isBuffer(value) ? textOf(value) : value;
  if (text === undefined)
    throw new RequestError(400, `Input '${name}' must be UTF-8.`);
  if (type !== 'object') return text;
  try {
    return parseText(String(text));
  } catch {
    throw new RequestError(400, `Input '${name}' must be JSON text.`);
  }
}

/** What a row has of a field, flat: what it lacks is null, as JSON writes numbers that are none. */
export function tensorValuesOf(
  { name, type }: WireSignatureField,
  row: Row,
): unknown[] {
  const flat = flatten(row[name] ?? null);
  return type === 'object' ? flat.map(one => JSON.stringify(one)) : flat;
}

/**
 * Of one line; those that are null are as large as the others.
 *
 * @throws RequestError 400 where lines differ in a dimension that is open
 */
function lineShape(
  { name, shape = [1] }: WireSignatureField,
  rows: Row[],
): number[] {
  if (!shape.includes(-1)) return shape;
  const given = rows.map(row => row[name] ?? null).filter(one => one !== null);
  // One null tells so.
  if (given.length === 0) return shape.map(size => (size === -1 ? 1 : size));
  const [own, ...others] = given.map(value => {
    const found = shapeOf(value);
    // An empty list has nothing within that tells its length.
    return shape.map((size, axis) => (size === -1 ? found[axis] ?? 0 : size));
  });
  if (others.some(one => String(one) !== String(own)))
    throw new RequestError(
      400,
      `output '${name}' has lines of different lengths, which a tensor cannot have; use /predict`,
    );
  return own;
}

function toTensor(field: WireSignatureField, rows: Row[]): OipTensor {
  const { name, type } = field;
  const sizes = lineShape(field, rows);
  const nulls = Array(sizes.reduce((all, size) => all * size, 1)).fill(null);
  return {
    name,
    datatype: datatypes[type],
    shape: [rows.length, ...sizes],
    data: rows.flatMap(row =>
      tensorValuesOf(field, { [name]: row[name] ?? nulls }),
    ),
  };
}
