import { NotAPickle } from './NotAPickle';

/** Bytes that come in pieces, read in the sizes that a format wants. */
export class ByteStream {
  private readonly pieces: AsyncIterator<Uint8Array>;
  private piece: Uint8Array = new Uint8Array();
  private at = 0;
  /** Bytes taken so far. */
  position = 0;

  /** @param source - one with `skip` is asked to pass over what nobody reads */
  constructor(
    private readonly source: AsyncIterable<Uint8Array> & {
      skip?: (bytes: number) => void;
    },
  ) {
    this.pieces = source[Symbol.asyncIterator]();
  }

  /** The next byte; `undefined` at the end. */
  async next(): Promise<number | undefined> {
    if (this.at === this.piece.length && !(await this.more())) return undefined;
    this.position += 1;
    this.at += 1;
    return this.piece[this.at - 1];
  }

  /** Throws where it ends before. */
  async byte(): Promise<number> {
    const byte = await this.next();
    if (byte === undefined) throw new NotAPickle('it ends too early');
    return byte;
  }

  async bytes(length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    for (let filled = 0; filled < length; ) {
      if (this.at === this.piece.length && !(await this.more())) {
        throw new NotAPickle('it ends too early');
      }
      const step = Math.min(length - filled, this.piece.length - this.at);
      bytes.set(this.piece.subarray(this.at, this.at + step), filled);
      this.at += step;
      this.position += step;
      filled += step;
    }
    return bytes;
  }

  async uint(length: number): Promise<number> {
    const bytes = await this.bytes(length);
    return length > 6
      ? Number(bytes.readBigUInt64LE())
      : bytes.readUIntLE(0, length);
  }

  /** Up to a line feed, which is left out. What is longer than `max` is passed over. */
  async line(max: number): Promise<Buffer | undefined> {
    const bytes: number[] = [];
    for (let length = 0; ; length += 1) {
      const byte = await this.byte();
      if (byte === 10) return length > max ? undefined : Buffer.from(bytes);
      if (length < max) bytes.push(byte);
    }
  }

  async skip(length: number): Promise<void> {
    let left = length;
    while (left > 0) {
      if (this.at === this.piece.length && this.source.skip) {
        this.source.skip(left);
        this.position += left;
        return;
      }
      if (this.at === this.piece.length && !(await this.more())) {
        throw new NotAPickle('it ends too early');
      }
      const step = Math.min(left, this.piece.length - this.at);
      this.at += step;
      this.position += step;
      left -= step;
    }
  }

  private async more(): Promise<boolean> {
    for (;;) {
      const { value, done } = await this.pieces.next();
      if (done) return false;
      if (value.length > 0) {
        this.piece = value;
        this.at = 0;
        return true;
      }
    }
  }
}
