import { OipTensor } from '../flavors/Flavor';
import { RequestError } from '../RequestError';
import {
  isNumeric,
  NumberArray,
  numberArrays,
  toNumberArray,
} from './numberArrays';

/** Where a value of BYTES ends say four bytes in front of it. */
const PREFIX_BYTES = 4;

/**
 * Values of a tensor's bytes, row-major, little-endian: typed arrays, those of
 * BYTES as buffers.
 *
 * @throws RequestError 400 where the bytes are none of the datatype
 */
export function readBinary(
  datatype: string,
  bytes: Buffer,
  where: string,
): OipTensor['data'] {
  if (datatype === 'BYTES') return readTexts(bytes, where);
  if (datatype === 'BOOL') {
    if (bytes.some(value => value > 1))
      throw new RequestError(400, `${where} has bytes that are no BOOL.`);
    return Array.from(bytes, Boolean);
  }
  if (!isNumeric(datatype)) throw new Error(`No datatype: ${datatype}`);
  const Type = numberArrays[datatype] as new (
    buffer: ArrayBuffer,
  ) => NumberArray;
  // Copied, for typed arrays begin at multiples of their size.
  return new Type(new Uint8Array(bytes).buffer);
}

function readTexts(bytes: Buffer, where: string): Buffer[] {
  const values: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const begin = at + PREFIX_BYTES;
    const end =
      begin <= bytes.length ? begin + bytes.readUInt32LE(at) : Infinity;
    if (end > bytes.length)
      throw new RequestError(
        400,
        `${where} has BYTES that do not end where their length says.`,
      );
    values.push(bytes.subarray(begin, end));
    at = end;
  }
  return values;
}

/** @throws RequestError 400 where a value is missing and the datatype has nothing for it */
export function writeBinary({ name, datatype, data }: OipTensor): Buffer {
  if (datatype === 'BYTES') {
    return Buffer.concat(
      Array.from(data, value => {
        const bytes = Buffer.isBuffer(value)
          ? value
          : Buffer.from(String(value ?? ''));
        const prefix = Buffer.alloc(PREFIX_BYTES);
        prefix.writeUInt32LE(bytes.length);
        return [prefix, bytes];
      }).flat(),
    );
  }
  if (ArrayBuffer.isView(data))
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const isFloat = datatype.startsWith('FP');
  for (let index = 0; index < data.length; index += 1) {
    if (!isFloat && (data[index] ?? null) === null)
      throw new RequestError(
        400,
        `Output '${name}' lacks values, and binary data of ${datatype} have nothing for that; ask for it as JSON.`,
      );
  }
  if (datatype === 'BOOL') return Buffer.from(Array.from(data, Number));
  if (!isNumeric(datatype)) throw new Error(`No datatype: ${datatype}`);
  return Buffer.from(toNumberArray(datatype, data).buffer);
}
