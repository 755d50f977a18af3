import { DateTime } from 'luxon';

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
const DATE =
  /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/** What a text is beside a text. */
export type TypedValue =
  | { kind: 'number'; value: number }
  /** Milliseconds since 1970; without a zone, UTC. */
  | { kind: 'date'; value: number };

/** Undefined where it is neither a number nor a date. */
export function typedValue(text: string): TypedValue | undefined {
  if (NUMBER.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? { kind: 'number', value } : undefined;
  }
  if (DATE.test(text)) {
    const date = DateTime.fromISO(text, { zone: 'utc' });
    return date.isValid ? { kind: 'date', value: date.toMillis() } : undefined;
  }
  return undefined;
}
