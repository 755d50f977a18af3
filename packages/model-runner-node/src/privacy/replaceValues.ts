import { Filtered, Match, ValueFilter } from './ValueFilter';
import { MIN_TEXT } from './writtenForms';

/**
 * The text with the path of its field in place of every value. Of values that
 * begin alike, of one request or of several, the longest is meant.
 */
export function replaceValues(text: string, filters: ValueFilter[]): Filtered {
  const found: Filtered['found'] = [];
  let clean = '';
  let from = 0;
  for (let at = 0; at + MIN_TEXT <= text.length; ) {
    let match: Match | undefined;
    for (const filter of filters) {
      const one = filter.longestAt(text, at);
      if (one && one.length > (match?.length ?? 0)) match = one;
    }
    if (match) {
      clean += `${text.slice(from, at)}«${match.place.path}»`;
      found.push(match.place);
      at += match.length;
      from = at;
    } else {
      at += 1;
    }
  }
  return { text: clean + text.slice(from), found };
}
