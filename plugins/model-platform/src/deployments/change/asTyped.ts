/** With the ends of lines that a field gives, so that places in it are the same. */
export function asTyped(text: string): string {
  return text.replaceAll('\r\n', '\n');
}
