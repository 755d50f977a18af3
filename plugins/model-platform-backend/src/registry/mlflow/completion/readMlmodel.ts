import {
  Signature,
  SignatureField,
  SignatureType,
} from '@model-platform/plugin-model-platform-common';
import { parse } from 'yaml';
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

const columnTypes: Record<string, SignatureType | undefined> = {
  double: 'number',
  float: 'number',
  long: 'integer',
  integer: 'integer',
  boolean: 'boolean',
};

/** Flavors of MLflow that another runtime than Python's serves. */
const nodeFlavors = ['onnx'];

/** Reads `MLmodel`; only its text is looked at. Throws where it is no YAML. */
export function readMlmodel(text: string): Mlmodel {
  const content: unknown = parse(text, { maxAliasCount: 100 });
  const file = isObject(content) ? content : {};
  const flavors = isObject(file.flavors) ? Object.keys(file.flavors) : [];
  const own = flavors.find(name => name !== 'python_function');
  const flavor = own ?? 'pyfunc';
  const example = file.saved_input_example_info;
  return {
    flavor,
    runtime: nodeFlavors.includes(flavor) ? 'node' : 'python',
    signature: signatureOf(file.signature),
    metadata: isObject(file.metadata) ? file.metadata : {},
    exampleFile:
      isObject(example) &&
      example.pandas_orient === 'split' &&
      typeof example.artifact_path === 'string'
        ? example.artifact_path
        : undefined,
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

function signatureOf(signature: unknown): Signature | undefined {
  if (!isObject(signature)) return undefined;
  const inputs = fieldsOf(signature.inputs, 'input');
  const outputs = fieldsOf(signature.outputs, 'prediction');
  return inputs.length > 0 && outputs.length > 0
    ? { inputs, outputs }
    : undefined;
}

function fieldsOf(side: unknown, fallback: string): SignatureField[] {
  const columns: unknown = typeof side === 'string' ? JSON.parse(side) : side;
  if (!Array.isArray(columns)) return [];
  return columns.filter(isObject).map((column, index): SignatureField => {
    const unnamed =
      columns.length === 1 ? fallback : `${fallback}_${String(index)}`;
    return {
      name: typeof column.name === 'string' ? column.name : unnamed,
      ...typeOf(column),
      ...(column.required === false ? { optional: true } : {}),
    };
  });
}

/** Of a tensor the first dimension counts the rows, so it is not of one row's shape. */
function typeOf(
  column: Record<string, unknown>,
): Pick<SignatureField, 'type' | 'shape'> {
  const tensor = column['tensor-spec'];
  if (!isObject(tensor)) {
    return { type: columnTypes[String(column.type)] ?? 'string' };
  }
  const dtype = String(tensor.dtype);
  const shape = Array.isArray(tensor.shape)
    ? tensor.shape.slice(1).map(Number)
    : [];
  return {
    type: tensorType(dtype),
    ...(shape.length > 0 ? { shape } : {}),
  };
}

function tensorType(dtype: string): SignatureType {
  if (/^u?int/.test(dtype)) return 'integer';
  if (/^float/.test(dtype)) return 'number';
  return /^bool/.test(dtype) ? 'boolean' : 'string';
}
