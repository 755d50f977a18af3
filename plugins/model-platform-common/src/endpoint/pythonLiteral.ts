/**
 * A JSON value as Python writes it, one entry a line.
 * @public
 */
export function pythonLiteral(value: unknown, indent = ''): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  const deeper = `${indent}    `;
  if (Array.isArray(value)) {
    return `[${value.map(one => pythonLiteral(one, deeper)).join(', ')}]`;
  }
  const entries = Object.entries(value).map(
    ([name, one]) =>
      `${deeper}${JSON.stringify(name)}: ${pythonLiteral(one, deeper)},`,
  );
  return entries.length === 0 ? '{}' : `{\n${entries.join('\n')}\n${indent}}`;
}
