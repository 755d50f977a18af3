import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { onnxToOip } from './onnxTypes';
import type { TensorsOnly } from './tensorsOnly';

type TensorMetadata = InferenceSession.TensorValueMetadata;

/** A model that takes and gives tensors alone, whatever it was exported with. */
export interface OnnxModel extends Pick<InferenceSession, 'run'> {
  inputs: TensorMetadata[];
  outputs: TensorMetadata[];
  /** What the model itself answers, and the tensors that each is made of: several for a sequence of them. */
  answers: Array<{ name: string; tensors: string[] }>;
  /** Names of columns, of what is a map in the model. */
  keys: ReadonlyMap<string, string[]>;
  close(): Promise<void>;
}

const options: InferenceSession.SessionOptions = {
  // One row at a time is the usual call; a pool of threads only adds hand-overs to it.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // What it says of errors is in the error too, and the log is JSON lines.
  logSeverityLevel: 4,
};

/** @throws Error, for the model's developer, where it can't be served */
export async function openModel(file: string): Promise<OnnxModel> {
  const session = await InferenceSession.create(file, options);
  const isTensors = [...session.inputMetadata, ...session.outputMetadata].every(
    ({ isTensor }) => isTensor,
  );
  if (isTensors) {
    return toModel(session, { keys: new Map(), tensors: new Map() });
  }
  await session.release();
  // Few models need it.
  const { tensorsOnly } = await import('./tensorsOnly');
  const { model, ...names } = tensorsOnly(await readFile(file));
  return toModel(await InferenceSession.create(model, options), names);
}

function toModel(
  session: InferenceSession,
  { keys, tensors }: Omit<TensorsOnly, 'model'>,
): OnnxModel {
  // A sequence that is one tensor goes by its own name.
  const renamed = [...tensors].filter(([, names]) => names.length === 1);
  const ownName = new Map(renamed.map(([name, [tensor]]) => [tensor, name]));
  const tensorName = new Map(renamed.map(([name, [tensor]]) => [name, tensor]));
  const inputs = servedTensors(session.inputMetadata, 'Input', ownName);
  const outputs = servedTensors(session.outputMetadata, 'Output', ownName);
  const sequenceOf = new Map(
    [...tensors].flatMap(([name, names]) =>
      names.length > 1 ? names.map(tensor => [tensor, name]) : [],
    ),
  );
  const answers = [
    ...new Set(outputs.map(({ name }) => sequenceOf.get(name) ?? name)),
  ].map(name => {
    const names = tensors.get(name) ?? [];
    return { name, tensors: names.length > 1 ? names : [name] };
  });
  const rename = <T>(values: Record<string, T>, names: Map<string, string>) =>
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        names.get(name) ?? name,
        value,
      ]),
    );
  return {
    ...{ inputs, outputs, answers, keys },
    run: async (feeds: Record<string, Tensor>) =>
      renamed.length === 0
        ? await session.run(feeds)
        : rename(await session.run(rename(feeds, tensorName)), ownName),
    close: () => session.release(),
  };
}

function servedTensors(
  all: readonly InferenceSession.ValueMetadata[],
  what: string,
  ownName: Map<string, string>,
): TensorMetadata[] {
  return all.map(metadata => {
    if (!metadata.isTensor || !onnxToOip[metadata.type]) {
      const type = metadata.isTensor ? metadata.type : 'not a tensor';
      throw new Error(
        `${what} '${metadata.name}' is ${type}, which is not served. Convert it in the model.`,
      );
    }
    return { ...metadata, name: ownName.get(metadata.name) ?? metadata.name };
  });
}
