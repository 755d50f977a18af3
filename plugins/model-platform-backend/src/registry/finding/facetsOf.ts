import { typedValue } from './typedValue';

export const MAX_VALUE_LENGTH = 255;
/** Of values with a column of their own; they stand in indexes together. */
export const MAX_COLUMN_LENGTH = 120;
const MAX_KEY_LENGTH = 190;
const MAX_DEPTH = 8;

/** One value of a model, typed where it is more than a text. */
export interface Facet {
  key: string;
  value: string;
  number?: number;
  /** Milliseconds since 1970. */
  date?: number;
}

/** What a model is filtered and counted by, beside its own columns; each pair of key and value once. */
export function facetsOf(
  model: { tags: string[]; sharedWith: string[] },
  metadata: Record<string, unknown> | undefined,
  evaluation: Record<string, number> | undefined,
): Facet[] {
  const found = new Map<string, Facet>();
  const add = (key: string, value: string) => {
    if (key.length > MAX_KEY_LENGTH) return;
    const short = value.slice(0, MAX_VALUE_LENGTH);
    const typed = typedValue(value);
    found.set(`${key}\u0000${short}`, {
      key,
      value: short,
      ...(typed && { [typed.kind]: typed.value }),
    });
  };
  for (const tag of model.tags) add('tag', tag);
  for (const ref of model.sharedWith) add('sharedWith', ref);
  const walk = (path: string, value: unknown, depth: number) => {
    if (Array.isArray(value)) {
      for (const one of value) walk(path, one, depth + 1);
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= MAX_DEPTH) return;
      for (const [key, one] of Object.entries(value))
        walk(`${path}.${key}`, one, depth + 1);
    } else if (value !== undefined && value !== null) {
      add(path, String(value));
    }
  };
  walk('metadata', metadata, 0);
  walk('evaluation', evaluation, 0);
  return [...found.values()];
}
