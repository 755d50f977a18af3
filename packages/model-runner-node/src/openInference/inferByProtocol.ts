import { exactInteger } from '../exactInteger';
import { LoadedModel, OipTensor } from '../flavors/Flavor';
import { parseJson } from '../readBody';
import { RequestError } from '../RequestError';
import { writeBinary } from './binaryData';
import { readInferRequest } from './readInferRequest';

/** Says where the JSON of a body ends and the bytes of its tensors begin. */
export const INFER_HEADER_LENGTH = 'inference-header-content-length';

/** What is answered: JSON, and behind it the bytes of tensors that are wanted so. */
export interface InferAnswer {
  json: Buffer;
  binary: Buffer[];
}

/** As JSON carries a value of a tensor. */
function toJson(value: unknown): unknown {
  if (typeof value === 'bigint') return exactInteger(value);
  return Buffer.isBuffer(value) ? value.toString('base64') : value;
}

const asBoolean = (value: unknown) => (value === null ? null : Boolean(value));

function jsonData({ datatype, data }: OipTensor): unknown[] {
  if (datatype.startsWith('FP')) return Array.from(data);
  return Array.from(data, datatype === 'BOOL' ? asBoolean : toJson);
}

function split(
  body: Buffer,
  header: string | undefined,
): { json: Buffer; binary: Buffer } {
  if (header === undefined) return { json: body, binary: Buffer.alloc(0) };
  const length = /^\d{1,10}$/.test(header) ? Number(header) : Infinity;
  if (length > body.length)
    throw new RequestError(
      400,
      `Inference-Header-Content-Length must be the size of the JSON in front of the binary data, at most the body's ${body.length} bytes.`,
    );
  return { json: body.subarray(0, length), binary: body.subarray(length) };
}

/**
 * Answers `POST v2/models/{m}/infer` of the Open Inference Protocol v2, with
 * its binary tensor data extension.
 *
 * @param header - `Inference-Header-Content-Length`, where it was sent
 * @throws RequestError 400 where the request is not of the protocol or does not fit the model
 */
export async function inferByProtocol(
  model: Pick<LoadedModel, 'outputs'> & {
    infer(tensors: OipTensor[], wanted?: string[]): Promise<OipTensor[]>;
  },
  identity: { name: string; version: string },
  body: Buffer,
  header?: string,
): Promise<InferAnswer> {
  const parts = split(body, header);
  const { id, tensors, wanted, isBinary } = readInferRequest(
    parseJson(parts.json),
    parts.binary,
  );
  const unknown = (wanted ?? []).filter(
    ({ name }) => !model.outputs.some(output => output.name === name),
  );
  if (unknown.length > 0) {
    throw new RequestError(
      400,
      `Unknown outputs: ${unknown
        .map(({ name }) => name)
        .join(', ')}. The model has ${model.outputs
        .map(({ name }) => name)
        .join(', ')}.`,
    );
  }
  const results = await model.infer(
    tensors,
    wanted?.length ? wanted.map(({ name }) => name) : undefined,
  );
  const asked = wanted?.length
    ? wanted
    : results.map(({ name }) => ({ name, isBinary }));
  const binary: Buffer[] = [];
  const outputs = asked.map(({ name, isBinary: asBytes }) => {
    const tensor = results.find(result => result.name === name)!;
    const { datatype, shape } = tensor;
    if (!asBytes) return { name, datatype, shape, data: jsonData(tensor) };
    const bytes = writeBinary(tensor);
    binary.push(bytes);
    return {
      name,
      datatype,
      shape,
      parameters: { binary_data_size: bytes.length },
    };
  });
  const json = {
    model_name: identity.name,
    model_version: identity.version,
    ...(id === undefined ? {} : { id }),
    outputs,
  };
  return { json: Buffer.from(JSON.stringify(json)), binary };
}
