import {
  MAX_EXPRESSION_SIZE,
  sizeOfExpression,
} from '@model-platform/model-wire';
import { RE2JS } from 're2js';
import { HostError } from './HostError';
import { SearchBudget } from './SearchBudget';

const MAX_PATTERN = 500;
/** Instructions of an expression: each may cost a step for every character. */
const MAX_PROGRAM = 1_000;
/** Characters of a line that are looked at. */
const MAX_LINE = 4_096;
const tooLarge = () => new Error('it is too large; repeat less often');

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
    if (sizeOfExpression(source) > MAX_EXPRESSION_SIZE) throw tooLarge();
    const expression = RE2JS.compile(
      source,
      flags ? RE2JS.CASE_INSENSITIVE : 0,
    );
    if (expression.programSize() > MAX_PROGRAM) throw tooLarge();
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
  private constructor(
    private readonly since: number | undefined,
    private readonly matches: ((text: string) => boolean) | undefined,
    private readonly budget: SearchBudget,
  ) {}

  /** Undefined where all are. @throws HostError 400 */
  static of(
    wanted: { since?: string; grep?: string },
    budget: SearchBudget,
  ): LogFilter | undefined {
    const { since, grep } = wanted;
    if (!since && !grep) return undefined;
    return new LogFilter(
      since ? Date.parse(since) : undefined,
      grep ? matcherOf(grep) : undefined,
      budget,
    );
  }

  /** @throws HostError 503 where searches have taken all that they may */
  accepts(line: string): boolean {
    const fields = Object(JSON.parse(line));
    if (this.since !== undefined && !(Date.parse(fields.at) >= this.since))
      return false;
    return this.acceptsNew(line, fields);
  }

  /** Whatever time a line says that is written only now. @throws HostError as above */
  acceptsNew(line: string, fields = Object(JSON.parse(line))): boolean {
    const { matches, budget } = this;
    if (!matches) return true;
    if (budget.isSpent)
      throw HostError.unavailable(
        'grep takes too long: the searches of this minute have taken all that they may; look for less, since a later time, or again in a minute',
      );
    const begin = performance.now();
    const { at, level, message, ...facts } = fields;
    let left = MAX_LINE;
    const isWanted = [message, ...Object.values(facts)].some(value => {
      const text =
        typeof value === 'string' ? value : JSON.stringify(value) ?? '';
      const looked = text.slice(0, left);
      left -= looked.length;
      return matches(looked);
    });
    budget.spend(performance.now() - begin);
    return isWanted;
  }
}
