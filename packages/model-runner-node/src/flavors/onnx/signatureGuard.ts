import { RunnerManifest, WireSignatureField } from '@model-platform/model-wire';
import { InferenceSession } from 'onnxruntime-node';
import { fieldReader } from '../../fieldReader';
import { FieldError, RequestError } from '../../RequestError';
import { textOf } from '../../textOf';
import { OipTensor } from '../Flavor';

type TensorMetadata = InferenceSession.TensorValueMetadata;

/** Whether the signature says more of a field than a tensor's datatype does. */
const saysMore = ({
  type,
  minimum,
  maximum,
  enum: allowed,
}: WireSignatureField) =>
  minimum !== undefined ||
  maximum !== undefined ||
  allowed !== undefined ||
  type === 'date' ||
  type === 'datetime';

/** Of single values; that they are whole says the tensor's datatype, beyond what JSON carries too. */
const readerOf = ({ type, ...field }: WireSignatureField) =>
  fieldReader({
    ...field,
    type: type === 'integer' ? 'number' : type,
    shape: undefined,
  });

function plainOf(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return Buffer.isBuffer(value) ? textOf(value) : value;
}

/**
 * Refuses tensors that the simple API would not take, by the bounds of the
 * signature. Made once: a field is a tensor of its name, else a column of the
 * only one.
 */
export function signatureGuard(
  { signature: { inputs: fields } }: RunnerManifest,
  inputs: TensorMetadata[],
): (tensor: OipTensor) => void {
  const byName = new Map(fields.map(field => [field.name, field]));
  const isByName = inputs.every(({ name }) => byName.has(name));
  const columnsOf = (name: string) => (isByName ? [byName.get(name)!] : fields);
  const columns = new Map(
    inputs.map(({ name }) => [
      name,
      columnsOf(name).map(field => ({
        field,
        read: saysMore(field) ? readerOf(field) : undefined,
      })),
    ]),
  );

  return ({ name, datatype, data }) => {
    const all = columns.get(name) ?? [];
    // JSON carries no others.
    const isBinaryFloat = datatype.startsWith('FP') && ArrayBuffer.isView(data);
    for (const [column, { field, read }] of all.entries()) {
      if (!read && !isBinaryFloat) continue;
      for (let index = column; index < data.length; index += all.length) {
        const value = plainOf(data[index]);
        const isMissing = Number.isNaN(value) && field.optional;
        if (isBinaryFloat && !isMissing && !Number.isFinite(value))
          refuse(name, index, field, 'must be a finite number');
        if (!read || isMissing) continue;
        const errors: FieldError[] = [];
        read(value, '', errors);
        if (errors.length > 0) refuse(name, index, field, errors[0].message);
      }
    }
  };
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
