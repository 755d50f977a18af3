import { InputError } from '@backstage/errors';
import { ComparisonOperator, FilterExpression } from './FilterExpression';
import {
  FILTER_KEYS_TEXT,
  isDateKey,
  isFilterKey,
  isFreeKey,
} from './filterKeys';
import { FilterReader, FilterToken, unescaped } from './FilterReader';
import { typedValue } from './typedValue';

const MAX_LENGTH = 4_000;
const MAX_DEPTH = 20;
const MAX_COMPARISONS = 50;
const MAX_VALUES = 100;
const SEGMENTS = /(?:"(?:[^"\\]|\\.)*"|[^".])+|(?<=^|\.)(?=\.|$)/gs;
const comparisons: Record<string, ComparisonOperator> = {
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};

class FilterParser {
  private comparisons = 0;

  constructor(private readonly reader: FilterReader) {}

  parse(): FilterExpression {
    const expression = this.either(0);
    if (this.reader.peek().type !== 'end')
      throw this.reader.expected(`'and', 'or' or the end`);
    return expression;
  }

  private either(depth: number): FilterExpression {
    return this.joined('or', () => this.all(depth));
  }

  private all(depth: number): FilterExpression {
    return this.joined('and', () => this.one(depth));
  }

  private joined(
    type: 'and' | 'or',
    next: () => FilterExpression,
  ): FilterExpression {
    const parts = [next()];
    while (this.reader.takeWord(type)) parts.push(next());
    return parts.length === 1 ? parts[0] : { type, parts };
  }

  private one(depth: number): FilterExpression {
    const { position } = this.reader.peek();
    if (depth >= MAX_DEPTH)
      throw this.reader.error(
        `parentheses and 'not' may be nested ${MAX_DEPTH} deep`,
        position,
      );
    if (this.reader.takeWord('not'))
      return { type: 'not', part: this.one(depth + 1) };
    if (this.reader.takeSign('(')) {
      const inner = this.either(depth + 1);
      if (!this.reader.takeSign(')'))
        throw this.reader.expected(`'and', 'or' or ')'`);
      return inner;
    }
    this.comparisons += 1;
    if (this.comparisons > MAX_COMPARISONS)
      throw this.reader.error(
        `a filter may have ${MAX_COMPARISONS} comparisons`,
        position,
      );
    return this.comparison();
  }

  private comparison(): FilterExpression {
    const keyToken = this.reader.peek();
    const key = this.key();
    if (this.reader.takeWord('exists')) {
      if (!isFreeKey(key))
        throw this.reader.error(
          `only metadata.<path> and evaluation.<metric> may be missing, ${key} may not`,
          keyToken.position,
        );
      return { type: 'exists', key };
    }
    const not = this.reader.takeWord('not');
    if (this.reader.takeWord('in'))
      return this.negated(Boolean(not), this.oneOf(key, keyToken));
    if (not) throw this.reader.expected(`'in'`);
    const sign = this.reader.takeSign('=', '!=', '<', '<=', '>', '>=');
    if (!sign)
      throw this.reader.expected(
        `=, !=, <, <=, >, >=, 'in', 'not in' or 'exists'`,
      );
    const operator = comparisons[sign.text];
    if (operator) return this.compare(key, keyToken, operator);
    this.requireText(key, keyToken);
    return this.negated(sign.text === '!=', {
      type: 'is',
      key,
      values: [this.value('a value').text],
    });
  }

  private negated(not: boolean, part: FilterExpression): FilterExpression {
    return not ? { type: 'not', part } : part;
  }

  private oneOf(key: string, keyToken: FilterToken): FilterExpression {
    this.requireText(key, keyToken);
    if (!this.reader.takeSign('(')) throw this.reader.expected(`'('`);
    const values: string[] = [];
    do {
      values.push(this.value('a value').text);
      if (values.length > MAX_VALUES)
        throw this.reader.expected(`no more than ${MAX_VALUES} values`);
    } while (this.reader.takeSign(','));
    if (!this.reader.takeSign(')')) throw this.reader.expected(`',' or ')'`);
    return { type: 'is', key, values };
  }

  private compare(
    key: string,
    keyToken: FilterToken,
    operator: ComparisonOperator,
  ): FilterExpression {
    const isDate = isDateKey(key);
    if (!isDate && !isFreeKey(key))
      throw this.reader.error(
        `${key} has no order; expected =, != or 'in'`,
        keyToken.position,
      );
    const wanted = isDate
      ? 'a date such as 2026-01-31 or 2026-01-31T08:00:00Z'
      : 'a number or a date such as 2026-01-31';
    const token = this.value(wanted);
    const typed = typedValue(token.text);
    if (!typed || (isDate && typed.kind !== 'date'))
      throw this.reader.expected(wanted, token);
    return { type: 'compare', key, operator, ...typed };
  }

  /** Times are points: nothing equals one but by chance. */
  private requireText(key: string, keyToken: FilterToken): void {
    if (isDateKey(key))
      throw this.reader.error(
        `${key} is a point in time; expected <, <=, > or >=`,
        keyToken.position,
      );
  }

  private key(): string {
    const token = this.reader.take();
    const segments =
      token.type === 'word'
        ? (token.text.match(SEGMENTS) ?? []).map(segment =>
            segment.startsWith('"') ? unescaped(segment.slice(1, -1)) : segment,
          )
        : [];
    if (!isFilterKey(segments))
      throw this.reader.expected(`one of ${FILTER_KEYS_TEXT}`, token);
    return segments.join('.');
  }

  private value(wanted: string): FilterToken {
    const { type } = this.reader.peek();
    if (type !== 'word' && type !== 'quoted')
      throw this.reader.expected(wanted);
    return this.reader.take();
  }
}

/**
 * Understands a filter such as
 * `type=ml and (evaluation.accuracy>=0.9 or not metadata.data.period exists)`:
 * `not` binds closer than `and`, `and` closer than `or`.
 *
 * Throws `InputError` that says where it went wrong and what was expected.
 */
export function parseFilter(text: string): FilterExpression {
  if (text.length > MAX_LENGTH) {
    throw new InputError(
      `A filter may have ${MAX_LENGTH} characters; this one has ${text.length}`,
    );
  }
  return new FilterParser(new FilterReader(text)).parse();
}
