import { createHash } from 'node:crypto';

/** Chance that can be had again: equal seeds throw the same. */
export class Dice {
  private state: number;

  constructor(readonly seed: string) {
    this.state = createHash('sha256').update(seed).digest().readUInt32LE();
  }

  /** From 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) % 2 ** 32;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number, both ends included. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(items: readonly T[]): T {
    return items[this.whole(0, items.length - 1)];
  }

  /** Bytes that no other seed gives; quick to make, whatever their number. */
  bytes(length: number): Buffer {
    const bytes = Buffer.alloc(length);
    const block = createHash('sha512')
      .update(`${this.seed} ${this.next()}`)
      .digest();
    for (let at = 0; at < length; at += block.length) {
      // It begins with zero: one of 2,000 random files is refused, since it may
      // be a pickle whose imports cannot be told.
      block.writeUInt32LE((at / block.length) % 2 ** 32, 0);
      block.copy(bytes, at);
    }
    return bytes;
  }

  /** Another one, for work beside this one. */
  fork(name: string): Dice {
    return new Dice(`${this.seed} ${name}`);
  }
}
