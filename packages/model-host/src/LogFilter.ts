import { RE2JS } from 're2js';
import { HostError } from './HostError';

const MAX_PATTERN = 500;

/**
 * `/expression/` or `/expression/i` in RE2's syntax, which takes linear time
 * whatever it is; anything else is text, looked for in any case.
 *
 * @throws HostError 400 that says what is wrong with the expression
 */
function matcherOf(pattern: string): (text: string) => boolean {
  if (pattern.length > MAX_PATTERN)
    throw HostError.input(`grep may have ${MAX_PATTERN} characters`);
  const [, source, flags] = /^\/(.+)\/(i?)$/s.exec(pattern) ?? [];
  if (source === undefined) {
    const wanted = pattern.toLowerCase();
    return text => text.toLowerCase().includes(wanted);
  }
  try {
    const expression = RE2JS.compile(
      source,
      flags ? RE2JS.CASE_INSENSITIVE : 0,
    );
    return text => expression.matcher(text).find();
  } catch (error) {
    throw HostError.input(
      `grep is no expression: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}

/** Which JSON lines of a log are wanted. */
export class LogFilter {
  private constructor(
    private readonly since: number | undefined,
    private readonly matches: ((text: string) => boolean) | undefined,
  ) {}

  /** Undefined where all are. @throws HostError 400 */
  static of(wanted: { since?: string; grep?: string }): LogFilter | undefined {
    const { since, grep } = wanted;
    if (!since && !grep) return undefined;
    return new LogFilter(
      since ? Date.parse(since) : undefined,
      grep ? matcherOf(grep) : undefined,
    );
  }

  accepts(line: string): boolean {
    const fields = Object(JSON.parse(line));
    if (this.since !== undefined && !(Date.parse(fields.at) >= this.since))
      return false;
    const { matches } = this;
    if (!matches) return true;
    const { at, level, message, ...facts } = fields;
    return [message, ...Object.values(facts)].some(value =>
      matches(typeof value === 'string' ? value : JSON.stringify(value) ?? ''),
    );
  }
}
