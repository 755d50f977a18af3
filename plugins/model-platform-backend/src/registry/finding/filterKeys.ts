/** Keys with a column of their own. */
export const COLUMN_KEYS = [
  'type',
  'theme',
  'owner',
  'system',
  'lifecycle',
  'risk',
  'visibility',
  'complete',
] as const;
const OTHER_KEYS = ['tag', 'archived'];
const FREE_KEYS = ['metadata', 'evaluation'];
const MAX_SEGMENTS = 9;

/** What only filters know. */
export const NAME_KEY = 'name';
export const DATE_KEYS = ['createdAt', 'updatedAt'] as const;

export type ColumnKey = (typeof COLUMN_KEYS)[number];
export type DateKey = (typeof DATE_KEYS)[number];

export const isColumnKey = (key: string): key is ColumnKey =>
  COLUMN_KEYS.some(one => one === key);

/** Its column of `registry_models`. */
export const columnOf = (key: ColumnKey): string =>
  key === 'complete' ? 'metadata_complete' : key;

export const isDateKey = (key: string): key is DateKey =>
  DATE_KEYS.some(one => one === key);

/** `metadata.<path>` and `evaluation.<metric>`, which a model may have or not. */
export function isFreeKey(key: string): boolean {
  return FREE_KEYS.some(one => key.startsWith(`${one}.`));
}

/** What models can be counted by. */
export function isFacetKey(key: string): boolean {
  return isColumnKey(key) || OTHER_KEYS.includes(key) || isPath(key.split('.'));
}

/** What models can be filtered by; a segment may have dots in it. */
export function isFilterKey(segments: string[]): boolean {
  const key = segments.join('.');
  return (
    isFacetKey(key) || isDateKey(key) || key === NAME_KEY || isPath(segments)
  );
}

function isPath(segments: string[]): boolean {
  return (
    FREE_KEYS.includes(segments[0]) &&
    segments.length > 1 &&
    segments.length <= MAX_SEGMENTS &&
    segments.every(Boolean)
  );
}

const listed = [...COLUMN_KEYS, ...OTHER_KEYS];
export const FACET_KEYS_TEXT = [
  ...listed,
  'metadata.<path>',
  'evaluation.<metric>',
].join(', ');
export const FILTER_KEYS_TEXT = [
  NAME_KEY,
  ...listed,
  ...DATE_KEYS,
  'metadata.<path>',
  'evaluation.<metric>',
].join(', ');
