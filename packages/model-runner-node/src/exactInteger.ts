/** TypeScript's library doesn't have it yet. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** A whole number of 64 bits as `JSON.stringify` writes it with all its digits. */
export function exactInteger(value: bigint): unknown {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : rawJSON(String(value));
}
