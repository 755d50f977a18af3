import { replaceValues } from './replaceValues';
import { ValueFilter } from './ValueFilter';

const filterOf = (...values: unknown[]) =>
  new ValueFilter(
    values.map((value, index) => ({
      field: 'x',
      path: `inputs[${index}].x`,
      value,
    })),
  );
const replaced = (text: string, ...filters: ValueFilter[]) =>
  replaceValues(text, filters).text;

describe('values of requests in texts', () => {
  it('are found whole, cut off, trimmed, and short ones only whole', () => {
    const filter = filterOf(' Alice Smith', 'abcd', 'abcdx', 'customer-1234');
    for (const [text, clean] of [
      ['name=Alice Smith.', 'name=«inputs[0].x».'],
      [
        'abcd abcdx abcdz abc',
        '«inputs[1].x» «inputs[2].x» «inputs[1].x»z abc',
      ],
      ['customer-12… customer', '«inputs[3].x»… «inputs[3].x»'],
      ['custom', 'custom'],
    ])
      expect(replaced(text, filter)).toBe(clean);
  });

  it('are told apart where they begin alike, of one request or of several', () => {
    const one = filterOf('CUST00007918', 'CUST00007919');
    const other = filterOf('CUST00007920', 'CUST000079');
    expect(replaced('CUST00007919 CUST00007920', one, other)).toBe(
      '«inputs[1].x» «inputs[0].x»',
    );
    expect(replaced('CUST00007920', other, one)).toBe('«inputs[0].x»');
  });

  it('are found among very many that begin alike', () => {
    const ids = Array.from({ length: 100_000 }, (_, id) => `CUST${1e6 + id}`);
    const text = ids.slice(-1_000).join(' ');
    const { found } = replaceValues(text, [filterOf(...ids)]);
    expect(found.map(({ path }) => path)).toEqual(
      ids.slice(-1_000).map((_, index) => `inputs[${99_000 + index}].x`),
    );
  });
});
