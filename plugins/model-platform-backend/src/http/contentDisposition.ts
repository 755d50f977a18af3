/** Says under which name a file is kept; by HTTP's rules, for clients old and new. */
export function contentDisposition(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/[^\x20-\x7e]/g, '')
    .trim();
  const quoted = /^[\w!#$%&'*+.^`|~-]+$/.test(plain)
    ? plain
    : `"${(plain || 'download').replace(/["\\]/g, '\\$&')}"`;
  return `attachment; filename=${quoted}; filename*=UTF-8''${encodeURIComponent(
    name,
  ).replace(/['()*]/g, one => `%${one.charCodeAt(0).toString(16)}`)}`;
}
