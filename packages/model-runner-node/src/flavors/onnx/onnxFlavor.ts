import path from 'node:path';
import { RunnerManifest, WireSignatureField } from '@model-platform/model-wire';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ModelOutputError } from '../../ModelOutputError';
import { isTakenFor } from '../../openInference/datatypes';
import { flatten, nest, shapeOf } from '../../openInference/nesting';
import { RequestError } from '../../RequestError';
import {
  Flavor,
  FlavorContext,
  LoadedModel,
  OipTensor,
  OipTensorMetadata,
  Row,
} from '../Flavor';
import { commonShape } from '../commonShape';
import { createAnswerCheck } from '../createAnswerCheck';
import { JoinedRuns, Results, ResultTensor } from './JoinedRuns';
import {
  fromTensorValue,
  inputMismatch,
  isFloat,
  isToldByAnswers,
  mapMismatch,
  onnxToOip,
  outputMismatch,
  outputShapeMismatch,
  toTensor,
} from './onnxTypes';
import { OnnxModel, openModel } from './openModel';
import { requireShape } from './requireShape';
import { requireRows, signatureGuard } from './signatureGuard';

type TensorMetadata = InferenceSession.TensorValueMetadata;

/** `['measurements', 'batch', 4]` and the like: names and -1 are variable. */
const toShape = (shape: ReadonlyArray<number | string>) =>
  shape.map(dimension => (typeof dimension === 'number' ? dimension : -1));

const toOip = ({ name, type, shape }: TensorMetadata): OipTensorMetadata => ({
  name,
  datatype: onnxToOip[type] ?? type.toUpperCase(),
  shape: toShape(shape),
});

const toOipTensor = (
  name: string,
  type: Tensor.Type,
  tensor: ResultTensor,
): OipTensor => ({
  name,
  datatype: onnxToOip[type]!,
  shape: [...tensor.dims],
  data: tensor.data as ArrayLike<unknown>,
});

/** ONNX by onnxruntime: `https://onnx.ai`. */
export const onnxFlavor: Flavor = {
  name: 'onnx',
  takesBytes: true,

  async load(
    manifest: RunnerManifest,
    directory: string,
    { batching }: FlavorContext,
  ): Promise<LoadedModel> {
    const file = manifest.files.find(name => name.endsWith('.onnx'));
    if (!file)
      throw new Error('There is no .onnx file among the files of the version.');
    const model = await openModel(path.join(directory, file));
    const { inputs, outputs } = model;
    const makeFeeds = feedsFromRows(manifest, model);
    const toFeeds = (rows: Row[]) => {
      const feeds = makeFeeds(rows);
      const sizes = new Map<string, number>();
      for (const input of inputs)
        requireDimensions(input, feeds[input.name].dims, sizes);
      return feeds;
    };
    const { toRows, check } = rowsFromResults(manifest, model);
    const toOwnFeeds = feedsFromTensors(manifest, inputs);
    const oneByOne = takesOneRow(inputs);
    const runs = new JoinedRuns(model, batching, {
      isFree: [...inputs, ...outputs].every(
        ({ shape }) => shape.length > 0 && toShape(shape)[0] === -1,
      ),
    });
    return {
      platform: 'onnx_onnxruntime',
      inputs: inputs.map(toOip),
      outputs: outputs.map(toOip),
      isJoining: true,
      async predict(rows, call) {
        if (!oneByOne || rows.length === 1)
          return check(
            toRows(await runs.run(toFeeds(rows), call), rows.length),
          );
        const answers: Row[] = [];
        for (const row of rows)
          answers.push(...toRows(await runs.run(toFeeds([row]), call), 1));
        return check(answers);
      },
      async infer(tensors, call) {
        const results = await runs.run(toOwnFeeds(tensors), call);
        return outputs.map(({ name, type }) =>
          toOipTensor(name, type, results[name]),
        );
      },
      close: () => model.close(),
    };
  },
};

/** It has no dimension for lines: each is computed by itself. */
const isOneValue = ({ shape }: Pick<TensorMetadata, 'shape'>) =>
  shape.length === 0;

/** Whether the model was exported for a single row, or single values; throws where for another fixed number of them. */
function takesOneRow(inputs: TensorMetadata[]): boolean {
  const sizes = inputs
    .map(({ shape }) => shape[0])
    .filter(size => typeof size === 'number' && size >= 0);
  const other = sizes.find(size => size !== 1);
  if (other !== undefined) {
    throw new Error(
      `The model takes ${other} rows at a time. Export it with a variable first dimension.`,
    );
  }
  return sizes.length > 0 || inputs.some(isOneValue);
}

