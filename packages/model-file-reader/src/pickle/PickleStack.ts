/** An object of some class, as far as it matters here. */
export interface Made {
  kind: 'made';
  module: string;
  name: string;
  args: PickleValue[];
  state?: PickleValue;
}

export interface TupleValue {
  kind: 'tuple';
  items: PickleValue[];
}

export interface DictValue {
  kind: 'dict';
  entries: Map<string, PickleValue>;
}

/** What stands on the stack. What could be no name and no size is `OTHER`. */
export type PickleValue =
  | string
  | number
  | boolean
  | Made
  | TupleValue
  | DictValue
  | { kind: 'other' }
  | { kind: 'mark' };

export const OTHER: PickleValue = { kind: 'other' };
export const MARK: PickleValue = { kind: 'mark' };

const MAX_DEPTH = 1_000_000;
const MAX_ENTRIES = 64;

/** The stack and the memo of a pickle. */
export class PickleStack {
  private readonly values: PickleValue[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private remembered = 0;

  push(value: PickleValue): void {
    if (this.values.length >= MAX_DEPTH) throw new Error('it is too deep');
    this.values.push(value);
  }

  top(): PickleValue {
    const value = this.values[this.values.length - 1];
    if (value === undefined) throw new Error('it takes from an empty stack');
    return value;
  }

  pop(): PickleValue {
    const value = this.top();
    this.values.pop();
    return value;
  }

  popMany(count: number): PickleValue[] {
    if (this.values.length < count) {
      throw new Error('it takes from an empty stack');
    }
    return this.values.splice(-count);
  }

  /** What lies above the mark, which goes too. */
  popToMark(): PickleValue[] {
    const at = this.values.lastIndexOf(MARK);
    if (at < 0) throw new Error('it has no mark where there must be one');
    return this.values.splice(at).slice(1);
  }

  replaceTop(value: PickleValue): void {
    this.pop();
    this.push(value);
  }

  remember(index: number = this.remembered): void {
    const value = this.top();
    this.remembered += 1;
    // Of what is never asked for only the number counts.
    if (value !== OTHER) this.memo.set(index, value);
    else this.memo.delete(index);
  }

  recall(index: number): void {
    this.push(this.memo.get(index) ?? OTHER);
  }

  /** Keys and values by turns, into the dictionary beneath. */
  setItems(items: PickleValue[]): void {
    const target = this.top();
    if (typeof target !== 'object' || target.kind !== 'dict') return;
    for (let index = 0; index + 1 < items.length; index += 2) {
      const key = items[index];
      if (typeof key === 'string' && target.entries.size < MAX_ENTRIES) {
        target.entries.set(key, items[index + 1]);
      }
    }
  }

  /** Gives the object beneath its state. @returns it, where the bytes of an array follow. */
  build(): Made | undefined {
    const state = this.pop();
    const target = this.top();
    if (typeof target !== 'object' || target.kind !== 'made') return undefined;
    // The memo holds it too, so it is changed in place.
    target.state = state;
    return target.module === 'joblib.numpy_pickle' &&
      target.name === 'NumpyArrayWrapper'
      ? target
      : undefined;
  }
}
