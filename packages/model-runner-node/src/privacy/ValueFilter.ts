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

interface Form {
  text: string;
  path: string;
  field: string;
}

/** Where a text had values. */
export interface Filtered {
  text: string;
  found: Array<{ path: string; field: string }>;
}

/** Finds values in texts, in time that does not grow with their number. */
export class ValueFilter {
  private readonly byStart = new Map<string, Form[]>();

  constructor(values: Iterable<FieldValue>) {
    const known = new Set<string>();
    for (const { value, path, field } of values) {
      for (const text of writtenForms(value)) {
        if (known.has(text)) continue;
        known.add(text);
        const start = text.slice(0, MIN_TEXT);
        const others = this.byStart.get(start);
        if (others) others.push({ text, path, field });
        else this.byStart.set(start, [{ text, path, field }]);
      }
    }
  }

  /** The text with the path of its field in place of every value. */
  replace(text: string): Filtered {
    const found: Filtered['found'] = [];
    if (this.byStart.size === 0) return { text, found };
    let clean = '';
    let from = 0;
    for (let at = 0; at + MIN_TEXT <= text.length; ) {
      const match = this.longestAt(text, at);
      if (match) {
        clean += `${text.slice(from, at)}«${match.form.path}»`;
        found.push(match.form);
        at += match.length;
        from = at;
      } else {
        at += 1;
      }
    }
    return found.length > 0
      ? { text: clean + text.slice(from), found }
      : { text, found };
  }

  private longestAt(text: string, at: number) {
    let best: { form: Form; length: number } | undefined;
    for (const form of this.byStart.get(text.slice(at, at + MIN_TEXT)) ?? []) {
      let length = MIN_TEXT;
      while (
        length < form.text.length &&
        form.text.charCodeAt(length) === text.charCodeAt(at + length)
      )
        length += 1;
      const isMatch = length === form.text.length || length >= MIN_BEGINNING;
      if (isMatch && length > (best?.length ?? 0)) best = { form, length };
    }
    return best;
  }
}
