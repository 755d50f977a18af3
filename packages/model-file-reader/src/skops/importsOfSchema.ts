const MAX_IMPORTS = 1_000;

/**
 * Types and functions that the schema of a skops file names, `module.name`.
 * skops trusts only those it knows; its own check is made where it is loaded.
 *
 * @throws Error where they are too many to be kept.
 */
export function importsOfSchema(schema: unknown): string[] {
  const imports = new Set<string>();
  const left: unknown[] = [schema];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if (typeof node !== 'object' || node === null) continue;
    const fields = node as Record<string, unknown>;
    const module = fields.__module__ ?? fields.module_path;
    const name = fields.__class__ ?? fields.function;
    // A function's own type says nothing; its content does.
    if (typeof module === 'string' && typeof name === 'string')
      imports.add(`${module}.${name}`);
    if (imports.size > MAX_IMPORTS)
      throw new Error(`it names more than ${MAX_IMPORTS} types`);
    left.push(...Object.values(fields).filter(one => one !== undefined));
  }
  return [...imports].sort();
}
