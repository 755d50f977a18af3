import { Reader, Writer } from 'protobufjs/minimal.js';

/** One field of a message of Protocol Buffers. */
export interface MessageField {
  number: number;
  /** As it stands in the message, with its tag. */
  raw: Uint8Array;
  /** Of texts, bytes and messages; of numbers as they are written. */
  content: Uint8Array;
}

/** To be written. */
export type Field = [number: number, value: number | string | Uint8Array];

const LENGTH_DELIMITED = 2;

/** Without a copy of what they hold, which may be all the weights of a model. */
export function messageFields(message: Uint8Array): MessageField[] {
  const reader = Reader.create(message);
  const fields: MessageField[] = [];
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const tag = reader.uint32();
    let begin = reader.pos;
    if (tag % 8 === LENGTH_DELIMITED) {
      const length = reader.uint32();
      begin = reader.pos;
      reader.skip(length);
    } else reader.skipType(tag % 8);
    fields.push({
      number: Math.floor(tag / 8),
      raw: message.subarray(start, reader.pos),
      content: message.subarray(begin, reader.pos),
    });
  }
  return fields;
}

export const textOf = ({ content }: MessageField): string =>
  Buffer.from(content).toString('utf8');

/**
 * Of a field with one whole number of 64 bits, or with several packed together:
 * as numbers, those beyond 2^53 would fall together.
 */
export function integersOf({ content }: MessageField): bigint[] {
  const values: bigint[] = [];
  let value = 0n;
  let bits = 0n;
  for (const byte of content) {
    value += BigInt(byte % 128) << bits;
    bits += 7n;
    if (byte < 128) {
      values.push(BigInt.asIntN(64, value));
      value = 0n;
      bits = 0n;
    }
  }
  return values;
}

/** A message of these fields, in their order. */
export function messageOf(...fields: Field[]): Uint8Array {
  const writer = Writer.create();
  for (const [number, value] of fields) {
    if (typeof value === 'number') writer.uint32(number * 8).int64(value);
    else {
      writer.uint32(number * 8 + LENGTH_DELIMITED);
      if (typeof value === 'string') writer.string(value);
      else writer.bytes(value);
    }
  }
  return writer.finish();
}
