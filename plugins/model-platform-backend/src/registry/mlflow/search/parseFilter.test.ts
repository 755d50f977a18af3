import { MlflowError } from '../MlflowError';
import { parseFilter } from './parseFilter';
import { tokenize } from './tokenize';

const models = { strings: ['name'], numbers: [], lists: ['name'] };
const versions = {
  strings: ['name', 'source_path', 'run_id'],
  numbers: ['version_number'],
  lists: ['name', 'run_id'],
};

describe('parseFilter', () => {
  it.each([
    ['', []],
    [
      "name = 'iris'",
      [{ of: 'string', key: 'name', operator: '=', value: 'iris' }],
    ],
    [
      `attribute.name != "iris"`,
      [{ of: 'string', key: 'name', operator: '!=', value: 'iris' }],
    ],
    [
      "name like 'ir%' and tags.team ILIKE 'A%'",
      [
        { of: 'string', key: 'name', operator: 'LIKE', value: 'ir%' },
        { of: 'tag', key: 'team', operator: 'ILIKE', value: 'A%' },
      ],
    ],
    [
      "name NOT IN ('a', 'b''c')",
      [{ of: 'list', key: 'name', operator: 'NOT IN', value: ['a', "b'c"] }],
    ],
    [
      "name='x' AND tag.`mlflow.prompt.is_prompt` != 'true'",
      [
        { of: 'string', key: 'name', operator: '=', value: 'x' },
        {
          of: 'tag',
          key: 'mlflow.prompt.is_prompt',
          operator: '!=',
          value: 'true',
        },
      ],
    ],
    [
      `tags."a b" = 'AND'`,
      [{ of: 'tag', key: 'a b', operator: '=', value: 'AND' }],
    ],
    [
      "tags.metadata.risk = 'high'",
      [{ of: 'tag', key: 'metadata.risk', operator: '=', value: 'high' }],
    ],
    [
      "name = 'it ) or 1=1; --'",
      [{ of: 'string', key: 'name', operator: '=', value: 'it ) or 1=1; --' }],
    ],
  ])('reads %s', (filter, comparisons) => {
    expect(parseFilter(filter, models)).toEqual(comparisons);
  });

  it('reads numbers of versions, quoted or not', () => {
    const expected = [
      { of: 'number', key: 'version_number', operator: '>=', value: 2 },
    ];
    expect(parseFilter('version_number >= 2', versions)).toEqual(expected);
    expect(parseFilter("version_number>='2'", versions)).toEqual(expected);
  });

  it.each([
    [
      'foo=1',
      "Invalid attribute key 'foo' specified. Valid keys are '{'name'}'",
    ],
    [
      'name = m',
      'Parameter value is either not quoted or unidentified quote types used for string value m. Use either single or double quotes.',
    ],
    [
      'name = 5',
      'Expected a quoted string value or a list of quoted string values for attributes. Got value 5',
    ],
    ["name > 'a'", 'Invalid comparator for attribute: >'],
    ["name LIKE 'ir%' OR name='x'", 'Invalid clause(s) in filter string: OR'],
    [
      'tags.a = 5',
      "Expected a quoted string value for tag (e.g. 'my-value'). Got value 5",
    ],
    ["tag.x RLIKE 'a'", 'Invalid comparator for tag: RLIKE'],
    [
      "blah.x = 'a'",
      "Invalid entity type 'blah'. Valid entity types are ('attribute', 'tag', 'tags')",
    ],
    ['name', 'Invalid clause(s) in filter string: name'],
    [
      "name='a'; name='b'",
      `Search filter contained multiple expression "name='a'; name='b'". Provide AND-ed expression list.`,
    ],
    [
      "'x' = 'y'",
      "Invalid comparison clause. Expected 'Identifier' found ''x''",
    ],
    ["name = 'a", 'Invalid clause(s) in filter string: '],
    [
      "tags.x IN ('y')",
      "Expected a quoted string value for tag (e.g. 'my-value'). Got value ('y')",
    ],
    [
      'name IN ()',
      'While parsing a list in the query, expected a non-empty list of string values, but got empty list',
    ],
    ['name IN (5)', 'While parsing a list in the query, expected string value'],
    ['name = ', 'Invalid clause(s) in filter string: name, ='],
    ["(name = 'a'", 'Invalid clause(s) in filter string: ('],
  ])('refuses %s', (filter, message) => {
    expect(() => parseFilter(filter, models)).toThrow(message);
  });

  it.each([
    [
      'version_number = 1.5',
      "Invalid value for numeric attribute 'version_number': 1.5",
    ],
    [
      "version_number LIKE '1'",
      'Invalid comparator for attribute version_number: LIKE',
    ],
    [
      "version_number > 'a'",
      "Invalid value for numeric attribute 'version_number': 'a'",
    ],
    [
      "source_path IN ('a')",
      "Only ['name', 'run_id'] attributes support comparison with a list of quoted string values.",
    ],
    ['run_id = 5', 'attributes support comparison with numeric values.'],
  ])('refuses %s of versions', (filter, message) => {
    expect(() => parseFilter(filter, versions)).toThrow(message);
  });

  it.each([10, 1_000, 99_000])(
    'looks once at what begins like a number, be it %d digits long',
    digits => {
      const number = '1'.repeat(digits);
      for (const [text, kind] of [
        [number, 'number'],
        [`-${number}.5e-7`, 'number'],
        [`${number}a`, 'other'],
        [`${number}.`, 'other'],
        [`${number}.5.5`, 'other'],
      ]) {
        expect(tokenize(`  ${text} `)).toEqual([{ kind, text }]);
      }
    },
  );

  it('refuses filters that are too long', () => {
    const filter = `name = '${'a'.repeat(100_000)}'`;
    expect(() => parseFilter(filter, models)).toThrow(
      "'filter' exceeds the maximum length of 100000 characters",
    );
  });

  it('takes any text without failing at anything but MLflow errors', () => {
    const words = [
      'name',
      '=',
      "'a'",
      '(',
      ')',
      ',',
      'IN',
      'NOT',
      'AND',
      '`',
      '"',
      "'",
      ';',
      '5',
      '.',
      'tags.x',
      '\u{1F600}',
      '\\',
    ];
    const failures: unknown[] = [];
    let seed = 7;
    const next = () => {
      seed = (seed * 16807) % 2147483647;
      return seed;
    };
    for (let round = 0; round < 3000; round += 1) {
      const filter = Array.from(
        { length: next() % 8 },
        () => words[next() % words.length],
      ).join(next() % 2 ? ' ' : '');
      try {
        parseFilter(filter, versions);
      } catch (error) {
        if (!(error instanceof MlflowError)) failures.push([filter, error]);
      }
    }
    expect(failures).toEqual([]);
  });
});
