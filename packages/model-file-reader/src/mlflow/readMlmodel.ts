import {
  FileReading,
  ReadField,
  SignatureType,
} from '@model-platform/plugin-model-platform-common';
import { parse } from 'yaml';
import { ByteSource } from '../ByteSource';
import { evaluationOf } from '../evaluationOf';

const MAX_BYTES = 4 * 1024 * 1024;
const MAX_FIELDS = 10_000;
const MAX_FLAVORS = 100;

/** https://mlflow.org/docs/latest/ml/model/signatures */
const columnTypes: Record<string, SignatureType> = {
  boolean: 'boolean',
  integer: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  string: 'string',
  datetime: 'datetime',
  binary: 'bytes',
};

/**
 * Signature, run and metadata of an MLflow model, as its `MLmodel` has them.
 * Metrics are the numbers under `metadata.evaluation`.
 *
 * @throws Error where the file is no such descriptor.
 */
export async function readMlmodel(
  file: ByteSource,
): Promise<Omit<FileReading, 'path' | 'format'>> {
  if (file.sizeBytes > MAX_BYTES) {
    throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  }
  const text = Buffer.from(await file.read(0, file.sizeBytes)).toString('utf8');
  const document: unknown = parse(text, {
    maxAliasCount: 100,
    // It compares each key with all before it.
    uniqueKeys: false,
  });
  if (!isObject(document) || !isObject(document.flavors)) {
    throw new Error('it is no MLmodel: it names no flavors');
  }
  const signature = isObject(document.signature) ? document.signature : {};
  const metadata = isObject(document.metadata) ? document.metadata : undefined;
  return {
    inputs: fieldsOf(signature.inputs),
    outputs: fieldsOf(signature.outputs),
    evaluation: evaluationOf(metadata?.evaluation),
    trainingRun:
      typeof document.run_id === 'string' ? document.run_id : undefined,
    metadata,
    flavors: Object.keys(document.flavors).slice(0, MAX_FLAVORS),
    exampleFile: exampleFileOf(document.saved_input_example_info),
  };
}

/** The file with an input, where it is a table with columns. */
function exampleFileOf(example: unknown): string | undefined {
  return isObject(example) &&
    example.pandas_orient === 'split' &&
    typeof example.artifact_path === 'string'
    ? example.artifact_path
    : undefined;
}

/** A side of the signature is JSON within the YAML. */
function fieldsOf(side: unknown): ReadField[] | undefined {
  if (typeof side !== 'string') return undefined;
  const fields: unknown = JSON.parse(side);
  if (!Array.isArray(fields) || fields.length > MAX_FIELDS) {
    throw new Error('its signature is no list of fields');
  }
  return fields.map(field => (isObject(field) ? toField(field) : {}));
}

function toField(field: Record<string, unknown>): ReadField {
  const name = typeof field.name === 'string' ? { name: field.name } : {};
  if (field.type === 'tensor') return { ...name, ...tensorOf(field) };
  return {
    ...name,
    type:
      typeof field.type === 'string' && Object.hasOwn(columnTypes, field.type)
        ? columnTypes[field.type]
        : undefined,
    optional: field.required === false || field.optional === true || undefined,
  };
}

/** The first dimension of a tensor is the batch. */
function tensorOf(field: Record<string, unknown>): ReadField {
  const spec = field['tensor-spec'];
  if (!isObject(spec) || !Array.isArray(spec.shape)) return {};
  const shape = spec.shape.slice(1).filter(Number.isInteger);
  const isScalar = shape.length === 0 || (shape.length === 1 && shape[0] === 1);
  return {
    type: typeOf(String(spec.dtype)),
    ...(isScalar ? {} : { shape }),
  };
}

function typeOf(dtype: string): SignatureType | undefined {
  if (/^float/.test(dtype)) return 'number';
  if (/^u?int/.test(dtype)) return 'integer';
  if (/^bool/.test(dtype)) return 'boolean';
  return /^(str|<U|object)/.test(dtype) ? 'string' : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
