import { Model } from '@model-platform/plugin-model-platform-common';

/** Paths of the metadata that some models have, e.g. `data.period`; for choosing among them. */
export function fieldsOf(models: Model[]): string[] {
  const found = new Set<string>();
  const walk = (value: unknown, path: string) => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value))
        walk(inner, path ? `${path}.${name}` : name);
    } else if (path) {
      found.add(path);
    }
  };
  for (const { metadata } of models) walk(metadata, '');
  return [...found].sort();
}
