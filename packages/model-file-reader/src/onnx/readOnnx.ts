import {
  FileReading,
  ReadField,
  SignatureType,
} from '@model-platform/plugin-model-platform-common';
import { ByteSource } from '../ByteSource';
import { evaluationOf } from '../evaluationOf';
import { ProtobufField, ProtobufReader } from './ProtobufReader';

// Numbers of fields, from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const MODEL_GRAPH = 7;
const MODEL_METADATA = 14;
const ENTRY_KEY = 1;
const ENTRY_VALUE = 2;
const GRAPH_INITIALIZER = 5;
const GRAPH_INPUT = 11;
const GRAPH_OUTPUT = 12;
const TENSOR_NAME = 8;
const VALUE_NAME = 1;
const VALUE_TYPE = 2;
const TYPE_TENSOR = 1;
const TENSOR_ELEMENT = 1;
const TENSOR_SHAPE = 2;
const SHAPE_DIMENSION = 1;
const DIMENSION_VALUE = 1;

/** More inputs, outputs or entries of metadata than that are no model. */
const MAX_VALUES = 10_000;

const elementTypes: Record<number, SignatureType> = {
  1: 'number', // float
  11: 'number', // double
  2: 'integer', // uint8
  3: 'integer', // int8
  4: 'integer', // uint16
  5: 'integer', // int16
  6: 'integer', // int32
  7: 'integer', // int64
  12: 'integer', // uint32
  13: 'integer', // uint64
  8: 'string',
  9: 'boolean',
};

interface Value {
  name: string;
  element?: number;
  /** -1 is a variable dimension; absent where the model does not say. */
  dimensions?: number[];
}

/**
 * What an ONNX model's graph declares: the first dimension of every tensor is
 * the batch, the rest is the shape of one line's value. Metrics are numbers
 * that its metadata properties have as `evaluation.<name>`.
 *
 * @throws Error where the file is no ONNX model.
 */
export async function readOnnx(
  file: ByteSource,
): Promise<Omit<FileReading, 'path' | 'format'>> {
  const reader = new ProtobufReader(file);
  const inputs: Value[] = [];
  const outputs: Value[] = [];
  const weights = new Set<string>();
  const properties: Record<string, string> = {};
  let graphs = 0;
  for await (const field of reader.fields(0, file.sizeBytes)) {
    if (field.number === MODEL_METADATA) {
      requireFew(Object.keys(properties).length);
      const key = await readText(reader, field, ENTRY_KEY);
      properties[key] = await readText(reader, field, ENTRY_VALUE);
    }
    if (field.number !== MODEL_GRAPH) continue;
    graphs += 1;
    for await (const part of messageOf(reader, field)) {
      requireFew(Math.max(inputs.length, outputs.length));
      if (part.number === GRAPH_INPUT) {
        inputs.push(await readValue(reader, part));
      } else if (part.number === GRAPH_OUTPUT) {
        outputs.push(await readValue(reader, part));
      } else if (part.number === GRAPH_INITIALIZER) {
        weights.add(await readText(reader, part, TENSOR_NAME));
      }
    }
  }
  if (graphs === 0) throw new Error('it has no graph');
  return {
    // Models of older versions list their weights among the inputs.
    inputs: inputs.filter(({ name }) => !weights.has(name)).map(toField),
    outputs: outputs.map(toField),
    evaluation: evaluationOf(
      Object.fromEntries(
        Object.entries(properties).flatMap(([key, value]) =>
          key.startsWith('evaluation.')
            ? [[key.slice('evaluation.'.length), value]]
            : [],
        ),
      ),
    ),
    metadata: Object.keys(properties).length > 0 ? properties : undefined,
  };
}

function requireFew(count: number) {
  if (count >= MAX_VALUES) {
    throw new Error(`it declares more than ${MAX_VALUES} values`);
  }
}

function toField({ name, element, dimensions }: Value): ReadField {
  const type = element === undefined ? undefined : elementTypes[element];
  if (!type || !dimensions?.length) return { name };
  const [batch, ...rest] = dimensions;
  // More than one line at once, and no other number: not to be called with one.
  if (batch > 1) return { name };
  const isScalar = rest.length === 0 || (rest.length === 1 && rest[0] === 1);
  return { name, type, ...(isScalar ? {} : { shape: rest }) };
}

async function readValue(
  reader: ProtobufReader,
  message: ProtobufField,
): Promise<Value> {
  const value: Value = { name: await readText(reader, message, VALUE_NAME) };
  for await (const field of messageOf(reader, message)) {
    if (field.number !== VALUE_TYPE) continue;
    for await (const type of messageOf(reader, field)) {
      if (type.number !== TYPE_TENSOR) continue;
      for await (const part of messageOf(reader, type)) {
        if (part.number === TENSOR_ELEMENT) value.element = part.value;
        if (part.number === TENSOR_SHAPE) {
          value.dimensions = await readDimensions(reader, part);
        }
      }
    }
  }
  return value;
}

async function readDimensions(
  reader: ProtobufReader,
  shape: ProtobufField,
): Promise<number[]> {
  const dimensions: number[] = [];
  for await (const dimension of messageOf(reader, shape)) {
    if (dimension.number !== SHAPE_DIMENSION) continue;
    let size = -1;
    for await (const part of messageOf(reader, dimension)) {
      if (part.number === DIMENSION_VALUE && part.value) size = part.value;
    }
    dimensions.push(size);
  }
  return dimensions;
}

async function readText(
  reader: ProtobufReader,
  message: ProtobufField,
  number: number,
): Promise<string> {
  for await (const field of messageOf(reader, message)) {
    if (field.number === number) return await reader.text(field);
  }
  return '';
}

function messageOf(
  reader: ProtobufReader,
  { start, length }: ProtobufField,
): AsyncGenerator<ProtobufField> {
  return reader.fields(start, start + length);
}
