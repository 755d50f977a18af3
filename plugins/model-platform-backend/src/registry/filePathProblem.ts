const MAX_PARTS = 32;

/** Why a path is no safe, relative, portable one; undefined where it is. */
export function filePathProblem(path: string): string | undefined {
  if (path.includes('\\')) return 'must use / between folders';
  if (/\p{Cc}/u.test(path)) return 'must not have control characters';
  if (path.startsWith('/') || /^[a-zA-Z]:/.test(path))
    return 'must be relative to the folder of the model';
  const parts = path.split('/');
  if (parts.some(part => part === '..' || part === '.'))
    return 'must not have the parts . or ..';
  if (parts.some(part => part === '')) return 'must not have empty parts';
  if (parts.some(part => Buffer.byteLength(part) > 255))
    return 'has a part that is longer than 255 bytes';
  if (parts.length > MAX_PARTS)
    return `must have at most ${MAX_PARTS} parts between slashes`;
  return undefined;
}
