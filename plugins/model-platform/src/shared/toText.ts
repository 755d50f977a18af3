/** Metadata of any shape as text: schemas differ by system. */
export function toText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(toText).filter(Boolean).join(', ');
  if (typeof value === 'object') {
    return Object.entries(value)
      .map(([name, one]) => `${name}: ${toText(one)}`)
      .join('; ');
  }
  return String(value);
}
