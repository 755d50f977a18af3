import { open } from 'node:fs/promises';
import {
  Signature,
  SignatureField,
  SignatureType,
} from '@model-platform/plugin-model-platform-common';
import { ProtobufField, ProtobufReader } from './ProtobufReader';

// Numbers of fields, from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const MODEL_GRAPH = 7;
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
 * Signature of an ONNX model, as its graph declares it: the first dimension of
 * every tensor is the batch, the rest is the shape of one line's value.
 *
 * @returns `undefined` where the graph does not say enough: no tensors, no
 *   shapes, element types without a counterpart.
 * @throws Error where the file is no ONNX model.
 */
export async function readOnnxSignature(
  location: string,
): Promise<Signature | undefined> {
  const file = await open(location);
  try {
    const { size } = await file.stat();
    const reader = new ProtobufReader(file);
    const inputs: Value[] = [];
    const outputs: Value[] = [];
    const weights = new Set<string>();
    for await (const field of reader.fields(0, size)) {
      if (field.number !== MODEL_GRAPH) continue;
      for await (const part of messageOf(reader, field)) {
        if (part.number === GRAPH_INPUT) {
          inputs.push(await readValue(reader, part));
        } else if (part.number === GRAPH_OUTPUT) {
          outputs.push(await readValue(reader, part));
        } else if (part.number === GRAPH_INITIALIZER) {
          weights.add(await readText(reader, part, TENSOR_NAME));
        }
      }
    }
    return toSignature(
      // Models of older versions list their weights among the inputs.
      inputs.filter(({ name }) => !weights.has(name)),
      outputs,
    );
  } finally {
    await file.close();
  }
}

function toSignature(inputs: Value[], outputs: Value[]): Signature | undefined {
  const signature: Signature = { inputs: [], outputs: [] };
  for (const side of ['inputs', 'outputs'] as const) {
    for (const value of side === 'inputs' ? inputs : outputs) {
      const field = toField(value);
      if (!field) return undefined;
      signature[side].push(field);
    }
  }
  return signature.inputs.length && signature.outputs.length
    ? signature
    : undefined;
}

function toField({
  name,
  element,
  dimensions,
}: Value): SignatureField | undefined {
  const type = element === undefined ? undefined : elementTypes[element];
  if (!type || !dimensions?.length) return undefined;
  const [batch, ...rest] = dimensions;
  // More than one line at once, and no other number: not to be called with one.
  if (batch > 1) return undefined;
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
