const MAX_LENGTH = 50;

/** A DNS label from a model's name, unique only with the suffix that the store adds. */
export function toSlug(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLocaleLowerCase('en-US')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_LENGTH)
    .replace(/^-+|-+$/g, '');
  return slug || 'model';
}

/** The n-th try where a slug is taken: `iris`, `iris-2`, `iris-3`. */
export function withSuffix(slug: string, attempt: number): string {
  if (attempt <= 1) return slug;
  const suffix = `-${attempt}`;
  return `${slug
    .slice(0, MAX_LENGTH - suffix.length)
    .replace(/-+$/, '')}${suffix}`;
}
