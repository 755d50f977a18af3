import { requestsInHand } from './RequestsInHand';

const MAX_TEXT = 16_384;
/** Of all texts of a line together. */
const MAX_LINE = 65_536;
const MAX_DEPTH = 8;
const MAX_MEMBERS = 100;
const MAX_PATHS = 20;

const cut = (text: string) =>
  text.length > MAX_TEXT
    ? `${text.slice(0, MAX_TEXT)}… (${text.length - MAX_TEXT} characters more)`
    : text;

/** What an error tells, and what those tell that it came from. */
function traceOf(error: Error): string {
  const parts: string[] = [];
  for (
    let cause: unknown = error;
    cause !== undefined && parts.length < 5;
    cause = cause instanceof Error ? cause.cause : undefined
  ) {
    parts.push(
      cause instanceof Error ? cause.stack ?? cause.message : String(cause),
    );
  }
  return parts.join('\ncaused by: ');
}

/**
 * What is logged, as it may be written down: bounded, and with paths of
 * fields in place of the values of requests; `replaced` names those.
 */
export function cleanFacts(
  facts: Record<string, unknown>,
): Record<string, unknown> {
  const replaced = new Set<string>();
  let left = MAX_LINE;
  const cleanText = (given: string): string => {
    if (left <= 0) return '…';
    const { text, found } = requestsInHand.replace(cut(given));
    left -= text.length;
    for (const { path } of found) replaced.add(path);
    return text;
  };
  const clean = (value: unknown, depth: number): unknown => {
    switch (typeof value) {
      case 'string':
        return cleanText(value);
      case 'number':
      case 'bigint': {
        const text = cleanText(String(value));
        return typeof value === 'number' && text === String(value)
          ? value
          : text;
      }
      case 'boolean':
      case 'undefined':
        return value;
      case 'object':
        break;
      case 'function':
        return 'a function';
      default:
        return cleanText(String(value));
    }
    if (value === null) return null;
    if (value instanceof Error) return cleanText(traceOf(value));
    if (value instanceof Date) return cleanText(String(value.toJSON()));
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (depth === MAX_DEPTH) return '…';
    if (Array.isArray(value))
      return value.slice(0, MAX_MEMBERS).map(item => clean(item, depth + 1));
    return Object.fromEntries(
      Object.entries(value)
        .slice(0, MAX_MEMBERS)
        .map(([name, member]) => [cleanText(name), clean(member, depth + 1)]),
    );
  };
  const cleaned = clean(facts, 0) as Record<string, unknown>;
  return replaced.size > 0
    ? { ...cleaned, replaced: [...replaced].slice(0, MAX_PATHS) }
    : cleaned;
}
