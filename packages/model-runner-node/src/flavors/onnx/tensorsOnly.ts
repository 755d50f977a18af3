import {
  Field,
  integersOf,
  MessageField,
  messageFields,
  messageOf,
  textOf,
} from './messageFields';

// Numbers of fields, from https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
const MODEL = { graph: 7, operatorSet: 8 };
const OPERATOR_SET = { domain: 1, version: 2 };
const GRAPH = { node: 1, input: 11, output: 12 };
const NODE = { input: 1, output: 2, operator: 4, attribute: 5, domain: 7 };
const ATTRIBUTE = { name: 1, integer: 3, integers: 8, texts: 9, type: 20 };
const INTEGER_ATTRIBUTE = 2;
const VALUE = { name: 1, type: 2 };
const TYPE = { tensor: 1, sequence: 4, map: 5 };
const TENSOR = { element: 1, shape: 2 };
const SEQUENCE = { element: 1 };
const MAP = { value: 2 };
const DIMENSION = 1;
const DIMENSION_VALUE = 1;
const FLOAT = 1;
const STRING = 8;

/** The domain of ONNX's own operators, by both of its names. */
const OWN = ['', 'ai.onnx'];
/** Sequences can be made of tensors, and tensors of them, from here on. */
const SEQUENCE_OPERATORS = 11;

/** What of the model is a map or a sequence, and which tensors stand for it. */
export interface TensorsOnly {
  /** The model with tensors alone. */
  model: Uint8Array;
  /** Keys of maps by the name of what goes in or comes out, in the order of the tensor's columns. */
  keys: Map<string, string[]>;
  /** By the names of sequences, the tensors of the model that are theirs. */
  tensors: Map<string, string[]>;
}

interface Graph {
  nodes: Node[];
  inputs: Value[];
  outputs: Value[];
  others: MessageField[];
  operators: number;
}

interface Node {
  raw: Uint8Array;
  operator: string;
  inputs: string[];
  outputs: string[];
  attributes: Map<string, MessageField[]>;
}

interface Value {
  raw: Uint8Array;
  name: string;
  type: MessageField | undefined;
}

/**
 * The same model where maps and sequences come in and go out as tensors, since
 * onnxruntime takes and gives nothing else in Node. Only what stands at the
 * doors is exchanged: `ZipMap`, `DictVectorizer`, `SequenceConstruct`; other
 * sequences are put together and taken apart by operators of ONNX's own.
 *
 * @throws Error, for the model's developer, where that can't be done
 */
export function tensorsOnly(bytes: Uint8Array): TensorsOnly {
  const fields = messageFields(bytes);
  const graph = readGraph(fields);
  const result = {
    keys: new Map<string, string[]>(),
    tensors: new Map<string, string[]>(),
  };
  const inputs = graph.inputs.flatMap(value => {
    const [kind] = kindOf(value);
    if (kind === TYPE.tensor) return [value.raw];
    if (kind === TYPE.map) return [vectorInput(graph, value, result)];
    if (kind === TYPE.sequence) return [stackedInput(graph, value, result)];
    return refuse('Input', value);
  });
  const outputs = graph.outputs.flatMap(value => {
    const [kind, content] = kindOf(value);
    if (kind === TYPE.tensor) return [value.raw];
    if (kind !== TYPE.sequence) return refuse('Output', value);
    const [element] = kindOfType(find(content, SEQUENCE.element));
    if (element === TYPE.map) return [tableOutput(graph, value, result)];
    if (element === TYPE.tensor) return sequenceOutput(graph, value, result);
    return refuse('Output', value);
  });
  const written = messageOf(
    ...graph.nodes.map(({ raw }): Field => [GRAPH.node, raw]),
    ...inputs.map((raw): Field => [GRAPH.input, raw]),
    ...outputs.map((raw): Field => [GRAPH.output, raw]),
    ...graph.others.map(({ number, content }): Field => [number, content]),
  );
  return {
    ...result,
    model: Buffer.concat([
      ...fields
        .filter(({ number }) => number !== MODEL.graph)
        .map(({ raw }) => raw),
      messageOf([MODEL.graph, written]),
    ]),
  };
}

/** Maps of columns' names to their values, one a line: the columns, and a node less that tells their names. */
function tableOutput(
  graph: Graph,
  { name }: Value,
  { keys }: Pick<TensorsOnly, 'keys'>,
): Uint8Array {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(name));
  if (node?.operator !== 'ZipMap')
    throw new Error(
      `Output '${name}' is a sequence of maps that is made by ${
        node?.operator ?? 'nothing'
      }; only ZipMap's can be served. Leave it out of the model.`,
    );
  const labels = labelsOf(node, 'classlabels_strings', 'classlabels_int64s');
  keys.set(name, labels);
  exchange(graph, node, identity(node.inputs[0], name));
  return tensorValue(name, FLOAT, [-1, labels.length]);
}