/** Of a scalar of the signature, in so many lines. */
function scalarSize(
  input: Pick<TensorMetadata, 'shape'>,
  rows: number,
): number[] {
  if (isOneValue(input)) return [];
  return input.shape.length === 1 ? [rows] : [rows, 1];
}

/** Of a line that has none: what neither the signature nor the model fixes is 1. */
const missingShape = (wanted: number[], ofModel: TensorMetadata['shape']) =>
  wanted.map(
    (size, axis) =>
      [size, toShape(ofModel)[axis + 1]].find(fixed => fixed >= 0) ?? 1,
  );

/** Endpoint code may leave it out. */
const isMissing = (value: unknown) => value === null || value === undefined;

const missingValues = (sizes: number[]): number[] =>
  new Array(sizes.reduce((all, size) => all * size, 1)).fill(NaN);

/**
 * Rows by the signature's names become the model's tensors: one `[N, k]`
 * tensor takes the signature's scalars in their order, several tensors take
 * them by name.
 */
function feedsFromRows(
  manifest: RunnerManifest,
  { inputs, keys }: OnnxModel,
): (rows: Row[]) => Record<string, Tensor> {
  const fields = manifest.signature.inputs;
  const byName = new Map(inputs.map(input => [input.name, input]));
  if (
    fields.every(({ name }) => byName.has(name)) &&
    fields.length === inputs.length
  ) {
    const makers = fields.map(field => {
      const { name, type, shape } = byName.get(field.name)!;
      const names = keys.get(name);
      if (names) {
        refuse(mapMismatch('input', field));
        return (rows: Row[]): [string, Tensor] => [
          name,
          toTensor(name, type, valuesOfMaps({ name, type }, names, rows), [
            rows.length,
            names.length,
          ]),
        ];
      }
      refuse(inputMismatch(field, type));
      return (rows: Row[]): [string, Tensor] => {
        if (field.type === 'bytes') return [name, bytesTensor(name, rows)];
        if (!field.shape) {
          return [
            name,
            toTensor(
              name,
              type,
              rows.map(row => row[name]),
              scalarSize({ shape }, rows.length),
            ),
          ];
        }
        const there = rows.filter(row => !isMissing(row[name]));
        const found = commonShape(name, there);
        // An empty list has nothing within that tells its length.
        const sizes =
          there.length === 0
            ? missingShape(field.shape, shape)
            : field.shape.map(
                (wanted, axis) => found[axis] ?? Math.max(wanted, 0),
              );
        const missing = there.length < rows.length ? missingValues(sizes) : [];
        const values = rows.flatMap(row =>
          isMissing(row[name]) ? missing : flatten(row[name]),
        );
        return [name, toTensor(name, type, values, [rows.length, ...sizes])];
      };
    });
    return rows => Object.fromEntries(makers.map(make => make(rows)));
  }
  const [only] = inputs;
  if (
    inputs.length === 1 &&
    only.shape.length === 2 &&
    !keys.has(only.name) &&
    fields.every(({ shape }) => shape === undefined)
  ) {
    const names = fields.map(({ name }) => name);
    const width = only.shape[1];
    if (typeof width === 'number' && width > 0 && width !== names.length) {
      throw new Error(
        `The signature has ${names.length} inputs, but the model's '${only.name}' takes ${width} in a row.`,
      );
    }
    for (const field of fields) refuse(inputMismatch(field, only.type));
    return rows => {
      const values = new Array(rows.length * names.length);
      let index = 0;
      for (const row of rows) {
        for (const name of names) {
          values[index] = row[name];
          index += 1;
        }
      }
      const size = [rows.length, names.length];
      return { [only.name]: toTensor(only.name, only.type, values, size) };
    };
  }
  throw new Error(
    `The signature's inputs (${fields
      .map(({ name }) => name)
      .join(', ')}) do not fit the model's (${inputs
      .map(({ name }) => name)
      .join(
        ', ',
      )}): name them alike, or give one scalar for each column of a single [N, k] input.`,
  );
}

/** Of each row in the order of the names; what a map lacks is 0, and others are passed over, as the model does. */
function valuesOfMaps(
  { name: input, type }: Pick<TensorMetadata, 'name' | 'type'>,
  names: string[],
  rows: Row[],
): number[] {
  const [fits, message] = isFloat(type)
    ? [Number.isFinite, 'must be a number']
    : [Number.isSafeInteger, 'must be an integer'];
  return rows.flatMap(row => {
    const map = new Map(Object.entries((row[input] ?? {}) as object));
    return names.map(name => {
      const value: unknown = map.get(name) ?? 0;
      if (typeof value === 'number' && fits(value)) return value;
      throw new RequestError(
        400,
        `Input '${input}' has a value that does not fit: ${name} ${message}.`,
        [{ path: `inputs.${input}.${name}`, message }],
      );
    });
  });
}

