import { FileReading, ReadField, Signature, SignatureField } from './types';

/** What a file says as a signature; `undefined` where it does not say every name and type. @public */
export function signatureOf(
  reading: Pick<FileReading, 'inputs' | 'outputs'>,
): Signature | undefined {
  const inputs = toFields(reading.inputs);
  const outputs = toFields(reading.outputs);
  return inputs && outputs ? { inputs, outputs } : undefined;
}

function toFields(
  fields: ReadField[] | undefined,
): SignatureField[] | undefined {
  const found: SignatureField[] = [];
  for (const { name, type, shape, optional } of fields ?? []) {
    // One without a name is the only one.
    if (!type || (name === undefined && fields?.length !== 1)) return undefined;
    found.push({
      name: name ?? 'prediction',
      type,
      ...(shape ? { shape } : {}),
      ...(optional ? { optional } : {}),
    });
  }
  return found.length > 0 ? found : undefined;
}
