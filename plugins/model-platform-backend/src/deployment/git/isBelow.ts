/**
 * Whether a location of the catalog is the prefix, or lies below it at a whole
 * segment: `https://git/a` holds `https://git/a/b`, not `https://git/ab`.
 *
 * @throws URIError for what is wrongly encoded
 */
export function isBelow(location: string, prefix: string): boolean {
  const url = asRead(location);
  // What climbs out of the prefix is not below it.
  if (decodeURIComponent(url).split(/[/\\]/).includes('..')) return false;
  const start = asRead(prefix);
  return (
    url === start || url.startsWith(/[/:]$/.test(start) ? start : `${start}/`)
  );
}

/**
 * A web address as those read it who fetch it: they drop tabs and line breaks,
 * resolve dots and take `\` for `/`, so `.<tab>.` would climb unseen.
 */
function asRead(location: string): string {
  return /^https?:/i.test(location) && URL.canParse(location)
    ? new URL(location).href
    : location;
}