/** One row's bytes are one row of the tensor, so all are as many. */
function bytesTensor(name: string, rows: Row[]): Tensor {
  const values = rows.map(row => row[name] as Buffer);
  const [{ length }] = values;
  if (values.some(value => value.length !== length)) {
    throw new RequestError(
      400,
      `Input '${name}' must have as many bytes in every line of a batch.`,
      [{ path: `inputs.${name}`, message: 'has lines of unequal size' }],
    );
  }
  const all = new Uint8Array(Buffer.concat(values));
  return new Tensor('uint8', all, [rows.length, length]);
}

function refuse(reason: string | undefined) {
  if (reason) throw new Error(`The signature does not fit: ${reason}.`);
}

/** Outputs by name where the names agree, else in order; and the look at those that may be something else at each call. */
function rowsFromResults(
  manifest: RunnerManifest,
  { outputs, answers, keys }: OnnxModel,
) {
  const fields = manifest.signature.outputs;
  const names = new Set(answers.map(({ name }) => name));
  const named = fields.every(({ name }) => names.has(name));
  if (!named && fields.length > answers.length) {
    throw new Error(
      `The signature has ${fields.length} outputs, but the model only ${answers.length}.`,
    );
  }
  const metadata = new Map(outputs.map(output => [output.name, output]));
  const readers = fields.map((field, index) => {
    const { name, tensors } = named
      ? answers.find(answer => answer.name === field.name)!
      : answers[index];
    const labels = keys.get(name);
    if (labels && field.type === 'object') {
      refuse(mapMismatch('output', field));
      return { field, tensors, read: mapReader(labels), isTold: false };
    }
    for (const tensor of tensors)
      refuse(outputMismatch(field, metadata.get(tensor)!.type));
    if (tensors.length > 1 && (field.shape?.length ?? 0) < 2)
      refuse(
        `output '${field.name}' is a sequence of tensors in the model: give it their number and shape in the signature, as in shape: [${tensors.length}, -1]`,
      );
    let isTold = false;
    for (const tensor of tensors) {
      const { type, shape } = metadata.get(tensor)!;
      const [, ...row] = toShape(shape);
      const whole = tensors.length > 1 ? [tensors.length, ...row] : row;
      // Without one it is of one dimension, which may be the lines' or all that a model for one line answers, or of any number.
      if (row.length > 0) refuse(outputShapeMismatch(field, whole));
      isTold ||= isToldByAnswers(field, type, whole);
    }
    return { field, tensors, read: valueReader(field), isTold };
  });
  const toRows = (results: Results, count: number): Row[] => {
    const rows: Row[] = Array.from({ length: count }, () => ({}));
    for (const { field, tensors, read } of readers) {
      const [only, ...others] = tensors.map(name => read(results[name], count));
      for (let row = 0; row < count; row += 1) {
        rows[row][field.name] =
          others.length === 0
            ? only(row)
            : [only, ...others].map(valueOf => valueOf(row));
      }
    }
    return rows;
  };
  const told = readers.filter(({ isTold }) => isTold);
  return { toRows, check: createAnswerCheck(told.map(({ field }) => field)) };
}

/** What a row of a tensor is to the signature. */
type Reader = (tensor: ResultTensor, rows: number) => (row: number) => unknown;

function valueReader({ name, type, shape }: WireSignatureField): Reader {
  if (type === 'bytes')
    return ({ data }, rows) => {
      const size = data.length / rows;
      return row =>
        Buffer.from(
          (data as Uint8Array).subarray(row * size, (row + 1) * size),
        );
    };
  return ({ type: element, data, dims }, rows) => {
    const size = data.length / rows;
    if (shape === undefined) {
      if (size !== 1)
        throw new ModelOutputError([
          {
            path: `outputs.${name}`,
            message: `must have one value a line, not ${data.length} for ${rows}`,
          },
        ]);
      return row => fromTensorValue(element, data[row]);
    }
    return row => {
      const values = Array.from({ length: size }, (_, i) =>
        fromTensorValue(element, data[row * size + i]),
      );
      return nest(values, dims.slice(1));
    };
  };
}

