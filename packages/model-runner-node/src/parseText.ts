/** Half of a pair of surrogates, which is no text; whole pairs and other escapes are passed over. */
const ESCAPES = /\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|u([dD][89a-fA-F])|[^])/g;

/** @throws SyntaxError where the text is not JSON, or what it holds is no Unicode */
export function parseText(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Most texts have none, which this tells far sooner than looking at each escape.
  if (text.includes('\\ud') || text.includes('\\uD'))
    for (const [, half] of text.matchAll(ESCAPES))
      if (half) throw new SyntaxError('Half a pair of surrogates');
  return value;
}
