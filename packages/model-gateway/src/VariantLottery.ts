import { hash } from 'node:crypto';

/** 13 hexadecimal digits: as many as a number holds exactly. */
const DIGITS = 13;
const RANGE = 16 ** DIGITS;

/** One of several by weight, for a random number or for a key. */
export class VariantLottery<T extends { name: string; weight: number }> {
  readonly #entries: Array<{ item: T; salt: string }>;
  readonly #total: number;

  /**
   * @param scope - the same keys are shared out differently in another scope
   * @param items - those without weight are never drawn
   */
  constructor(scope: string, items: readonly T[]) {
    this.#entries = items
      .filter(({ weight }) => weight > 0)
      .map(item => ({ item, salt: `${scope}\n${item.name}\n` }));
    this.#total = this.#entries.reduce((sum, { item }) => sum + item.weight, 0);
  }

  /** Undefined where none has a weight. @param random - from 0 to below 1 */
  draw(random: number): T | undefined {
    let left = random * this.#total;
    for (const { item } of this.#entries) {
      left -= item.weight;
      if (left < 0) {
        return item;
      }
    }
    return this.#entries.at(-1)?.item;
  }

  /**
   * The same for the same key at every gateway. Rendezvous hashing with
   * weights: each variant draws `-ln(u) / weight` from key and name, the
   * smallest wins. Where weights change, keys only leave variants whose share
   * shrinks beside the one they come to; between two variants, or where all
   * others give to a new one in proportion, exactly the moved share moves.
   */
  drawFor(key: string): T | undefined {
    if (this.#entries.length === 1) {
      return this.#entries[0].item;
    }
    let best: T | undefined;
    let lowest = Infinity;
    for (const { item, salt } of this.#entries) {
      const score = -Math.log(uniform(salt + key)) / item.weight;
      if (score < lowest) {
        lowest = score;
        best = item;
      }
    }
    return best;
  }
}

/** Above 0 and below 1. */
function uniform(text: string): number {
  const digits = hash('sha256', text, 'hex').slice(0, DIGITS);
  return (parseInt(digits, 16) + 0.5) / RANGE;
}
