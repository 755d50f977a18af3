/** Expressions that are larger are refused before they are compiled, which alone would take seconds. */
export const MAX_EXPRESSION_SIZE = 10_000;

/** A quotation, an escape, a class of characters, a counted repetition, or one character. */
const TOKEN =
  /\\Q[^]*?(?:\\E|$)|\\(?:[pP]\{[^}]*\}|x\{[^}]*\}|[^])|\[\^?\]?(?:\[:\^?\w+:\]|\\[^]|[^\]\\])*\]|\{(\d+)(?:,(\d*))?\}|[^]/g;

/** About as many instructions as an expression in RE2's syntax has once all that it counts is written out. */
export function sizeOfExpression(source: string): number {
  const open = [0];
  let last = 0;
  const add = (size: number) => {
    open[open.length - 1] += size;
    last = size;
  };
  for (const [token, least, most] of source.matchAll(TOKEN)) {
    if (least !== undefined) {
      const times = Math.max(Number(least), Number(most || 0), 1);
      const once = last;
      add(once * (times - 1));
      last = once * times;
    } else if (token === '(') {
      open.push(0);
    } else if (token === ')' && open.length > 1) {
      add((open.pop() ?? 0) + 1);
    } else if (/^[*+?]$/.test(token)) {
      // Of what stands before, which a count may still follow.
      open[open.length - 1] += 1;
    } else {
      add(token.startsWith('\\Q') ? token.length : 1);
    }
  }
  return open.reduce((sum, size) => sum + size, 0);
}
