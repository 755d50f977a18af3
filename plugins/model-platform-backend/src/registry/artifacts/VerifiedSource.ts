import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { InputError } from '@backstage/errors';
import { Sha256, StoredBlob } from '@model-platform/plugin-model-platform-node';

/**
 * Bytes that are counted and hashed as they pass. The last ones are held back
 * until digest and size are known to be those that were expected, so that what
 * is wrong never arrives whole.
 */
export class VerifiedSource implements AsyncIterable<Uint8Array> {
  private readonly hash = createHash('sha256');
  private sizeBytes = 0;
  private verified?: StoredBlob;
  private failed?: { reason: unknown };

  constructor(
    private readonly source: AsyncIterable<Uint8Array> | Readable,
    private readonly expected: { digest?: Sha256; sizeBytes?: number },
  ) {}

  /** What passed; known once all of it did. */
  get blob(): StoredBlob {
    if (!this.verified) throw new Error('Not all bytes have passed yet');
    return this.verified;
  }

  /** Whether all of it passed, and was what was expected. */
  get isWhole(): boolean {
    return this.verified !== undefined;
  }

  /** Why it ended before its time, rather than whoever read it; undefined where it did not. */
  get failure(): { reason: unknown } | undefined {
    return this.failed;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    let held: Uint8Array | undefined;
    try {
      for await (const chunk of this.source) {
        this.add(chunk);
        if (held) yield held;
        held = chunk;
      }
      this.verify();
    } catch (reason) {
      this.failed = { reason };
      throw reason;
    }
    if (held) yield held;
  }

  private add(chunk: Uint8Array): void {
    const { sizeBytes } = this.expected;
    this.sizeBytes += chunk.length;
    if (sizeBytes !== undefined && this.sizeBytes > sizeBytes) {
      throw new InputError(
        `More bytes were sent than the ${sizeBytes} that were announced`,
      );
    }
    this.hash.update(chunk);
  }

  private verify(): void {
    const { digest: wanted, sizeBytes } = this.expected;
    if (sizeBytes !== undefined && this.sizeBytes !== sizeBytes) {
      throw new InputError(
        `${this.sizeBytes} bytes were sent, but ${sizeBytes} were announced`,
      );
    }
    const digest: Sha256 = `sha256:${this.hash.digest('hex')}`;
    if (wanted !== undefined && digest !== wanted) {
      throw new InputError(
        `The bytes that were sent have the digest ${digest}, not ${wanted}`,
      );
    }
    this.verified = { digest, sizeBytes: this.sizeBytes };
  }
}
