/** The word that was likely meant, if one is close: at most two edits away, and fewer than half of it. */
export function nearestWord(
  given: string,
  words: string[],
): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const word of words) {
    const distance = editDistance(
      given.toLocaleLowerCase('en-US'),
      word.toLocaleLowerCase('en-US'),
    );
    if (
      distance <= 2 &&
      distance < word.length / 2 &&
      (!best || distance < best.distance)
    ) {
      best = { word, distance };
    }
  }
  return best?.word;
}

/** Levenshtein's distance, row by row. */
function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const substitution =
        previous[column - 1] + (left[row - 1] === right[column - 1] ? 0 : 1);
      current.push(
        Math.min(substitution, previous[column] + 1, current[column - 1] + 1),
      );
    }
    previous = current;
  }
  return previous[right.length];
}
