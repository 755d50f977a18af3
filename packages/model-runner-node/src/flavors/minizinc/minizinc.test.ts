import {
  buildRunner,
  cleanUp,
  ModelUnderTest,
  refusalOf,
  RunningModel,
  serveModel,
} from '../../__testUtils__/runModel';

jest.setTimeout(180_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

/** Which jobs a machine takes, within its hours, for the most value. */
const jobs = `
include "rules.mzn";
enum MACHINE = {mill, lathe};
int: n;
int: hours;
array[1..n] of int: takes;
array[1..n] of float: worth;
set of int: wanted;
MACHINE: machine;
opt int: bonus;
array[1..n] of var bool: taken;
var set of 1..n: chosen;
constraint forall(i in 1..n)(taken[i] <-> i in chosen);
var int: used = sum(i in 1..n)(takes[i] * taken[i]);
var MACHINE: runs_on;
constraint within(used, hours div overhead);
constraint forall(i in wanted)(taken[i]);
constraint runs_on = machine;
solve maximize sum(i in 1..n)(takes[i] * taken[i]);
`;
const jobsModel: ModelUnderTest = {
  flavor: 'minizinc',
  files: {
    'model.mzn': jobs,
    'rules.mzn':
      'int: overhead;\npredicate within(var int: used, int: most) = used <= most;\n',
    'plant.dzn': 'overhead = 2;\n',
    'settings.mpc': '{"solver": "gecode"}',
  },
  signature: {
    inputs: [
      { name: 'n', type: 'integer', minimum: 1, maximum: 50 },
      { name: 'hours', type: 'integer' },
      { name: 'takes', type: 'integer', shape: [-1] },
      { name: 'worth', type: 'number', shape: [-1] },
      { name: 'wanted', type: 'integer', shape: [-1], default: [] },
      { name: 'machine', type: 'string', enum: ['mill', 'lathe', 'saw'] },
      { name: 'bonus', type: 'integer', optional: true },
    ],
    outputs: [
      { name: 'status', type: 'string' },
      { name: 'objective', type: 'number', optional: true },
      { name: 'gap', type: 'number', optional: true },
      { name: 'taken', type: 'boolean', shape: [-1], optional: true },
      { name: 'chosen', type: 'integer', shape: [-1], optional: true },
      { name: 'runs_on', type: 'string', optional: true },
      { name: 'solution', type: 'object', optional: true },
      { name: 'solveTimeMs', type: 'number' },
    ],
  },
  example: {
    n: 3,
    hours: 20,
    takes: [4, 5, 3],
    worth: [1, 2, 3.5],
    machine: 'mill',
  },
  timeLimitSeconds: 120,
};

describe('a MiniZinc model with includes, data and settings of its own', () => {
  let model: RunningModel;

  beforeAll(async () => {
    model = await serveModel(jobsModel);
  });

  it('is solved to the best answer', async () => {
    const outputs = await model.outputs(jobsModel.example);
    expect(outputs).toEqual({
      status: 'optimal',
      objective: 9,
      gap: 0,
      taken: [true, true, false],
      chosen: [1, 2],
      runs_on: 'mill',
      solution: {
        taken: [true, true, false],
        chosen: [1, 2],
        runs_on: 'mill',
      },
      solveTimeMs: expect.any(Number),
    });
    expect(
      await model.outputs({ ...jobsModel.example, wanted: [3] }),
    ).toMatchObject({ objective: 8, chosen: [2, 3] });
  });

  it('answers that there is no solution', async () => {
    expect(
      await model.outputs({
        ...jobsModel.example,
        hours: 2,
        wanted: [1],
      }),
    ).toEqual({
      status: 'infeasible',
      objective: null,
      gap: null,
      taken: null,
      chosen: null,
      runs_on: null,
      solution: null,
      solveTimeMs: expect.any(Number),
    });
  });

  it('refuses inputs that fit the signature but not the model, without repeating them', async () => {
    const { status, body } = await model.predict({
      ...jobsModel.example,
      takes: [987654321],
    });
    expect(status).toBe(400);
    expect(body.error.message).toMatch(
      /^The model does not take these inputs: .*error/,
    );
    const unknown = await model.predict({
      ...jobsModel.example,
      machine: 'saw',
    });
    expect(unknown.status).toBe(400);
    expect(JSON.stringify([body, unknown.body, model.log()])).not.toMatch(
      /987654321|saw/,
    );
  });
});

const endless = `
int: n;
include "globals.mzn";
array[1..n] of var 1..n: q;
constraint all_different(q);
constraint sum(i in 1..n)(q[i] * q[i] * (i mod 7)) = 123457;
solve maximize sum(i in 1..n)(q[i] * (i mod 5));
`;

it('ends from outside what does not end at its limit, and goes on', async () => {
  const model = await serveModel({
    flavor: 'minizinc',
    files: { 'endless.mzn': endless },
    signature: {
      inputs: [
        { name: 'n', type: 'integer' },
        { name: 'timeLimitSeconds', type: 'number', optional: true },
      ],
      outputs: [
        { name: 'status', type: 'string' },
        { name: 'objective', type: 'number', optional: true },
      ],
    },
    timeLimitSeconds: 30,
  });
  const answers = await Promise.all(
    Array.from({ length: 3 }, () =>
      model.outputs({ n: 40, timeLimitSeconds: 2 }),
    ),
  );
  expect(answers).toEqual(
    Array(3).fill({ status: 'unknown', objective: null }),
  );
  expect((await model.call('GET', '/v2/health/ready')).status).toBe(200);
  const { status, objective } = await model.outputs({ n: 3 });
  expect({ status, objective }).toEqual({
    status: 'infeasible',
    objective: null,
  });
});

it.each([
  ['', {}],
  [
    ' by way of endpoint code',
    {
      'endpoint.mjs':
        'export const predictBatch = (model, rows) => model.predict(rows);',
    },
  ],
])(
  'ends what its callers do not wait for, their further lines too%s',
  async (_way, code) => {
    const model = await serveModel({
      flavor: 'minizinc',
      endpoint: Object.keys(code)[0],
      files: { 'endless.mzn': endless, ...code },
      signature: {
        inputs: [{ name: 'n', type: 'integer' }],
        outputs: [{ name: 'status', type: 'string' }],
      },
      timeLimitSeconds: 3600,
    });
    const leaving = new AbortController();
    // Two are solved, one waits for its turn.
    const calls = Array.from({ length: 3 }, () =>
      fetch(`${model.url}/predict`, {
        method: 'POST',
        body: JSON.stringify({ inputs: [{ n: 40 }, { n: 40 }] }),
        signal: leaving.signal,
      }).catch(error => error.name),
    );
    await model.untilInFlight(3);
    leaving.abort();
    expect(await Promise.all(calls)).toEqual(Array(3).fill('AbortError'));
    await model.untilInFlight(0);
    expect((await model.outputs({ n: 3 })).status).toBe('infeasible');
  },
);

it('hands out the best so far where the limit comes first', async () => {
  const model = await serveModel({
    flavor: 'minizinc',
    files: {
      'slow.mzn': `int: n; array[1..n] of var 0..1: x;
        constraint forall(i in 1..n-2)(x[i] + x[i+1] + x[i+2] <= 2);
        constraint forall(i in 1..n-5)(x[i] + x[i+3] + x[i+5] <= 2);
        solve :: int_search(x, input_order, indomain_min) maximize sum(i in 1..n)(x[i] * (1 + i mod 9));`,
    },
    signature: {
      inputs: [{ name: 'n', type: 'integer' }],
      outputs: [
        { name: 'status', type: 'string' },
        { name: 'objective', type: 'number' },
        { name: 'x', type: 'integer', shape: [-1] },
      ],
    },
    example: { n: 6 },
    timeLimitSeconds: 10,
  });
  const { status, objective, x } = await model.outputs({ n: 200 });
  expect(status).toBe('feasible');
  expect(x).toHaveLength(200);
  expect(objective).toBe(
    x.reduce(
      (sum: number, value: number, at: number) =>
        sum + value * (1 + ((at + 1) % 9)),
      0,
    ),
  );
});

it.each([
  [
    'a parameter that nobody gives',
    'int: n; int: m; var 1..n: x; solve maximize x + m;',
    "parameter 'm' of the model is no input, and no data file gives it",
  ],
  [
    'inputs and outputs of other types and names',
    'array[1..2] of int: n; var 1..3: y; solve satisfy;',
    "input 'n' is of type integer, but array of int in the model; output 'x' is no variable that the model gives",
  ],
  [
    'a model that cannot be read',
    'int: n; var 1..n: x; solve maximise x;',
    'MiniZinc: ',
  ],
])('refuses %s', async (_what, text, reason) => {
  expect(
    await refusalOf({
      flavor: 'minizinc',
      files: { 'model.mzn': text },
      signature: {
        inputs: [{ name: 'n', type: 'integer' }],
        outputs: [{ name: 'x', type: 'integer' }],
      },
    }),
  ).toContain(reason);
});
