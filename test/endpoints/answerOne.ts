import {
  Signature,
  SignatureField,
} from '@model-platform/plugin-model-platform-common';
import { messageOf } from '../../packages/model-runner-node/src/flavors/onnx/messageFields';

const [INTEGER, TENSOR] = [2, 4];
const INT64 = 7;
/** Element types of ONNX; what it has none for is absent. */
const elementTypes: Partial<Record<SignatureField['type'], number>> = {
  ...{ number: 11, integer: INT64, boolean: 9 },
  ...{ string: 8, date: 8, datetime: 8 },
};

/** The signature with what ONNX has something for: no objects and bytes, and only floats that are missing. */
export function forOnnx({ inputs, outputs }: Signature): Signature {
  return {
    outputs,
    inputs: inputs.map(({ optional, ...field }) => {
      const { name, type, shape } = field;
      if (!elementTypes[type])
        return { name, type: 'string' as const, ...(shape ? { shape } : {}) };
      const mayBeMissing = optional && type === 'number' && !shape;
      return mayBeMissing ? { ...field, optional } : field;
    }),
  };
}

function tensorOf(name: string, type: number, sizes: Array<number | string>) {
  const dimensions = sizes.map((size): [number, Uint8Array] => [
    1,
    messageOf(typeof size === 'number' ? [1, size] : [2, size]),
  ]);
  const shape = messageOf(...dimensions);
  return messageOf(
    [1, name],
    [2, messageOf([1, messageOf([1, type], [2, shape])])],
  );
}

const one = (name: string) => messageOf([1, 1], [2, INT64], [7, 1], [8, name]);

/** ONNX that answers 1 for each line, whatever its inputs are. */
export function answerOne({ inputs }: Signature): Buffer {
  const node = (
    operator: string,
    from: string[],
    to: string,
    attribute: Uint8Array,
  ): [number, Uint8Array] => [
    1,
    messageOf(
      ...from.map((name): [number, string] => [1, name]),
      [2, to],
      [4, operator],
      [5, attribute],
    ),
  ];
  const graph = messageOf(
    node(
      'Shape',
      [inputs[0].name],
      '_lines',
      messageOf([1, 'end'], [3, 1], [20, INTEGER]),
    ),
    node(
      'Concat',
      ['_lines', '_one'],
      '_shape',
      messageOf([1, 'axis'], [3, 0], [20, INTEGER]),
    ),
    node(
      'ConstantOfShape',
      ['_shape'],
      'answer',
      messageOf([1, 'value'], [5, one('')], [20, TENSOR]),
    ),
    [2, 'graph'],
    [5, one('_one')],
    ...inputs.map(({ name, type, shape = [1] }): [number, Uint8Array] => [
      11,
      tensorOf(name, elementTypes[type]!, [
        'lines',
        ...shape.map((size, axis) => (size === -1 ? `${name} ${axis}` : size)),
      ]),
    ]),
    [12, tensorOf('answer', INT64, ['lines', 1])],
  );
  const model = messageOf([1, 8], [8, messageOf([2, 15])], [7, graph]);
  return Buffer.from(model);
}
