const MAX_WORD_LENGTH = 64;
const MIN_PART_LENGTH = 3;
/** A run of letters and digits; scripts that are written without spaces count by character. */
const WORD =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}]|(?:(?![\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}])[\p{L}\p{N}\p{M}])+/gu;
const PIECE = /\p{Lu}+(?!\p{Ll})|\p{Lu}?[\p{Ll}\p{Lo}\p{M}]+|\p{N}+/gu;

/**
 * The words of what somebody looks for: lower case, without accents, each
 * once. Databases are given these and never a text: each would split it into
 * words of its own.
 */
export function searchWords(text: string): string[] {
  return [...new Set((text.match(WORD) ?? []).map(fold).filter(Boolean))];
}

/** As `searchWords`, and the pieces of compounds: `CustomerChurn2` is also `customer`, `churn` and `2`. */
export function indexedWords(text: string): string[] {
  const words = new Set<string>();
  for (const word of text.match(WORD) ?? []) {
    for (const one of [word, ...(word.match(PIECE) ?? [])]) {
      const folded = fold(one);
      if (folded) words.add(folded);
    }
  }
  return [...words];
}

/** Where inside a word one may begin to type: `boost` of `xgboost`. */
export function partsOf(words: string[]): string[] {
  const parts = new Set<string>();
  for (const word of words) {
    const letters = [...word];
    for (let at = 1; at <= letters.length - MIN_PART_LENGTH; at += 1)
      parts.add(letters.slice(at).join(''));
  }
  return [...parts];
}

function fold(word: string): string {
  const folded = word
    .normalize('NFKD')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[^\p{L}\p{N}]/gu, '');
  return [...folded].slice(0, MAX_WORD_LENGTH).join('');
}
