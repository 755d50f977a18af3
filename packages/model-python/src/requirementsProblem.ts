/** Options of a requirements file that neither read other files nor go elsewhere. */
const HARMLESS = /^--(pre|prefer-binary|only-binary[= ]\S+|require-hashes)$/;
/** What uv takes for the end of a line, or of a comment, or nobody sees. */
const ODD_LINE_END = /(?![\t\n])(?!\r\n)[\p{Cc}\p{Zl}\p{Zp}]/u;
/** `name @ address`, an address or a path. */
const ADDRESS =
  /^\S+:\/\/|^[\w.\-[\],\s]+@|^\.{0,2}[/\\]|\.(whl|tar\.gz|zip)\b/;

/**
 * What requirements that somebody else wrote may not ask the platform for:
 * other files of the machine, other indexes, addresses.
 *
 * @returns what is wrong, with the line, to stand behind the file's name
 */
export function requirementsProblem(text: string): string | undefined {
  if (ODD_LINE_END.test(text))
    return ' must be plain text, with lines that end in a line feed';
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const comment = line.search(/(^|\s)#/);
    const asked = (comment === -1 ? line : line.slice(0, comment))
      .split(/\s+/)
      .filter(word => word !== '\\' && !word.startsWith('--hash='))
      .join(' ')
      .trim();
    if (asked === '' || HARMLESS.test(asked)) continue;
    if (asked.startsWith('-'))
      return `, line ${index + 1}: ${asked.slice(
        0,
        100,
      )} is not allowed, only packages of the index, by name`;
    if (ADDRESS.test(asked))
      return `, line ${index + 1}: ${asked.slice(
        0,
        100,
      )} comes from an address; only packages of the index, by name, are allowed`;
  }
  return undefined;
}
