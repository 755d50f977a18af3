import { ByteSource } from '../ByteSource';

/** One field of a message: a number, or a place in the file that holds bytes. */
export interface ProtobufField {
  number: number;
  /** Of varints, up to 2^53. */
  value?: number;
  /** Of strings, bytes and messages. */
  start: number;
  length: number;
}

const WINDOW_BYTES = 64 * 1024;
const MAX_TEXT_BYTES = 4096;

/**
 * Reads Protocol Buffers from a file without reading what is passed over: a
 * model of many gigabytes is mostly weights, which nobody asks for here.
 * Format: https://protobuf.dev/programming-guides/encoding
 */
export class ProtobufReader {
  private window = new Uint8Array();
  private windowStart = 0;

  constructor(private readonly file: ByteSource) {}

  /**
   * The fields of the message between two places of the file.
   *
   * @throws Error where the bytes are no such message.
   */
  async *fields(start: number, end: number): AsyncGenerator<ProtobufField> {
    let position = start;
    while (position < end) {
      const tag = await this.varint(position);
      position += tag.length;
      const number = Math.floor(tag.value / 8);
      switch (tag.value % 8) {
        case 0: {
          const { value, length } = await this.varint(position);
          yield { number, value, start: position, length };
          position += length;
          break;
        }
        case 1:
          position += 8;
          break;
        case 2: {
          const size = await this.varint(position);
          position += size.length;
          if (position + size.value > end) {
            throw new Error(`it ends in the middle of a field at ${position}`);
          }
          yield { number, start: position, length: size.value };
          position += size.value;
          break;
        }
        case 5:
          position += 4;
          break;
        default:
          throw new Error(`there is no such field at byte ${position}`);
      }
    }
  }

  async text({ start, length }: ProtobufField): Promise<string> {
    // Names are short; what is longer is none.
    const bytes = await this.file.read(start, Math.min(length, MAX_TEXT_BYTES));
    return Buffer.from(bytes).toString('utf8');
  }

  private async varint(
    position: number,
  ): Promise<{ value: number; length: number }> {
    let value = 0;
    for (let length = 0; length < 10; length += 1) {
      const byte = await this.byte(position + length);
      value += (byte % 128) * 2 ** (7 * length);
      if (byte < 128) return { value, length: length + 1 };
    }
    throw new Error(`there is no number at byte ${position}`);
  }

  private async byte(position: number): Promise<number> {
    if (
      position < this.windowStart ||
      position >= this.windowStart + this.window.length
    ) {
      this.window = await this.file.read(position, WINDOW_BYTES);
      if (this.window.length === 0) throw new Error('it ends too early');
      this.windowStart = position;
    }
    return this.window[position - this.windowStart];
  }
}
