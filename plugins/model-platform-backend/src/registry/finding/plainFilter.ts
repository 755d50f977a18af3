const PLAIN = /^\s*([^\s=<>!()"']+)\s*=\s*(?!\s|["'])(.*)$/s;
/** Where another comparison begins, `and` and `or` join; else they are words of the value. */
const JOINED =
  /\s(?:and|or)(?:\s*$|\s+(?:not\s|\()|\s*\(|\s+(?:[^\s=<>!()"]|"[^"]*")+\s*(?:[=<>]|!=|\s(?:not\s+)?in\s*\(|\sexists\b))/is;

/** `key=value`, with the value as it stands: what filters were before they were expressions. */
export function plainFilter(
  text: string,
): { key: string; value: string } | undefined {
  const [, key, value] = PLAIN.exec(text) ?? [];
  if (key === undefined || JOINED.test(value)) return undefined;
  return { key, value: value.trim() };
}