function mapReader(labels: string[]): Reader {
  return ({ type, data }) =>
    row =>
      Object.fromEntries(
        labels.map((label, index) => [
          label,
          fromTensorValue(type, data[row * labels.length + index]),
        ]),
      );
}

/** Tensors as the model names them; what the signature has a value for may be left out. */
function feedsFromTensors(
  manifest: RunnerManifest,
  inputs: TensorMetadata[],
): (tensors: OipTensor[]) => Record<string, Tensor> {
  const guard = signatureGuard(manifest, inputs);
  const fallbacks = fallbacksOf(manifest, inputs);
  return tensors => {
    const given = new Map(tensors.map(tensor => [tensor.name, tensor]));
    const unknown = tensors
      .filter(({ name }) => !inputs.some(input => input.name === name))
      .map(({ name }) => name);
    if (unknown.length > 0) {
      throw new RequestError(
        400,
        `Unknown inputs: ${unknown.join(', ')}. The model takes ${inputs
          .map(({ name }) => name)
          .join(', ')}.`,
      );
    }
    const feeds: Record<string, Tensor> = {};
    const sizes = new Map<string, number>();
    const [first] = tensors;
    for (const input of inputs) {
      const sent = given.get(input.name);
      const tensor = sent ?? fallbacks.get(input.name)?.(rowsIn(first));
      if (!tensor)
        throw new RequestError(400, `Input '${input.name}' is missing.`);
      requireFit(input, tensor, sizes);
      const { data, shape } = sent ? guard(sent) : tensor;
      feeds[input.name] = toTensor(input.name, input.type, data, shape);
    }
    return feeds;
  };
}

/** By the tensor's name, what stands in every row where it is left out. */
function fallbacksOf(
  { signature }: RunnerManifest,
  inputs: TensorMetadata[],
): Map<string, (rows: number) => OipTensor> {
  return new Map(
    inputs.flatMap(({ name, type, shape }) => {
      const field = signature.inputs.find(one => one.name === name);
      if (!field) return [];
      if (field.type === 'bytes' || field.type === 'object') return [];
      if (field.default === undefined && !field.optional) return [];
      const sizes =
        field.shape &&
        (field.default === undefined
          ? missingShape(field.shape, shape)
          : shapeOf(field.default));
      const values =
        field.default === undefined
          ? missingValues(sizes ?? [])
          : flatten(field.default);
      return [
        [
          name,
          (rows: number): OipTensor => ({
            name,
            datatype: onnxToOip[type]!,
            shape: sizes ? [rows, ...sizes] : scalarSize({ shape }, rows),
            data: Array.from(
              { length: isOneValue({ shape }) ? 1 : rows },
              () => values,
            ).flat(),
          }),
        ] as const,
      ];
    }),
  );
}

/** As many as its data has: a shape with a zero in it may claim any number. */
function rowsIn({ name, shape }: OipTensor): number {
  if (shape.slice(1).includes(0))
    throw new RequestError(400, `Input '${name}' must not be empty.`);
  const [rows = 1] = shape;
  requireRows(rows);
  return rows;
}

/** @throws RequestError 400 where the tensor is none that the model takes */
function requireFit(
  input: TensorMetadata,
  tensor: OipTensor,
  sizes: Map<string, number>,
) {
  const datatype = onnxToOip[input.type]!;
  if (!isTakenFor(tensor.datatype, datatype)) {
    throw new RequestError(
      400,
      `Input '${input.name}' must have datatype ${datatype}, not ${tensor.datatype}.`,
    );
  }
  requireDimensions(input, tensor.shape, sizes);
}

/**
 * @param sizes - of the dimensions that have a name, as far as they are known
 * @throws RequestError 400 where the model takes no tensor of the shape
 */
function requireDimensions(
  input: TensorMetadata,
  shape: readonly number[],
  sizes: Map<string, number>,
) {
  requireShape(input.name, shape, toShape(input.shape));
  for (const [axis, dimension] of input.shape.entries()) {
    const size = shape[axis];
    if (size === 0 && axis === 0)
      throw new RequestError(400, 'The inputs have no rows.');
    // Dimensions of the same name are the same number; the engine's own error would be no caller's.
    if (typeof dimension !== 'string' || dimension === '') continue;
    if ((sizes.get(dimension) ?? size) !== size) {
      throw new RequestError(
        400,
        axis === 0
          ? 'All inputs must have the same number of rows.'
          : `Input '${
              input.name
            }' has size ${size} where others have ${sizes.get(dimension)}.`,
      );
    }
    sizes.set(dimension, size);
  }
}
