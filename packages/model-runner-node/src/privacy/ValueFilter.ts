import { MIN_TEXT, writtenForms } from './writtenForms';

/** So much of a value's beginning is the value, cut off. */
const MIN_BEGINNING = 8;

/** One value of a request, and the field of the signature that it is of. */
export interface FieldValue {
  field: string;
  /** Such as `inputs.name`, or `inputs[3].name` in a batch. */
  path: string;
  value: unknown;
}

type Place = Omit<FieldValue, 'value'>;

/** Where a text had values. */
export interface Filtered {
  text: string;
  found: Place[];
}

/** A value that stands somewhere in a text. */
export interface Match {
  length: number;
  place: Place;
}

/**
 * Finds values in texts, in time that hardly grows with their number: the forms
 * are sorted, and the one with the longest beginning that a text has is beside
 * the place where the text itself would stand.
 */
export class ValueFilter {
  private readonly places = new Map<string, Place>();
  private readonly sorted: string[];
  private readonly starts: Set<string>;

  constructor(values: Iterable<FieldValue>) {
    for (const { value, path, field } of values)
      for (const form of writtenForms(value))
        if (!this.places.has(form)) this.places.set(form, { path, field });
    this.sorted = [...this.places.keys()].sort();
    this.starts = new Set(this.sorted.map(form => form.slice(0, MIN_TEXT)));
  }

  /** The value at this place of the text, if one is there. */
  longestAt(text: string, at: number): Match | undefined {
    if (!this.starts.has(text.slice(at, at + MIN_TEXT))) return undefined;
    const after = this.placeOf(text, at);
    let length = 0;
    let form = '';
    for (const near of this.sorted.slice(Math.max(after - 1, 0), after + 1)) {
      const common = commonLength(near, text, at);
      if (common > length) [length, form] = [common, near];
    }
    if (length >= MIN_BEGINNING)
      return { length, place: this.places.get(form)! };
    // A value may be that short, but then it is there as a whole.
    for (let size = length; size >= MIN_TEXT; size -= 1) {
      const place = this.places.get(text.slice(at, at + size));
      if (place) return { length: size, place };
    }
    return undefined;
  }

  /** Of the first form that comes after what the text has there. */
  private placeOf(text: string, at: number): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const form = this.sorted[middle];
      const common = commonLength(form, text, at);
      const isBefore =
        common === form.length ||
        form.charCodeAt(common) < text.charCodeAt(at + common);
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** How much of the form's beginning the text has at this place. */
function commonLength(form: string, text: string, at: number): number {
  let length = 0;
  while (
    length < form.length &&
    form.charCodeAt(length) === text.charCodeAt(at + length)
  )
    length += 1;
  return length;
}
