/**
 * The lines of a text as it comes. Whoever stops reading ends the source with
 * it, which readline does not. @public
 */
export async function* readLines(
  source: AsyncIterable<Buffer>,
): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of source) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split(
      /\r?\n/,
    );
    rest = lines.pop() ?? '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
