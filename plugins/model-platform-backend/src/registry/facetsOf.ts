const MAX_VALUE_LENGTH = 255;
const MAX_KEY_LENGTH = 190;
const MAX_DEPTH = 8;

/** What a model is filtered and counted by, beside its own columns: `[key, value]`, each pair once. */
export function facetsOf(
  model: { tags: string[]; sharedWith: string[] },
  metadata: Record<string, unknown> | undefined,
): Array<[string, string]> {
  const found = new Map<string, [string, string]>();
  const add = (key: string, value: string) => {
    if (key.length > MAX_KEY_LENGTH) return;
    const short = value.slice(0, MAX_VALUE_LENGTH);
    found.set(`${key}\u0000${short}`, [key, short]);
  };
  for (const tag of model.tags) add('tag', tag);
  for (const ref of model.sharedWith) add('sharedWith', ref);
  for (const key of ['theme', 'risk']) {
    const value = metadata?.[key];
    if (typeof value === 'string') add(key, value);
  }
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
  return [...found.values()];
}

/** What words are looked for in, lower case. */
export function searchTextOf(
  model: {
    name: string;
    slug: string;
    description: string;
    tags: string[];
    type: string;
  },
  metadata: Record<string, unknown> | undefined,
): string {
  const texts: string[] = [
    model.name,
    model.slug,
    model.type,
    model.description,
    ...model.tags,
  ];
  const walk = (value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number')
      texts.push(String(value));
    else if (typeof value === 'object' && value !== null)
      Object.values(value).forEach(walk);
  };
  walk(metadata);
  return texts.join('\n').toLocaleLowerCase('en-US').slice(0, 100_000);
}