/** A map of names to numbers becomes the columns that the model would make of it. */
function vectorInput(
  graph: Graph,
  value: Value,
  { keys }: Pick<TensorsOnly, 'keys'>,
): Uint8Array {
  const { name } = value;
  const users = graph.nodes.filter(({ inputs }) => inputs.includes(name));
  const element = elementOf(find(kindOf(value)[1], MAP.value));
  const [node] = users;
  if (
    users.length !== 1 ||
    node.operator !== 'DictVectorizer' ||
    element === STRING
  )
    throw new Error(
      `Input '${name}' is a map; only maps to numbers that go into one DictVectorizer can be served. Give the model a tensor of its columns instead.`,
    );
  const names = labelsOf(node, 'string_vocabulary', 'int64_vocabulary');
  keys.set(name, names);
  exchange(graph, node, identity(name, node.outputs[0]));
  // A map is one line, and who wrote the model may have counted on that.
  return tensorValue(name, element, [1, names.length]);
}

/** Sequences go in as one tensor, in whose second dimension they lie. */
function stackedInput(
  graph: Graph,
  value: Value,
  { tensors }: Pick<TensorsOnly, 'tensors'>,
): Uint8Array {
  const { name } = value;
  const { element, shape } = sequenceOf(value);
  if (!shape?.length)
    throw new Error(
      `Input '${name}' is a sequence of tensors of any shape. Export the model with their shape, lines first.`,
    );
  requireSequences(graph, name);
  const tensor = `${name}:tensor`;
  tensors.set(name, [tensor]);
  graph.nodes.unshift(
    nodeOf('SplitToSequence', tensor, name, { axis: 1, keepdims: 0 }),
  );
  return tensorValue(tensor, element, [shape[0], -1, ...shape.slice(1)]);
}

/** The tensors that a sequence is made of where they are counted, which may be of unlike shapes; else all as one. */
function sequenceOutput(
  graph: Graph,
  value: Value,
  { tensors }: Pick<TensorsOnly, 'tensors'>,
): Uint8Array[] {
  const { name } = value;
  const { element, shape } = sequenceOf(value);
  const node = graph.nodes.find(({ outputs }) => outputs.includes(name));
  if (node?.operator === 'SequenceConstruct' && node.inputs.length > 1) {
    const names = node.inputs.map((_, index) => `${name}[${index}]`);
    tensors.set(name, names);
    graph.nodes.push(
      ...node.inputs.map((input, index) => identity(input, names[index])),
    );
    return names.map(one => tensorValue(one, element, shape));
  }
  requireSequences(graph, name);
  const tensor = `${name}:tensor`;
  tensors.set(name, [tensor]);
  graph.nodes.push(
    nodeOf('ConcatFromSequence', name, tensor, { axis: 1, new_axis: 1 }),
  );
  return [
    tensorValue(
      tensor,
      element,
      shape?.length ? [shape[0], -1, ...shape.slice(1)] : undefined,
    ),
  ];
}

function readGraph(fields: MessageField[]): Graph {
  const graph = fields.find(({ number }) => number === MODEL.graph);
  if (!graph) throw new Error('The .onnx file has no graph.');
  const parts = messageFields(graph.content);
  const of = (wanted: number) =>
    parts.filter(({ number }) => number === wanted);
  const known = Object.values(GRAPH);
  return {
    nodes: of(GRAPH.node).map(readNode),
    inputs: of(GRAPH.input).map(readValue),
    outputs: of(GRAPH.output).map(readValue),
    others: parts.filter(({ number }) => !known.includes(number)),
    operators: operatorsOf(fields),
  };
}

function readNode({ content: raw }: MessageField): Node {
  const fields = messageFields(raw);
  const texts = (wanted: number) =>
    fields.filter(({ number }) => number === wanted).map(textOf);
  return {
    raw,
    operator: texts(NODE.operator)[0],
    inputs: texts(NODE.input),
    outputs: texts(NODE.output),
    attributes: new Map(
      fields
        .filter(({ number }) => number === NODE.attribute)
        .map(({ content }) => {
          const attribute = messageFields(content);
          const name = attribute.find(({ number }) => number === 1)!;
          return [textOf(name), attribute];
        }),
    ),
  };
}

function readValue({ content: raw }: MessageField): Value {
  const fields = messageFields(raw);
  const name = fields.find(({ number }) => number === VALUE.name);
  return {
    raw,
    name: name ? textOf(name) : '',
    type: fields.find(({ number }) => number === VALUE.type),
  };
}

