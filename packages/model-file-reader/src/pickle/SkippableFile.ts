import { ByteSource } from '../ByteSource';

const CHUNK_BYTES = 256 * 1024;

/** A file whose arrays need not be read to be passed over. */
export class SkippableFile implements AsyncIterable<Uint8Array> {
  private at = 0;

  constructor(private readonly source: ByteSource) {}

  /** Of what follows the piece that was read last. */
  skip(bytes: number): void {
    this.at += bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (this.at < this.source.sizeBytes) {
      const begin = this.at;
      const length = Math.min(CHUNK_BYTES, this.source.sizeBytes - begin);
      this.at += length;
      yield await this.source.read(begin, length);
    }
  }
}
