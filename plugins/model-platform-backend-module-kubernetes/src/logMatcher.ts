import { InputError } from '@backstage/errors';
import { RE2JS } from 're2js';

/**
 * `/expression/` or `/expression/i` in RE2's syntax; anything else is text,
 * looked for in any case.
 */
export function logMatcher(pattern: string): (line: string) => boolean {
  const [, source, flags] = /^\/(.+)\/(i?)$/s.exec(pattern) ?? [];
  if (source === undefined) {
    const wanted = pattern.toLowerCase();
    return line => line.toLowerCase().includes(wanted);
  }
  try {
    const expression = RE2JS.compile(
      source,
      flags ? RE2JS.CASE_INSENSITIVE : 0,
    );
    return line => expression.matcher(line).find();
  } catch (error) {
    throw new InputError(`grep is no expression: ${error}`);
  }
}
