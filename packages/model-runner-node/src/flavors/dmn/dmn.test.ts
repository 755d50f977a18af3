import {
  buildRunner,
  cleanUp,
  exampleModel,
  ModelUnderTest,
  refusalOf,
  serveModel,
} from '../../__testUtils__/runModel';
import { DecisionGraph } from './DecisionGraph';
import { toJson } from './feel';

jest.setTimeout(120_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

const escaped = (text: string) =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');

interface Table {
  policy: string;
  aggregation?: string;
  inputs: string[];
  outputs: Array<{ name?: string; values?: string; fallback?: string }>;
  /** Cells of the inputs, then of the outputs. */
  rules: string[][];
}

function tableXml({ policy, aggregation, inputs, outputs, rules }: Table) {
  const cell = (element: string, text: string) =>
    `<${element}><text>${escaped(text)}</text></${element}>`;
  return `<decisionTable hitPolicy="${policy}"${
    aggregation ? ` aggregation="${aggregation}"` : ''
  }>${inputs
    .map(input => `<input>${cell('inputExpression', input)}</input>`)
    .join('')}${outputs
    .map(
      ({ name, values, fallback }) =>
        `<output${name ? ` name="${name}"` : ''}>${
          values ? cell('outputValues', values) : ''
        }${fallback ? cell('defaultOutputEntry', fallback) : ''}</output>`,
    )
    .join('')}${rules
    .map(
      cells =>
        `<rule>${cells
          .map((text, index) =>
            cell(index < inputs.length ? 'inputEntry' : 'outputEntry', text),
          )
          .join('')}</rule>`,
    )
    .join('')}</decisionTable>`;
}

interface Node {
  name: string;
  needs: string[];
  logic: string;
}

/** A DMN file; inputs are `name` or `name: type`. */
function dmn(
  inputs: string[],
  decisions: Node[],
  namespace = 'https://www.omg.org/spec/DMN/20191111/MODEL/',
) {
  const names = inputs.map(input => input.split(': ')[0]);
  const id = (name: string) => `id_${name.replace(/\W/g, '_')}`;
  return `<?xml version="1.0"?><definitions xmlns="${namespace}" id="d" name="d" namespace="urn:test">${inputs
    .map(input => {
      const [name, type = 'string'] = input.split(': ');
      return `<inputData id="${id(
        name,
      )}" name="${name}"><variable name="${name}" typeRef="${type}"/></inputData>`;
    })
    .join('')}${decisions
    .map(
      ({ name, needs, logic }) =>
        `<decision id="${id(
          name,
        )}" name="${name}"><variable name="${name}"/>${needs
          .map(
            need =>
              `<informationRequirement><${
                names.includes(need) ? 'requiredInput' : 'requiredDecision'
              } href="#${id(need)}"/></informationRequirement>`,
          )
          .join('')}${logic}</decision>`,
    )
    .join('')}</definitions>`;
}

const literal = (text: string) =>
  `<literalExpression><text>${escaped(text)}</text></literalExpression>`;

async function decideTable(table: Table, row: Record<string, unknown>) {
  const graph = await DecisionGraph.read(
    dmn(Object.keys(row), [
      { name: 'Answer', needs: Object.keys(row), logic: tableXml(table) },
    ]),
  );
  const { values, fired } = graph.decide(['Answer'], row);
  return {
    value: toJson(values.Answer),
    rules: fired.map(({ rule }) => rule),
  };
}

const applicant = (
  Age: number,
  RiskCategory: string,
  isAffordable: boolean,
) => ({ Age, RiskCategory, isAffordable });
const approve = (policy: string, rules: string[][]): Table => ({
  policy,
  inputs: ['Age', 'RiskCategory', 'isAffordable'],
  outputs: [
    { name: 'Status', values: '"Approved", "Declined"' },
    {
      name: 'Rate',
      values: policy === 'UNIQUE' ? '"Best", "Standard"' : undefined,
    },
  ],
  rules,
});
const approved = (Rate: string) => ({ Status: 'Approved', Rate });
const declined = (Rate: string) => ({ Status: 'Declined', Rate });
/** The tables of the priority, output order and collect cases. */
const overlapping = [
  ['>=18', '"Medium","Low"', 'true', '"Approved"', '"Basic"'],
  ['<18', '-', '-', '"Declined"', '"Standard"'],
  ['-', '"High"', '-', '"Approved"', '"Standard"'],
];
/** Those of the first and rule order cases. */
const growing = [
  ['>=18', '"Medium"', 'true', '"Approved"', '"Best"'],
  ['>=12', '"Medium"', 'true', '"Approved"', '"Standard"'],
  ['<12', '"Low"', 'true', '"Declined"', '"Standard"'],
];
const unique = [
  ['>=18', '"Low"', 'true', '"Approved"', '"Best"'],
  ['>=18', '"Medium"', 'true', '"Approved"', '"Standard"'],
  ['<18', '"Medium","Low"', 'true', '"Declined"', '"Standard"'],
  ['-', '"High"', 'true', '"Declined"', '"Standard"'],
  ['-', '-', 'false', '"Declined"', '"Standard"'],
];
const years = (aggregation: string, cells: Array<[string, string]>): Table => ({
  policy: 'COLLECT',
  aggregation,
  inputs: ['NumOfYears'],
  outputs: [{}],
  rules: cells,
});
const salary: Array<[string, string]> = [
  ['>1', '100'],
  ['>2', '200'],
  ['>3', '300'],
  ['>5', '500'],
];
const insurance: Array<[string, string]> = [
  ['>1', '98.83'],
  ['>2', '150.21'],
  ['>3', '205.43'],
  ['>4', '64.32'],
];

describe('hit policies, by the facts of the DMN technology compatibility kit', () => {
  const cases: Array<
    [string, Table, Record<string, unknown>, unknown, number[]]
  > = [
    [
      '0010 unique',
      approve('UNIQUE', unique),
      applicant(18, 'Medium', true),
      approved('Standard'),
      [2],
    ],
    [
      '0010 unique',
      approve('UNIQUE', unique),
      applicant(17, 'Medium', true),
      declined('Standard'),
      [3],
    ],
    [
      '0010 unique',
      approve('UNIQUE', unique),
      applicant(18, 'High', true),
      declined('Standard'),
      [4],
    ],
    [
      '0108 first',
      approve('FIRST', growing),
      applicant(19, 'Medium', true),
      approved('Best'),
      [1],
    ],
    [
      '0108 first',
      approve('FIRST', growing),
      applicant(13, 'Medium', true),
      approved('Standard'),
      [2],
    ],
    [
      '0108 first',
      approve('FIRST', growing),
      applicant(10, 'Low', true),
      declined('Standard'),
      [3],
    ],
    [
      '0109 rule order',
      approve('RULE ORDER', growing),
      applicant(19, 'Medium', true),
      [approved('Best'), approved('Standard')],
      [1, 2],
    ],
    [
      '0109 rule order',
      approve('RULE ORDER', growing),
      applicant(10, 'Low', true),
      [declined('Standard')],
      [3],
    ],
    [
      '0110 output order',
      approve('OUTPUT ORDER', overlapping),
      applicant(17, 'High', true),
      [approved('Standard'), declined('Standard')],
      [3, 2],
    ],
    [
      '0110 output order',
      approve('OUTPUT ORDER', overlapping),
      applicant(19, 'Low', true),
      [approved('Basic')],
      [1],
    ],
    [
      '0118 priority',
      approve('PRIORITY', overlapping),
      applicant(17, 'High', true),
      approved('Standard'),
      [3],
    ],
    [
      '0118 priority',
      approve('PRIORITY', overlapping),
      applicant(10, 'Low', true),
      declined('Standard'),
      [2],
    ],
    [
      '0119 collect',
      approve('COLLECT', overlapping),
      applicant(17, 'High', true),
      [declined('Standard'), approved('Standard')],
      [2, 3],
    ],
    [
      '0114 collect, least',
      years('MIN', insurance),
      { NumOfYears: 5 },
      64.32,
      [1, 2, 3, 4],
    ],
    [
      '0114 collect, least',
      years('MIN', insurance),
      { NumOfYears: 4 },
      98.83,
      [1, 2, 3],
    ],
    [
      '0115 collect, sum',
      years('SUM', salary),
      { NumOfYears: 6 },
      1100,
      [1, 2, 3, 4],
    ],
    ['0115 collect, sum', years('SUM', salary), { NumOfYears: 3 }, 300, [1, 2]],
    [
      '0116 collect, count',
      years('COUNT', salary),
      { NumOfYears: 6 },
      4,
      [1, 2, 3, 4],
    ],
    ['0116 collect, count', years('COUNT', salary), { NumOfYears: 2 }, 1, [1]],
    ['collect, most', years('MAX', salary), { NumOfYears: 4 }, 300, [1, 2, 3]],
    [
      'collect, count of none',
      years('COUNT', salary),
      { NumOfYears: 0 },
      0,
      [],
    ],
    ['collect, sum of none', years('SUM', salary), { NumOfYears: 0 }, null, []],
  ];

  it.each(cases)('%s %#', async (_name, table, row, value, rules) => {
    expect(await decideTable(table, row)).toEqual({ value, rules });
  });

  const simple = (
    policy: string,
    rules: string[][],
    fallback?: string,
  ): Table => ({
    policy,
    inputs: ['Age', 'RiskCategory', 'isAffordable'],
    outputs: [{ values: '"Approved", "Declined"', fallback }],
    rules,
  });
  const any = [
    ['>=18', '"Medium","Low"', '-', '"Approved"'],
    ['<18', '-', '-', '"Declined"'],
    ['-', '"High"', '-', '"Declined"'],
    ['-', '-', 'false', '"Declined"'],
  ];

  it('0005 any: all matching rules must agree', async () => {
    expect(
      await decideTable(simple('ANY', any), applicant(18, 'Medium', true)),
    ).toEqual({ value: 'Approved', rules: [1] });
    expect(
      await decideTable(simple('ANY', any), applicant(17, 'High', true)),
    ).toEqual({ value: 'Declined', rules: [2, 3] });
    await expect(
      decideTable(simple('ANY', any), applicant(18, 'Medium', false)),
    ).rejects.toThrow(
      "Decision 'Answer': rules with unequal outputs match, but its hit policy is ANY.",
    );
    await expect(
      decideTable(simple('UNIQUE', any), applicant(17, 'High', true)),
    ).rejects.toThrow('several rules match, but its hit policy is UNIQUE');
  });

  it('gives what is said for no match, else nothing', async () => {
    const none = applicant(18, 'Unheard of', true);
    expect(await decideTable(simple('FIRST', any, '"Declined"'), none)).toEqual(
      { value: 'Declined', rules: [] },
    );
    expect(await decideTable(simple('FIRST', any), none)).toEqual({
      value: null,
      rules: [],
    });
    expect(await decideTable(simple('COLLECT', any), none)).toEqual({
      value: [],
      rules: [],
    });
    expect(
      await decideTable(simple('RULE ORDER', any, '"Declined"'), none),
    ).toEqual({ value: ['Declined'], rules: [] });
  });
});

it('0106: and and or know three values', async () => {
  const graph = await DecisionGraph.read(
    dmn(
      ['A: boolean', 'B: boolean'],
      [
        { name: 'DecisionAnd', needs: ['A', 'B'], logic: literal('A and B') },
        { name: 'DecisionOr', needs: ['A', 'B'], logic: literal('A or B') },
      ],
    ),
  );
  const of = (A: boolean | null, B: boolean | null) => {
    const { values } = graph.decide(['DecisionAnd', 'DecisionOr'], { A, B });
    return [values.DecisionAnd, values.DecisionOr];
  };
  expect([
    of(true, true),
    of(false, true),
    of(null, true),
    of(false, false),
    of(null, false),
    of(true, null),
    of(null, null),
  ]).toEqual([
    [true, true],
    [false, true],
    [null, true],
    [false, false],
    [false, null],
    [null, true],
    [null, null],
  ]);
});

it.each([
  'http://www.omg.org/spec/DMN/20180521/MODEL/',
  'https://www.omg.org/spec/DMN/20211108/MODEL/',
  'https://www.omg.org/spec/DMN/20230324/MODEL/',
])(
  'decides over names with blanks, dates and decisions before it, in %s',
  async namespace => {
    const graph = await DecisionGraph.read(
      dmn(
        ['Contract Start: date', 'Notice: dayTimeDuration'],
        [
          {
            name: 'Last Day',
            needs: ['Contract Start', 'Notice'],
            logic: literal('Contract Start + Notice'),
          },
          {
            name: 'Is Long',
            needs: ['Last Day'],
            logic: literal('Last Day > date("2024-12-31")'),
          },
        ],
        namespace,
      ),
    );
    const { values } = graph.decide(['Is Long', 'Last Day'], {
      'Contract Start': '2024-12-01',
      Notice: 'P40D',
    });
    expect(toJson(values)).toMatchObject({
      'Last Day': '2025-01-10',
      'Is Long': true,
    });
  },
);

it('the example planting-advice gives advice and the rules behind it', async () => {
  const example = exampleModel('planting-advice');
  const model = await serveModel(example);
  expect(await model.outputs(example.example)).toEqual({
    needed_rating: 5,
    place: 'raised bed',
    care: [
      'Cover it with fleece in hard frost.',
      'Dig in grit: wet roots freeze.',
    ],
    firedRules: [
      {
        decision: 'needed_rating',
        rule: 5,
        id: 'cold',
        annotations: { why: 'down to -15 °C' },
      },
      { decision: 'place', rule: 2, id: 'cold_and_wet' },
      { decision: 'care', rule: 1, id: 'fleece' },
      { decision: 'care', rule: 2, id: 'drain' },
    ],
  });
  const [warm, bitter] = await model.outputs([
    { winter_low: 8, plant_rating: 3, soil: 'fresh' },
    { winter_low: -25, plant_rating: 4, soil: 'dry', sheltered: true },
  ]);
  expect(warm).toMatchObject({ place: 'open ground', care: [] });
  expect(bitter).toMatchObject({
    needed_rating: 7,
    place: 'pot, indoors in winter',
    care: ['Water it in its first summer.'],
  });
  const wrong = await model.predict({ winter_low: 'cold', plant_rating: 9 });
  expect(wrong.body.error.fields).toEqual([
    { path: 'inputs.winter_low', message: 'must be a number, not string' },
    { path: 'inputs.plant_rating', message: 'must be at most 7' },
    { path: 'inputs.soil', message: 'is missing' },
  ]);
  const tensors = await model.call('POST', '/v2/models/planting-advice/infer', {
    inputs: [
      { name: 'winter_low', datatype: 'FP64', shape: [1, 1], data: [8] },
      { name: 'plant_rating', datatype: 'INT64', shape: [1, 1], data: [3] },
      { name: 'soil', datatype: 'BYTES', shape: [1, 1], data: ['wet'] },
    ],
    outputs: [{ name: 'firedRules' }, { name: 'care' }],
  });
  expect(tensors.body.outputs).toMatchObject([
    { datatype: 'BYTES', shape: [1, 3] },
    { datatype: 'BYTES', shape: [1, 1] },
  ]);
  expect(JSON.parse(tensors.body.outputs[0].data[0])).toMatchObject({
    decision: 'needed_rating',
    rule: 1,
  });
});

it('tells a table that contradicts itself apart from wrong requests, with the reason in the log only', async () => {
  const model = await serveModel({
    flavor: 'dmn',
    files: {
      'twice.dmn': dmn(
        ['a: number'],
        [
          {
            name: 'b',
            needs: ['a'],
            logic: tableXml({
              policy: 'UNIQUE',
              inputs: ['a'],
              outputs: [{}],
              rules: [
                ['>1', '1'],
                ['>2', '2'],
              ],
            }),
          },
        ],
      ),
    },
    signature: {
      inputs: [{ name: 'a', type: 'number' }],
      outputs: [{ name: 'b', type: 'number' }],
    },
  });
  expect(await model.outputs({ a: 2 })).toEqual({ b: 1 });
  const { status, body } = await model.predict({ a: 77777 });
  expect(status).toBe(500);
  expect(body.error.name).toBe('ModelError');
  const { stack } = model.log().findLast(line => line.stack)!;
  expect(stack).toContain(
    "Decision 'b': several rules match, but its hit policy is UNIQUE.",
  );
  expect(JSON.stringify([body, model.log()])).not.toContain('77777');
});

it('answers others beside a long batch, and ends what nobody waits for', async () => {
  const slow = await serveModel({
    flavor: 'dmn',
    files: {
      'slow.dmn': dmn(
        ['n: number'],
        [
          {
            name: 'Sum',
            needs: ['n'],
            logic: literal('sum(for i in 1..n return i * 2)'),
          },
        ],
      ),
    },
    signature: {
      inputs: [{ name: 'n', type: 'integer' }],
      outputs: [{ name: 'Sum', type: 'number' }],
    },
  });
  const leaving = new AbortController();
  const call = fetch(`${slow.url}/predict`, {
    method: 'POST',
    body: JSON.stringify({ inputs: Array(1_000).fill({ n: 50_000 }) }),
    signal: leaving.signal,
  }).catch(error => error.name);
  await slow.untilInFlight(1);
  expect(await slow.outputs([{ n: 1 }, { n: 2 }])).toEqual([
    { Sum: 2 },
    { Sum: 6 },
  ]);
  leaving.abort();
  expect(await call).toBe('AbortError');
  await slow.untilInFlight(0);
  const metrics = await (await fetch(`${slow.url}/metrics`)).text();
  expect(metrics).toMatch(/_errors_total\{.*class="CallerLeft".*\} 1$/m);
});

it('names what is not of the type that the signature says, whichever call was before', async () => {
  const model = await serveModel({
    flavor: 'dmn',
    files: {
      'discounts.dmn': dmn(
        ['plants: number'],
        [
          {
            name: 'discount',
            needs: ['plants'],
            logic: tableXml({
              policy: 'FIRST',
              inputs: ['plants'],
              outputs: [{}],
              rules: [
                ['>10', '5'],
                ['>0', '"none"'],
              ],
            }),
          },
        ],
      ),
    },
    signature: {
      inputs: [{ name: 'plants', type: 'number' }],
      outputs: [{ name: 'discount', type: 'number', maximum: 1 }],
    },
  });
  for (let call = 0; call < 2; call += 1) {
    const message = 'must be a number, not string';
    expect(await model.predict({ plants: 1 })).toMatchObject({
      status: 500,
      body: { error: { fields: [{ path: 'outputs.discount', message }] } },
    });
    // Where no rule matches there is none.
    expect(await model.outputs([{ plants: 11 }, { plants: 0 }])).toEqual([
      { discount: 5 },
      { discount: null },
    ]);
  }
});

describe('refuses', () => {
  const signature: ModelUnderTest['signature'] = {
    inputs: [{ name: 'a', type: 'number' }],
    outputs: [{ name: 'b', type: 'number' }],
  };
  const one = (logic: string, needs = ['a']) =>
    dmn(['a: number'], [{ name: 'b', needs, logic }]);
  const table = (changes: Partial<Table>) =>
    one(
      tableXml({
        policy: 'UNIQUE',
        inputs: ['a'],
        outputs: [{}],
        rules: [['1', '2']],
        ...changes,
      }),
    );

  it.each([
    [
      'what is no DMN',
      '<a/>',
      'm.dmn cannot be served: failed to parse document',
    ],
    [
      'an unknown input',
      dmn(['c: number'], [{ name: 'b', needs: ['c'], logic: literal('1') }]),
      "input 'a' is no input data of m.dmn (c)",
    ],
    [
      'an input that is not given',
      dmn(
        ['a: number', 'c: number'],
        [{ name: 'b', needs: ['a', 'c'], logic: literal('a + c') }],
      ),
      "the decisions need 'c', which is no input",
    ],
    [
      'an unknown decision',
      dmn(['a: number'], [{ name: 'x', needs: ['a'], logic: literal('a') }]),
      "output 'b' is no decision of m.dmn (x)",
    ],
    [
      'another kind of logic',
      one('<context/>'),
      "Decision 'b': a Context is not served",
    ],
    [
      'an expression that cannot be read',
      one(literal('a +')),
      "Decision 'b': cannot be read: a +",
    ],
    [
      'a name without quotes',
      table({ rules: [['low', '2']] }),
      "Decision 'b': rule 1: Variable 'low' not found",
    ],
    [
      'a priority without order',
      table({ policy: 'PRIORITY' }),
      'the hit policy PRIORITY needs the list of allowed values',
    ],
    ['a circle', one(literal('b'), ['b']), "Decision 'b' requires itself"],
  ])('%s', async (_what, xml, reason) => {
    expect(
      await refusalOf({ flavor: 'dmn', files: { 'm.dmn': xml }, signature }),
    ).toContain(reason);
  });
});
