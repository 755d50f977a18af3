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
const TYPE_SEQUENCE = 4;
const TYPE_MAP = 5;
const TYPE_OPAQUE = 7;
const TYPE_SPARSE_TENSOR = 8;
const TYPE_OPTIONAL = 9;
const SEQUENCE_ELEMENT = 1;
const MAP_VALUE = 2;
const TENSOR_ELEMENT = 1;
const TENSOR_SHAPE = 2;
const SHAPE_DIMENSION = 1;
const DIMENSION_VALUE = 1;

/** More inputs, outputs or entries of metadata than that are no model. */
const MAX_VALUES = 10_000;

const elementTypes: Record<number, SignatureType> = {
  1: 'number', // float
  10: 'number', // float16
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

/** Of tensors of these, nobody says what they are. */
const UNDEFINED_ELEMENT = 0;
const STRING_ELEMENT = 8;

/** What a value is: the types of ONNX that a runner can make of tensors, and all others. */
type Kind = 'tensor' | 'sequence' | 'map' | 'maps' | 'other';

interface Value {
  name: string;
  kind?: Kind;
  /** Of the tensors in it. */
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
    inputs: inputs
      .filter(({ name }) => !weights.has(name))
      .map(toField('inputs')),
    outputs: outputs.map(toField('outputs')),
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

const toField =
  (side: 'inputs' | 'outputs') =>
  (value: Value): ReadField => {
    const { name, kind, element = UNDEFINED_ELEMENT, dimensions } = value;
    const unserved = unservedOf(side, value);
    if (unserved) return { name, unserved };
    if (kind === 'map' || kind === 'maps') return { name, type: 'object' };
    const type = elementTypes[element];
    if (!type || !dimensions?.length) return { name };
    const [batch, ...rest] = dimensions;
    // More than one line at once, and no other number: not to be called with one.
    if (batch > 1) return { name };
    if (kind === 'sequence') return { name, type, shape: [-1, ...rest] };
    const isScalar = rest.length === 0 || (rest.length === 1 && rest[0] === 1);
    return { name, type, ...(isScalar ? {} : { shape: rest }) };
  };

/** Why no runner takes or gives it, and what to do; of what the runtime makes of the types see its `tensorsOnly`. */
function unservedOf(
  side: 'inputs' | 'outputs',
  { kind, element }: Value,
): string | undefined {
  const isServed =
    kind === undefined ||
    ['tensor', 'sequence', side === 'inputs' ? 'map' : 'maps'].includes(kind);
  if (!isServed)
    return 'is neither a tensor nor a sequence or map that can be served: export the model with a tensor instead';
  if (kind === 'map' && element === STRING_ELEMENT)
    return 'is a map to texts, and only maps to numbers are served: export the model with a tensor of its columns instead';
  if (element && !elementTypes[element])
    return 'is of a type of numbers that is not served (complex, bfloat16 or smaller than a byte): convert it in the model';
  return undefined;
}

async function readValue(
  reader: ProtobufReader,
  message: ProtobufField,
): Promise<Value> {
  const value: Value = { name: await readText(reader, message, VALUE_NAME) };
  for await (const field of messageOf(reader, message)) {
    if (field.number === VALUE_TYPE)
      Object.assign(value, await readType(reader, field));
  }
  return value;
}

async function readType(
  reader: ProtobufReader,
  message: ProtobufField,
): Promise<Omit<Value, 'name'>> {
  for await (const type of messageOf(reader, message)) {
    switch (type.number) {
      case TYPE_TENSOR:
        return { kind: 'tensor', ...(await readTensor(reader, type)) };
      case TYPE_SEQUENCE: {
        const { kind, ...of } = await readInner(reader, type, SEQUENCE_ELEMENT);
        if (kind === 'tensor') return { ...of, kind: 'sequence' };
        return { ...of, kind: kind === 'map' ? 'maps' : 'other' };
      }
      case TYPE_MAP: {
        const { kind, ...of } = await readInner(reader, type, MAP_VALUE);
        return { ...of, kind: kind === 'tensor' ? 'map' : 'other' };
      }
      case TYPE_SPARSE_TENSOR:
      case TYPE_OPTIONAL:
      case TYPE_OPAQUE:
        return { kind: 'other' };
      default:
    }
  }
  return {};
}

async function readInner(
  reader: ProtobufReader,
  message: ProtobufField,
  number: number,
): Promise<Omit<Value, 'name'>> {
  for await (const field of messageOf(reader, message)) {
    if (field.number === number) return await readType(reader, field);
  }
  return {};
}

async function readTensor(
  reader: ProtobufReader,
  message: ProtobufField,
): Promise<Pick<Value, 'element' | 'dimensions'>> {
  const tensor: Pick<Value, 'element' | 'dimensions'> = {};
  for await (const part of messageOf(reader, message)) {
    if (part.number === TENSOR_ELEMENT) tensor.element = part.value;
    if (part.number === TENSOR_SHAPE) {
      tensor.dimensions = await readDimensions(reader, part);
    }
  }
  return tensor;
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
