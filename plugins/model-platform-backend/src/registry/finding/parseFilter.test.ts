import { InputError, toError } from '@backstage/errors';
import fc from 'fast-check';
import { parseModelsQuery } from '../parseModelsQuery';
import { FilterExpression } from './FilterExpression';
import { filterExpressions } from './__testUtils__/filterExpressions';
import { writeFilter } from './__testUtils__/writeFilter';
import { parseFilter } from './parseFilter';
import { plainFilter } from './plainFilter';

const is = (key: string, ...values: string[]): FilterExpression => ({
  type: 'is',
  key,
  values,
});

function refusalOf(text: string): Error | undefined {
  try {
    parseFilter(text);
    return undefined;
  } catch (error) {
    return toError(error);
  }
}

describe('parseFilter', () => {
  it('understands what it is documented to', () => {
    expect(
      parseFilter(
        `type=ml and (evaluation.accuracy>=0.9 or not metadata.data.period exists) OR tag in (a, "b c")`,
      ),
    ).toEqual({
      type: 'or',
      parts: [
        {
          type: 'and',
          parts: [
            is('type', 'ml'),
            {
              type: 'or',
              parts: [
                {
                  type: 'compare',
                  key: 'evaluation.accuracy',
                  operator: '>=',
                  kind: 'number',
                  value: 0.9,
                },
                {
                  type: 'not',
                  part: { type: 'exists', key: 'metadata.data.period' },
                },
              ],
            },
          ],
        },
        is('tag', 'a', 'b c'),
      ],
    });
    expect(parseFilter(`createdAt < 2026-01-31T08:00:00+01:00`)).toEqual({
      type: 'compare',
      key: 'createdAt',
      operator: '<',
      kind: 'date',
      value: Date.UTC(2026, 0, 31, 7),
    });
    expect(
      parseFilter(`metadata."training set".'size'=1`.replace(/'/g, '"')),
    ).toEqual(is('metadata.training set.size', '1'));
    expect(parseFilter(`owner not in ('it\\'s', x)`)).toEqual({
      type: 'not',
      part: is('owner', `it's`, 'x'),
    });
  });

  it.each([
    ['', 1, 'expected one of name, type'],
    ['color=red', 1, `found 'color'`],
    ['type', 5, `'not in' or 'exists', found the end`],
    ['type=ml and', 12, 'expected one of name'],
    ['type=ml tag=x', 9, `expected 'and', 'or' or the end, found 'tag'`],
    ['(type=ml', 9, `expected 'and', 'or' or ')'`],
    ['tag in (a,)', 11, 'expected a value'],
    ['tag in (a', 10, `expected ',' or ')'`],
    ['tag not = a', 9, `expected 'in'`],
    ['metadata.a > red', 14, 'expected a number or a date'],
    ['metadata.a > 2026-02-30', 14, 'expected a number or a date'],
    ['createdAt > 5', 13, 'expected a date such as'],
    ['createdAt = 2026-01-01', 1, 'expected <, <=, > or >='],
    ['type < 5', 1, 'type has no order'],
    ['type exists', 1, 'only metadata.<path>'],
    ['metadata..a = 1', 1, 'expected one of'],
    [`tag = "a`, 7, 'expected the quote that ends'],
    [`${'not '.repeat(25)}type=ml`, 81, 'nested 20 deep'],
  ])('says where %s went wrong', (text, position, message) => {
    expect(() => parseFilter(text)).toThrow(InputError);
    expect(() => parseFilter(text)).toThrow(`position ${position}: `);
    expect(() => parseFilter(text)).toThrow(message);
  });

  it('reads back whatever is written', () => {
    fc.assert(
      fc.property(filterExpressions(), expression => {
        expect(parseFilter(writeFilter(expression))).toEqual(expression);
      }),
      { numRuns: 1_000 },
    );
  });

  it('understands or refuses any text, within its end', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc
        .array(
          fc.constantFrom(
            ...['type', 'metadata.a', 'evaluation."x y"', '=', '!=', '<=', '>'],
            ...['and', 'or', 'not', 'in', 'exists', '(', ')', ',', '"', "'"],
            ...['0.9', '2026-01-31', 'red', '\\', ' ', '"a b"'],
          ),
          { maxLength: 15 },
        )
        .map(parts => parts.join(' ')),
    );
    fc.assert(
      fc.property(texts, text => {
        const refused = refusalOf(text);
        const [, position = '1'] =
          /position (\d+): /.exec(refused?.message ?? '') ?? [];
        expect(refused === undefined || refused instanceof InputError).toBe(
          true,
        );
        expect(Number(position)).toBeGreaterThanOrEqual(1);
        expect(Number(position)).toBeLessThanOrEqual(text.length + 1);
      }),
      { numRuns: 2_000 },
    );
  });

  it('bounds what one filter may ask', () => {
    const many = Array.from({ length: 51 }, () => 'type=ml').join(' or ');
    expect(() => parseFilter(many)).toThrow('50 comparisons');
    expect(() => parseFilter('x'.repeat(5_000))).toThrow('4000 characters');
    const values = Array.from({ length: 101 }, (_, index) => index).join(',');
    expect(() => parseFilter(`tag in (${values})`)).toThrow('100 values');
  });
});

describe('plainFilter', () => {
  it('takes key=value as it stands, as ever', () => {
    for (const value of [
      'cox regression (v2), black and white',
      'https://data.example/?a=b&c=<d>',
      `it's "so"`,
      '',
      'sand or gravel',
    ])
      expect(plainFilter(` metadata.method = ${value} `)).toEqual({
        key: 'metadata.method',
        value,
      });
  });

  it('leaves comparisons that are joined to the grammar', () => {
    for (const text of [
      'type=ml and risk=high',
      'type=ml or not risk=high',
      'type=ml and (risk=high)',
      'type=ml and(risk=high)',
      'type=ml or tag in (a)',
      'type=ml and metadata.a exists',
      'type=ml AND evaluation."a b" > 1',
      'type=ml and',
      'type="ml"',
      'type =  "ml"',
      'type!=ml',
      'evaluation.accuracy>=0.9',
      'not type=ml',
    ])
      expect(plainFilter(text)).toBeUndefined();
  });

  it('is one of several filters, all of which must hold', () => {
    const parsed = parseModelsQuery({
      filter: ['type=ml', 'type=prompt', 'risk!=high', 'createdAt>2026-01-01'],
    });
    expect([...parsed.where]).toEqual([
      ['type', ['ml', 'prompt']],
      ['archived', ['false']],
    ]);
    expect(parsed.filter).toMatchObject({
      type: 'and',
      parts: [{ type: 'not' }, { type: 'compare' }],
    });
    expect([
      ...parseModelsQuery({ filter: ['not archived=false'] }).where,
    ]).toEqual([]);
    expect(() => parseModelsQuery({ filter: ['color=red'] })).toThrow(
      `found 'color'`,
    );
  });
});
