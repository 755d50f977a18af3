/** As `ListModelsQuery` has them: by key and value, or as the API takes them. */
export type Filters = Record<string, string | string[]> | string[];

/** Filters as the address has them: `key=value`, one for each value. */
export function toFilter(filters: Filters): string[] {
  if (Array.isArray(filters)) return filters;
  return Object.entries(filters).flatMap(([key, values]) =>
    [values].flat().map(value => `${key}=${value}`),
  );
}
