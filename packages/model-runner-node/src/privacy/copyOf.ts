/** All the way down, of inputs that were read by a signature, which ends them. */
export function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (Buffer.isBuffer(value)) return Buffer.from(value);
  if (value instanceof Date || ArrayBuffer.isView(value))
    return structuredClone(value);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, copyOf(member)]),
  );
}
