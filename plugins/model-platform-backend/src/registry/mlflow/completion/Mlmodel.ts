import { InputError } from '@backstage/errors';
import {
  FileReading,
  ReadField,
  Signature,
  SignatureField,
} from '@model-platform/plugin-model-platform-common';
import { isObject } from './metadataOfTags';

/** What the file `MLmodel` of an MLflow model says that a version needs. */
export interface Mlmodel {
  flavor: string;
  runtime: 'node' | 'python';
  signature?: Signature;
  metadata: Record<string, unknown>;
  /** Name of the file with an input, where it is a table with columns. */
  exampleFile?: string;
}

/** Flavors of MLflow that another runtime than Python's serves. */
const nodeFlavors = ['onnx'];

/** Throws `InputError` where it could not be read. */
export function toMlmodel(
  reading: Omit<FileReading, 'path' | 'format'>,
): Mlmodel {
  if (reading.problem !== undefined) {
    throw new InputError(`The file MLmodel cannot be read: ${reading.problem}`);
  }
  const own = reading.flavors?.find(name => name !== 'python_function');
  const flavor = own ?? 'pyfunc';
  return {
    flavor,
    runtime: nodeFlavors.includes(flavor) ? 'node' : 'python',
    signature: signatureOf(reading),
    metadata: reading.metadata ?? {},
    exampleFile: reading.exampleFile,
  };
}

/** First row of an input example in pandas' orientation `split`. */
export function readExample(text: string): Record<string, unknown> | undefined {
  const content: unknown = JSON.parse(text);
  if (!isObject(content)) return undefined;
  const { columns, data } = content;
  if (!Array.isArray(columns) || !Array.isArray(data)) return undefined;
  const [row] = data;
  return Array.isArray(row)
    ? Object.fromEntries(columns.map((name, at) => [String(name), row[at]]))
    : undefined;
}

function signatureOf({
  inputs = [],
  outputs = [],
}: Pick<FileReading, 'inputs' | 'outputs'>): Signature | undefined {
  return inputs.length > 0 && outputs.length > 0
    ? {
        inputs: toFields(inputs, 'input'),
        outputs: toFields(outputs, 'prediction'),
      }
    : undefined;
}

/** MLflow lets columns be without names, and has types that are told as text. */
function toFields(fields: ReadField[], fallback: string): SignatureField[] {
  return fields.map(({ name, type = 'string', shape, optional }, index) => ({
    name: name ?? (fields.length === 1 ? fallback : `${fallback}_${index}`),
    type,
    ...(shape ? { shape } : {}),
    ...(optional ? { optional } : {}),
  }));
}
