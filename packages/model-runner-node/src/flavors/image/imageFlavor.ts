import {
  RunnerManifest,
  WireSignature,
  WireSignatureField,
} from '@model-platform/model-wire';
import { createOutputReader } from '../../endpoint/createOutputReader';
import { ModelOutputError } from '../../ModelOutputError';
import { Logger } from '../../Logger';
import { nest } from '../../openInference/nesting';
import { commonShape } from '../commonShape';
import { Flavor, OipTensor, OipTensorMetadata, Row } from '../Flavor';
import {
  signatureTensors,
  tensorValuesOf,
  toMetadata,
} from '../signatureTensors';
import { ContainerServer } from './ContainerServer';

const LOOK_MS = 100;
const SAY_MS = 10_000;

/** The developer's own container beside this runner, which speaks the Open Inference Protocol. */
export const imageFlavor: Flavor = {
  name: 'image',

  async load(manifest, _directory, { logger }) {
    const { image, signature } = manifest;
    if (!image) throw new Error('The version names no image.');
    const server = new ContainerServer(image);
    await untilReady(server, manifest, logger);
    const { inputs, outputs } = await server.metadata();
    const toTensors = tensorsFromRows(signature, inputs);
    const toRows = rowsFromTensors(signature, outputs);
    const readAnswers = createOutputReader(signature);
    return {
      platform: 'image',
      ...signatureTensors(
        signature,
        async (rows, call) => {
          const answers = await server.infer(toTensors(rows), call);
          return readAnswers(toRows(answers, rows.length), rows.length);
        },
        { isChecked: true },
      ),
    };
  },
};

/** How long it may take is said by the probe of whoever started both. */
async function untilReady(
  server: ContainerServer,
  { image }: RunnerManifest,
  logger: Logger,
) {
  let said = performance.now();
  while (!(await server.isReady())) {
    if (performance.now() - said > SAY_MS) {
      said = performance.now();
      logger.info('waiting for the container of the model', {
        port: image?.port,
        path: image?.readyPath,
      });
    }
    await new Promise(done => setTimeout(done, LOOK_MS));
  }
}

/** A tensor a field of its name; or the columns of the only one that the container takes. */
function tensorsFromRows(
  { inputs: fields }: WireSignature,
  inputs: OipTensorMetadata[],
): (rows: Row[]) => OipTensor[] {
  const byName = new Map(inputs.map(input => [input.name, input]));
  const isNamed = fields.every(({ name }) => byName.has(name));
  if (inputs.length === 0 || (isNamed && inputs.length === fields.length)) {
    return rows =>
      fields.map(field => {
        const { datatype, shape } = byName.get(field.name) ?? toMetadata(field);
        const one = field.shape
          ? commonShape(field.name, rows)
          : shape.slice(1).map(() => 1);
        return {
          ...{ name: field.name, datatype, shape: [rows.length, ...one] },
          data: rows.flatMap(row => tensorValuesOf(field, row)),
        };
      });
  }
  const [only] = inputs;
  const width = only.shape[1] ?? -1;
  if (
    inputs.length === 1 &&
    only.shape.length === 2 &&
    fields.every(({ shape }) => shape === undefined) &&
    (width < 0 || width === fields.length)
  ) {
    return rows => [
      {
        ...{ name: only.name, datatype: only.datatype },
        shape: [rows.length, fields.length],
        data: rows.flatMap(row =>
          fields.flatMap(field => tensorValuesOf(field, row)),
        ),
      },
    ];
  }
  throw new Error(
    `The signature's inputs (${namesOf(
      fields,
    )}) do not fit those of the container's model (${inputs
      .map(({ name, shape }) => `${name} [${shape}]`)
      .join(
        ', ',
      )}): name them alike, or give one scalar for each column of a single [lines, columns] input.`,
  );
}

/** Outputs by name where the names agree, else in order. */
function rowsFromTensors(
  { outputs: fields }: WireSignature,
  outputs: OipTensorMetadata[],
): (tensors: OipTensor[], count: number) => Row[] {
  if (outputs.length > 0 && outputs.length < fields.length) {
    throw new Error(
      `The signature has ${fields.length} outputs, but the container's model only ${outputs.length}.`,
    );
  }
  return (tensors, count) => {
    const byName = new Map(tensors.map(tensor => [tensor.name, tensor]));
    const isNamed = fields.every(({ name }) => byName.has(name));
    const rows: Row[] = Array.from({ length: count }, () => ({}));
    for (const [index, field] of fields.entries()) {
      const tensor = isNamed ? byName.get(field.name) : tensors[index];
      if (tensor?.shape[0] !== count) {
        const path = `outputs.${field.name}`;
        const message = tensor
          ? `must have ${count} lines, not the shape [${tensor.shape}]`
          : 'is missing';
        throw new ModelOutputError([{ path, message }]);
      }
      const { data, shape } = tensor;
      const size = data.length / count;
      for (let row = 0; row < count; row += 1) {
        const values = Array.from({ length: size }, (_, at) =>
          valueOf(field, data[row * size + at]),
        );
        rows[row][field.name] =
          field.shape || size !== 1 ? nest(values, shape.slice(1)) : values[0];
      }
    }
    return rows;
  };
}

/** Objects go as JSON text, as everywhere in the protocol. */
function valueOf({ type, name }: WireSignatureField, value: unknown): unknown {
  if (type !== 'object') return value;
  try {
    return JSON.parse(String(value));
  } catch {
    const message = 'must be JSON text';
    throw new ModelOutputError([{ path: `outputs.${name}`, message }]);
  }
}

function namesOf(fields: WireSignatureField[]): string {
  return fields.map(({ name }) => name).join(', ');
}
