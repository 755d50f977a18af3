import { invalidParameter } from '../MlflowError';
import { checkLength } from '../validation';

/** One word of a filter, as it was written. */
export interface Token {
  kind:
    | 'identifier'
    | 'string'
    | 'number'
    | 'operator'
    | 'list'
    | 'word'
    | 'other';
  text: string;
  /** Of a list. */
  items?: Token[];
}

/** In characters. */
const MAX_FILTER = 100_000;

/**
 * One alternative each: quoted with ', quoted with " or `, what begins like a
 * number, operator, word, anything else. What begins like a number is taken
 * whole, whether it is one or not: looked at again from each of its digits, a
 * long one would keep the process from everything else.
 */
const TOKEN =
  /\s*(?:('(?:[^']|'')*')|((?:[A-Za-z_][\w]*\.)?(?:"[^"]*"|`[^`]*`))|(-?\d[\w.]*(?:(?<=[eE])[+-]\d+)?)|(!=|<>|>=|<=|=|<|>)|([A-Za-z_][\w]*(?:\.[\w-]+)*)|(\S))/y;
const NUMBER = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const WORD_OPERATOR = /^(like|ilike|rlike|in|not|is)$/i;

/** Splits a filter into its words. Throws where it is too long. */
export function tokenize(filter: string): Token[] {
  checkLength(MAX_FILTER, { filter });
  const tokens: Token[] = [];
  const text = filter.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) break;
    const [, single, quoted, number, operator, word, other] = match;
    if (single !== undefined) tokens.push({ kind: 'string', text: single });
    else if (quoted !== undefined)
      tokens.push({ kind: 'identifier', text: quoted });
    else if (number !== undefined)
      tokens.push({
        kind: NUMBER.test(number) ? 'number' : 'other',
        text: number,
      });
    else if (operator !== undefined)
      tokens.push({ kind: 'operator', text: operator });
    else if (word === undefined) tokens.push({ kind: 'other', text: other });
    else if (/^and$|^or$/i.test(word))
      tokens.push({ kind: 'word', text: word });
    else if (WORD_OPERATOR.test(word))
      tokens.push({ kind: 'operator', text: word });
    else tokens.push({ kind: 'identifier', text: word });
  }
  return withLists(filter, tokens);
}

/** Puts what is between parentheses into one token. */
function withLists(filter: string, tokens: Token[]): Token[] {
  const result: Token[] = [];
  let open: Token[] | undefined;
  for (const token of tokens) {
    if (token.text === ';') {
      throw invalidParameter(
        `Search filter contained multiple expression ${JSON.stringify(
          filter,
        )}. Provide AND-ed expression list.`,
      );
    }
    if (token.kind === 'other' && token.text === '(' && !open) {
      open = [];
    } else if (token.kind === 'other' && token.text === ')' && open) {
      const items = open.filter(item => item.text !== ',');
      result.push({
        kind: 'list',
        text: `(${items.map(item => item.text).join(', ')})`,
        items,
      });
      open = undefined;
    } else {
      (open ?? result).push(token);
    }
  }
  return open ? [...result, { kind: 'other', text: '(' }, ...open] : result;
}
