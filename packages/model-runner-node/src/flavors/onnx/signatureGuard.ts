import { RunnerManifest, WireSignatureField } from '@model-platform/model-wire';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { MAX_ROWS } from '../../createInputReader';
import { FieldReader, fieldReader } from '../../fieldReader';
import { FieldError, RequestError } from '../../RequestError';
import { textOf } from '../../textOf';
import { OipTensor } from '../Flavor';
import { isFloat } from './onnxTypes';
import { requireShape } from './requireShape';

type TensorMetadata = InferenceSession.TensorValueMetadata;

/** Whether the signature says more of a field than the type of the model's tensor does. */
const saysMore = (
  { type, minimum, maximum, enum: allowed }: WireSignatureField,
  tensor: Tensor.Type,
) =>
  minimum !== undefined ||
  maximum !== undefined ||
  allowed !== undefined ||
  type === 'date' ||
  type === 'datetime' ||
  (type === 'integer' && isFloat(tensor)) ||
  (type === 'boolean' && tensor !== 'bool');

/** Of single values; that they are whole says a tensor of whole numbers by itself, beyond what JSON carries too. */
function readerOf(
  { type, ...field }: WireSignatureField,
  tensor: Tensor.Type,
): FieldReader {
  const isTold = type === 'integer' && !isFloat(tensor);
  const read = fieldReader({
    ...field,
    type: isTold ? 'number' : type,
    shape: undefined,
  });
  if (type !== 'boolean') return read;
  return (value, path, errors) => {
    if (value === 0 || value === 1 || typeof value === 'boolean')
      return read(Boolean(value), path, errors);
    errors.push({ path, message: 'must be 0 or 1' });
    return value;
  };
}

function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return Buffer.isBuffer(value) ? textOf(value) : value;
}

/** Of a row, as the signature has it; undefined where it leaves that to the model. */
function rowShapeOf(
  fields: WireSignatureField[],
  isByName: boolean,
  rank: number,
): number[] | undefined {
  // One value alone, which is no row.
  if (rank === 0) return undefined;
  if (!isByName) return [fields.length];
  const [{ type, shape }] = fields;
  if (type === 'bytes' || type === 'object') return undefined;
  return shape ?? new Array(rank - 1).fill(1);
}

/**
 * Refuses tensors that the simple API would not take, by the shapes and bounds
 * of the signature, and answers them with defaults for what is missing. Made
 * once: a field is a tensor of its name, else a column of the only one.
 */
export function signatureGuard(
  { signature: { inputs: fields } }: RunnerManifest,
  inputs: TensorMetadata[],
): (tensor: OipTensor) => OipTensor {
  const byName = new Map(fields.map(field => [field.name, field]));
  const isByName = inputs.every(({ name }) => byName.has(name));
  const columnsOf = (name: string) => (isByName ? [byName.get(name)!] : fields);
  const columns = new Map(
    inputs.map(({ name, type, shape }) => [
      name,
      {
        rowShape: rowShapeOf(columnsOf(name), isByName, shape.length),
        all: columnsOf(name).map(field => ({
          field,
          read: saysMore(field, type) ? readerOf(field, type) : undefined,
        })),
      },
    ]),
  );

  return tensor => {
    const { name, datatype, shape, data: given } = tensor;
    const { rowShape, all } = columns.get(name)!;
    if (rowShape) requireShape(name, shape, [-1, ...rowShape]);
    if (shape.length > 0) requireRows(shape[0]);
    let data = given;
    // JSON carries no others.
    const isBinaryFloat =
      datatype.startsWith('FP') && ArrayBuffer.isView(given);
    for (const [column, { field, read }] of all.entries()) {
      if (!read && !isBinaryFloat) continue;
      for (let index = column; index < given.length; index += all.length) {
        const value = plainOf(given[index]);
        const isMissing = Number.isNaN(value) && field.optional && !field.shape;
        if (isMissing && field.default !== undefined) {
          if (data === given) data = Array.from(given);
          (data as unknown[])[index] = field.default;
        }
        if (isBinaryFloat && !isMissing && !Number.isFinite(value))
          refuse(name, index, field, 'must be a finite number');
        if (!read || isMissing) continue;
        const errors: FieldError[] = [];
        read(value, '', errors);
        if (errors.length > 0) refuse(name, index, field, errors[0].message);
      }
    }
    return { ...tensor, data };
  };
}

/** @throws RequestError 400 where they are more than one call may have */
export function requireRows(rows: number) {
  if (rows > MAX_ROWS)
    throw new RequestError(
      400,
      `A batch has at most ${MAX_ROWS} lines, not ${rows}.`,
    );
}

function refuse(
  tensor: string,
  index: number,
  { name }: WireSignatureField,
  message: string,
): never {
  throw new RequestError(
    400,
    `Input '${tensor}' does not fit the signature: data[${index}], which is ${name}, ${message}.`,
  );
}
