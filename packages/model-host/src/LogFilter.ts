import { RE2JS } from 're2js';
import { HostError } from './HostError';

const MAX_PATTERN = 500;
/** Instructions of an expression: each may cost a step for every character. */
const MAX_PROGRAM = 1_000;
/** Characters of a line that are looked at. */
const MAX_LINE = 4_096;
/** Looking may take as long of a minute: who supervises runners does it beside. */
const MAX_SEARCH_MS = 2_000;
const MINUTE_MS = 60_000;

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
    if (expression.programSize() > MAX_PROGRAM)
      throw new Error('it is too large; repeat less often');
    return text => expression.matcher(text).find();
  } catch (error) {
    throw HostError.input(
      `grep is no expression: ${
        error instanceof Error ? error.message : error
      }`,
    );
  }
}

/** Which JSON lines of a log are wanted. Made for one search. */
export class LogFilter {
  private searchedMs = 0;
  private searchedSince = performance.now();

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
    const begin = performance.now();
    if (begin - this.searchedSince > MINUTE_MS) {
      this.searchedSince = begin;
      this.searchedMs = 0;
    }
    if (this.searchedMs > MAX_SEARCH_MS)
      throw HostError.input(
        'grep takes too long in these logs; look for less, or since a later time',
      );
    const { at, level, message, ...facts } = fields;
    let left = MAX_LINE;
    const isWanted = [message, ...Object.values(facts)].some(value => {
      const text =
        typeof value === 'string' ? value : JSON.stringify(value) ?? '';
      const looked = text.slice(0, left);
      left -= looked.length;
      return matches(looked);
    });
    this.searchedMs += performance.now() - begin;
    return isWanted;
  }
}
