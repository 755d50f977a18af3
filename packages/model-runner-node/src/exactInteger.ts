/** TypeScript's library doesn't have it yet. */
const { rawJSON, isRawJSON } = JSON as typeof JSON & {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { rawJSON: string };
};

/** A whole number of 64 bits as `JSON.stringify` writes it with all its digits. */
export function exactInteger(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJSON(String(value));
}

/** The number of type `number` that is nearest to one of those, and is exact; all else as it is. */
export function nearestSafe(value: unknown): unknown {
  if (!isRawJSON(value)) return value;
  const isNegative = value.rawJSON.startsWith('-');
  return isNegative ? Number.MIN_SAFE_INTEGER : Number.MAX_SAFE_INTEGER;
}
