import { randomUUID } from 'node:crypto';

/** Stands in front of a whole number that is kept as text. */
const MARK = randomUUID();
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g');
/** Where texts begin and end, and numbers; also those within texts. */
const TOKENS = /\\.|"|-?\d[\d.eE+-]*/gs;

const isTooLarge = (token: string) =>
  /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token));

/** JSON whose whole numbers keep all their digits, also those beyond 2^53. */
export const exactJson = {
  /** To be written by `format` only: numbers that are too large for a number are marked texts. */
  parse(text: string): unknown {
    if (!/\d{16}/.test(text)) return JSON.parse(text);
    let isText = false;
    const marked = text.replace(TOKENS, token => {
      if (token === '"') isText = !isText;
      return !isText && isTooLarge(token) ? `"${MARK}${token}"` : token;
    });
    return JSON.parse(marked);
  },

  format(value: unknown): string {
    return JSON.stringify(value, undefined, 2).replace(MARKED, '$1');
  },
};