/** Of ONNX's own operators. */
function operatorsOf(fields: MessageField[]): number {
  const versions = fields
    .filter(({ number }) => number === MODEL.operatorSet)
    .map(({ content }) => messageFields(content))
    .filter(set =>
      set.every(
        field =>
          field.number !== OPERATOR_SET.domain || OWN.includes(textOf(field)),
      ),
    )
    .flatMap(set =>
      set
        .filter(({ number }) => number === OPERATOR_SET.version)
        .flatMap(integersOf)
        .map(Number),
    );
  return Math.max(1, ...versions);
}

function requireSequences({ operators }: Graph, name: string) {
  if (operators < SEQUENCE_OPERATORS)
    throw new Error(
      `'${name}' is a sequence, and the model is of ONNX's operator set ${operators}. Export it with ${SEQUENCE_OPERATORS} or newer.`,
    );
}

function find(
  message: MessageField | undefined,
  wanted: number,
): MessageField | undefined {
  return message
    ? messageFields(message.content).find(({ number }) => number === wanted)
    : undefined;
}

/** Which type it is of, and what that says. */
function kindOfType(
  type: MessageField | undefined,
): [number | undefined, MessageField | undefined] {
  const [content] = type ? messageFields(type.content) : [];
  return [content?.number, content];
}

function kindOf({ type }: Value) {
  return kindOfType(type);
}

/** Of the type of a tensor. */
function elementOf(type: MessageField | undefined): number {
  const element = find(kindOfType(type)[1], TENSOR.element);
  return element ? Number(integersOf(element)[0]) : FLOAT;
}

function sequenceOf(value: Value): { element: number; shape?: number[] } {
  const type = find(kindOf(value)[1], SEQUENCE.element);
  const [kind, tensor] = kindOfType(type);
  if (kind !== TYPE.tensor) return refuse('Input', value);
  const shape = find(tensor, TENSOR.shape);
  return {
    element: elementOf(type),
    shape:
      shape &&
      messageFields(shape.content).map(({ content }) => {
        const size = messageFields(content).find(
          ({ number }) => number === DIMENSION_VALUE,
        );
        return size ? Number(integersOf(size)[0]) : -1;
      }),
  };
}

function labelsOf(
  { attributes, operator }: Node,
  texts: string,
  integers: string,
): string[] {
  const labels = [
    ...(attributes.get(texts) ?? [])
      .filter(({ number }) => number === ATTRIBUTE.texts)
      .map(textOf),
    ...(attributes.get(integers) ?? [])
      .filter(({ number }) => number === ATTRIBUTE.integers)
      .flatMap(integersOf)
      .map(String),
  ];
  if (labels.length === 0)
    throw new Error(`${operator} of the model has no names of columns.`);
  return labels;
}

function exchange(graph: Graph, old: Node, other: Node) {
  graph.nodes[graph.nodes.indexOf(old)] = other;
}

function identity(from: string, to: string): Node {
  return nodeOf('Identity', from, to);
}

function nodeOf(
  operator: string,
  input: string,
  output: string,
  attributes: Record<string, number> = {},
): Node {
  return {
    raw: messageOf(
      [NODE.input, input],
      [NODE.output, output],
      [NODE.operator, operator],
      ...Object.entries(attributes).map(
        ([name, value]) =>
          [
            NODE.attribute,
            messageOf(
              [ATTRIBUTE.name, name],
              [ATTRIBUTE.integer, value],
              [ATTRIBUTE.type, INTEGER_ATTRIBUTE],
            ),
          ] satisfies Field,
      ),
    ),
    ...{ operator, inputs: [input], outputs: [output], attributes: new Map() },
  };
}

/** @param shape - -1 is a variable dimension; absent where nobody says */
function tensorValue(
  name: string,
  element: number,
  shape: number[] | undefined,
): Uint8Array {
  const dimensions = shape?.map(
    size =>
      [
        DIMENSION,
        size < 0 ? messageOf() : messageOf([DIMENSION_VALUE, size]),
      ] satisfies Field,
  );
  const tensor = messageOf(
    [TENSOR.element, element],
    ...(dimensions
      ? [[TENSOR.shape, messageOf(...dimensions)] satisfies Field]
      : []),
  );
  return messageOf(
    [VALUE.name, name],
    [VALUE.type, messageOf([TYPE.tensor, tensor])],
  );
}

function refuse(what: string, { name }: Value): never {
  throw new Error(
    `${what} '${name}' is neither a tensor nor a sequence or map that can be served. Give the model a tensor instead.`,
  );
}
