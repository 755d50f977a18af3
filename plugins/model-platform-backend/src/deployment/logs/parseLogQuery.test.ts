import { parseLogQuery } from './parseLogQuery';

const now = new Date('2026-05-01T12:00:00Z');
const parse = (query: Record<string, string>) =>
  parseLogQuery(name => query[name], now);

describe('parseLogQuery', () => {
  it('takes durations and times, texts and expressions', () => {
    expect(parse({})).toEqual({ tail: 200 });
    for (const [since, at] of [
      ['30s', '2026-05-01T11:59:30.000Z'],
      ['10m', '2026-05-01T11:50:00.000Z'],
      ['2h', '2026-05-01T10:00:00.000Z'],
      ['1d', '2026-04-30T12:00:00.000Z'],
      ['2w', '2026-04-17T12:00:00.000Z'],
      ['2026-05-01T08:00:00+02:00', '2026-05-01T06:00:00.000Z'],
      ['2026-05-01', '2026-05-01T00:00:00.000Z'],
    ])
      expect([since, parse({ since })]).toEqual([
        since,
        { tail: 5_000, since: new Date(at) },
      ]);
    expect(
      parse({
        grep: '/time(d )?out/i',
        tail: '3',
        runner: 'iris--r2-main-0',
        variant: 'main',
        revision: '2',
      }),
    ).toEqual({
      grep: '/time(d )?out/i',
      tail: 3,
      runner: 'iris--r2-main-0',
      variant: 'main',
      revision: 2,
    });
    expect(parse({ grep: 'no (expression' }).grep).toBe('no (expression');
  });

  it.each([
    [{ since: 'soon' }, 'since must be a duration such as 30s, 10m, 2h or 1d'],
    [{ since: '10x' }, "not '10x'"],
    [{ since: '9999999d' }, 'since must be'],
    [{ grep: '/a(/' }, "grep: 'a(' is no expression of RE2: "],
    [{ grep: '/.{0,1000}.{0,1000}!/' }, 'repeat less often'],
    [{ grep: `/${'((a{30}b){30}c)'.repeat(30)}/` }, 'repeat less often'],
    [{ grep: '/(?=a)/' }, 'is no expression of RE2'],
    [{ grep: 'x'.repeat(501) }, 'grep may have 500 characters'],
    [{ tail: '5001' }, 'tail must be a whole number from 0 to 5000'],
    [{ tail: 'x' }, 'tail must be'],
    [{ revision: '0' }, 'revision must be the number of a revision'],
    [{ revision: 'two' }, 'revision must be'],
  ])('names what is wrong: %j', (query, message) => {
    expect(() => parse(query as Record<string, string>)).toThrow(message);
  });
});
