import { NotAPickle } from './NotAPickle';

/** An object of some class, as far as it matters here. */
export interface Made {
  kind: 'made';
  module: string;
  name: string;
  /** What it was called with; absent of what was only imported. */
  args?: PickleValue[];
  state?: PickleValue;
}

export interface TupleValue {
  kind: 'tuple';
  items: PickleValue[];
}

export interface DictValue {
  kind: 'dict';
  /** Those of the keys that say where an array ends. */
  entries: Map<string, PickleValue>;
  /** Whether all its keys are those of an array's wrapper. */
  isOfWrapper: boolean;
}

/** What stands on the stack. What could be no name and no size is `OTHER`; `null` is None. */
export type PickleValue =
  | string
  | number
  | boolean
  | null
  | Made
  | TupleValue
  | DictValue
  | { kind: 'other' }
  | { kind: 'mark' };

export const OTHER: PickleValue = { kind: 'other' };
export const MARK: PickleValue = { kind: 'mark' };

const MAX_DEPTH = 1_000_000;
const WRAPPER_MODULE = 'joblib.numpy_pickle';
const WRAPPER_NAME = 'NumpyArrayWrapper';
/** Any other attribute could stand for a method of the wrapper. */
const WRAPPER_KEYS = new Set([
  'subclass',
  'shape',
  'order',
  'dtype',
  'allow_mmap',
  'numpy_array_alignment_bytes',
]);

/** The stack and the memo of a pickle, with the indices that Python gives. */
export class PickleStack {
  private readonly values: PickleValue[] = [];
  /** Entries from 0 on without a gap; picklers make no others. */
  private readonly memo: PickleValue[] = [];
  private readonly memoBeyond = new Map<number, PickleValue>();
  private changesTypes = false;

  push(value: PickleValue): void {
    if (this.values.length >= MAX_DEPTH) throw new Error('it is too deep');
    this.values.push(value);
  }

  top(): PickleValue {
    const value = this.values[this.values.length - 1];
    if (value === undefined) throw emptyStack();
    return value;
  }

  /** For what has no use for it. */
  drop(): void {
    this.top();
    this.values.pop();
  }

  popMany(count: number): PickleValue[] {
    if (this.values.length < count) throw emptyStack();
    return this.values.splice(-count).map(usable);
  }

  /** What lies above the mark, which goes too. */
  popToMark(): PickleValue[] {
    const at = this.values.lastIndexOf(MARK);
    if (at < 0) {
      throw new NotAPickle('it has no mark where there must be one');
    }
    return this.values.splice(at).slice(1).map(usable);
  }

  replaceTop(value: PickleValue): void {
    this.drop();
    this.push(value);
  }

  duplicate(): void {
    this.push(once(this.top()));
  }

  /** @param index - without one, the number of entries, as Python's `MEMOIZE` has it */
  remember(index: number = this.memo.length + this.memoBeyond.size): void {
    const value = this.top();
    if (index > this.memo.length) {
      this.memoBeyond.set(index, value);
      return;
    }
    this.memoBeyond.delete(index);
    this.memo[index] = value;
  }

  recall(index: number): void {
    const value =
      index < this.memo.length ? this.memo[index] : this.memoBeyond.get(index);
    if (value === undefined) {
      throw new NotAPickle('it asks for what it has not kept');
    }
    this.push(once(value));
  }

  /** Makes an object of the class beneath its arguments. */
  make(by: 'call' | 'new'): void {
    const [args] = this.popMany(1);
    const callable = this.top();
    this.values.pop();
    const items = isTuple(args) ? args.items : undefined;
    const isClass = isMade(callable) && callable.args === undefined;
    const isPlain = isClass && by === 'new' && items?.length === 0;
    if (!isPlain) usable(callable);
    this.push(
      isClass && items
        ? {
            kind: 'made',
            module: callable.module,
            name: callable.name,
            args: items,
          }
        : OTHER,
    );
  }

  /** Keys and values by turns, into the dictionary beneath. */
  setItems(items: PickleValue[]): void {
    const target = this.top();
    if (typeof target !== 'object' || target?.kind !== 'dict') return;
    for (let index = 0; index + 1 < items.length; index += 2) {
      const key = items[index];
      if (typeof key === 'string' && WRAPPER_KEYS.has(key)) {
        target.entries.set(key, items[index + 1]);
      } else {
        target.isOfWrapper = false;
      }
    }
  }

  /** Gives the object beneath its state. @returns it, where the bytes of an array follow. */
  build(): Made | undefined {
    const [state] = this.popMany(1);
    const target = this.top();
    if (!isMade(target)) return undefined;
    const isFirst = target.state === undefined;
    // The memo holds it too, so it is changed in place.
    target.state = state;
    if (isWrapper(target)) {
      if (!isFirst || target.args === undefined || this.changesTypes) {
        throw unusualWrapper();
      }
      return target;
    }
    // Of a class itself, it counts for all that is made of it.
    if (
      target.args === undefined ||
      (isDtype(target) && !isPlainDtype(target))
    ) {
      this.changesTypes = true;
    }
    return undefined;
  }
}

/** `numpy.dtype`, by whichever way it is reached. */
export function isDtype({ module, name }: Made): boolean {
  return module === 'numpy' && name === 'dtype';
}

/** Whether the state that pickle keeps of a type leaves it what its name says: objects, or none. */
function isPlainDtype({ args, state }: Made): boolean {
  if (!isTuple(state)) return false;
  const [, , subtype, , , size, , flags] = state.items;
  const [letters] = args ?? [];
  // NumPy's `NPY_ITEM_REFCOUNT`.
  const holdsObjects = typeof flags === 'number' && (flags & 1) === 1;
  return (
    (state.items.length === 8 || state.items.length === 9) &&
    subtype === null &&
    typeof size === 'number' &&
    typeof flags === 'number' &&
    typeof letters === 'string' &&
    holdsObjects === isOfObjects(letters)
  );
}

/** Of what NumPy calls a type. */
export function isOfObjects(letters: string): boolean {
  return /^[<>=|]?O[48]?$/.test(letters);
}

export function isTuple(value: PickleValue | undefined): value is TupleValue {
  return typeof value === 'object' && value?.kind === 'tuple';
}

function isMade(value: PickleValue): value is Made {
  return typeof value === 'object' && value?.kind === 'made';
}

/** By any module that it may be reached through. */
function isWrapper({ name }: Made): boolean {
  return name.split('.').pop() === WRAPPER_NAME;
}

/** All that joblib does with a wrapper is to make it and to give it its state. */
function usable(value: PickleValue): PickleValue {
  if (isMade(value) && isWrapper(value)) throw unusualWrapper();
  return value;
}

/** An object that is recalled is no class: a wrapper is never asked for again. */
function once(value: PickleValue): PickleValue {
  return isMade(value) && value.args !== undefined ? usable(value) : value;
}

function emptyStack(): Error {
  return new NotAPickle('it takes from an empty stack');
}

function unusualWrapper(): Error {
  return new Error(
    `it uses ${WRAPPER_MODULE}.${WRAPPER_NAME} as joblib does not, so it cannot be told where an array ends`,
  );
}
