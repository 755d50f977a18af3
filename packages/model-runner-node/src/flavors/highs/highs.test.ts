import {
  buildRunner,
  cleanUp,
  exampleModel,
  ModelUnderTest,
  refusalOf,
  RunningModel,
  serveModel,
} from '../../__testUtils__/runModel';

jest.setTimeout(120_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

describe('the example ward-staffing', () => {
  let ward: RunningModel;

  beforeAll(async () => {
    ward = await serveModel(exampleModel('ward-staffing'));
  });

  it('is solved to the best answer, which the inputs change', async () => {
    const first = await ward.outputs({ needed: [4, 8, 10, 7, 12, 4] });
    expect(first).toEqual({
      status: 'optimal',
      objective: expect.any(Number),
      gap: 0,
      solution: {
        begin_00: expect.any(Number),
        begin_04: expect.any(Number),
        begin_08: expect.any(Number),
        begin_12: expect.any(Number),
        begin_16: expect.any(Number),
        begin_20: expect.any(Number),
      },
      solveTimeMs: expect.any(Number),
    });
    const starts = (outputs: { solution: Record<string, number> }) =>
      Object.values(outputs.solution);
    const needed = [4, 8, 10, 7, 12, 4];
    const begin = starts(first);
    needed.forEach((people, block) =>
      expect(begin[block] + begin[(block + 5) % 6]).toBeGreaterThanOrEqual(
        people,
      ),
    );
    expect(first.objective).toBe(bestByHand(needed, 240, 310));
    const dear = await ward.outputs({ needed, night_cost: 500, day_cost: 100 });
    expect(dear.objective).toBe(bestByHand(needed, 100, 500));
  });

  it('answers that there is no solution', async () => {
    expect(
      await ward.outputs({ needed: [4, 8, 10, 7, 12, 4], nurses: 3 }),
    ).toEqual({
      status: 'infeasible',
      objective: null,
      gap: null,
      solution: null,
      solveTimeMs: expect.any(Number),
    });
  });

  it('counts how solves ended, what they took and their gaps', async () => {
    const text = await (await fetch(`${ward.url}/metrics`)).text();
    const value = (name: string, more = '') =>
      Number(
        new RegExp(`^${name}\\{${more}.*\\} (\\S+)$`, 'm').exec(text)?.[1],
      );
    expect(value('model_runner_solves_total', 'status="optimal"')).toBe(2);
    expect(value('model_runner_solves_total', 'status="infeasible"')).toBe(1);
    expect(value('model_runner_solve_duration_seconds_count')).toBe(3);
    expect(value('model_runner_solve_gap_ratio_bucket', 'le="0"')).toBe(2);
  });

  it('takes a batch, and refuses what does not fit by field', async () => {
    const batch = await ward.outputs([
      { needed: [1, 0, 0, 0, 0, 0] },
      { needed: [0, 1, 0, 0, 0, 0], timeLimitSeconds: 2 },
    ]);
    expect(batch.map(({ objective }: any) => objective)).toEqual([310, 240]);
    const wrong = await ward.predict({ needed: [1, 2], day_cost: -1 });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error.fields).toEqual([
      { path: 'inputs.needed', message: 'must have 6 elements, not 2' },
      { path: 'inputs.day_cost', message: 'must be at least 0' },
    ]);
    const longer = await ward.predict({
      needed: [0, 0, 0, 0, 0, 0],
      timeLimitSeconds: 60,
    });
    expect(longer.status).toBe(400);
    expect(longer.body.error.fields).toEqual([
      {
        path: 'inputs.timeLimitSeconds',
        message: 'must be more than 0 and at most 5',
      },
    ]);
  });

  it('speaks the Open Inference Protocol with a tensor a field', async () => {
    const route = '/v2/models/ward-staffing';
    expect((await ward.call('GET', route)).body).toMatchObject({
      platform: 'lp_highs',
      inputs: [
        { name: 'needed', datatype: 'INT64', shape: [-1, 6] },
        { name: 'day_cost', datatype: 'FP64', shape: [-1, 1] },
        { name: 'night_cost', datatype: 'FP64', shape: [-1, 1] },
        { name: 'nurses', datatype: 'INT64', shape: [-1, 1] },
        { name: 'timeLimitSeconds', datatype: 'FP64', shape: [-1, 1] },
      ],
    });
    const { status, body } = await ward.call('POST', `${route}/infer`, {
      inputs: [
        {
          name: 'needed',
          datatype: 'INT64',
          shape: [2, 6],
          data: [
            [1, 0, 0, 0, 0, 0],
            [0, 1, 0, 0, 0, 0],
          ],
        },
      ],
      outputs: [{ name: 'objective' }, { name: 'solution' }],
    });
    expect(status).toBe(200);
    expect(body.outputs[0]).toEqual({
      name: 'objective',
      datatype: 'FP64',
      shape: [2, 1],
      data: [310, 240],
    });
    expect(JSON.parse(body.outputs[1].data[1])).toMatchObject({
      begin_20: 0,
    });
  });
});

/** The least cost by trying: six numbers, each as large as the largest need at most. */
function bestByHand(needed: number[], day: number, night: number): number {
  const most = Math.max(...needed);
  let best = Infinity;
  // The last block's beginners cover its need with those of the block before.
  for (let b0 = 0; b0 <= most; b0 += 1)
    for (let b1 = Math.max(0, needed[1] - b0); b1 <= most; b1 += 1)
      for (let b2 = Math.max(0, needed[2] - b1); b2 <= most; b2 += 1)
        for (let b3 = Math.max(0, needed[3] - b2); b3 <= most; b3 += 1)
          for (let b4 = Math.max(0, needed[4] - b3); b4 <= most; b4 += 1) {
            const b5 = Math.max(0, needed[5] - b4, needed[0] - b0);
            best = Math.min(
              best,
              night * (b0 + b5) + day * (b1 + b2 + b3 + b4),
            );
          }
  return best;
}

const outputs: ModelUnderTest['signature']['outputs'] = [
  { name: 'status', type: 'string' },
  { name: 'objective', type: 'number', optional: true },
  { name: 'x', type: 'number', optional: true },
];
const inputs: ModelUnderTest['signature']['inputs'] = [
  { name: 'cost', type: 'number' },
];

const freeMps = `NAME tiny
ROWS
 N cost
 L limit
COLUMNS
 x cost {{cost}} limit 1
RHS
 rhs limit 4
ENDATA
`;

/** An assignment whose costs leave the solver much to prove. */
function hardLp(): string {
  const size = 60;
  const names = Array.from({ length: size }, (_, i) => `x${i}`);
  let seed = 7;
  const next = () => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return 1000 + (seed % 1000);
  };
  const rows = Array.from(
    { length: 12 },
    (_, row) =>
      ` r${row}: ${names
        .map(name => `${next()} ${name}`)
        .join(' + ')} - 100000 s${row} + 0 x = ${60_000 + row}`,
  );
  return `Minimize
 cost: {{cost}} x + ${rows.map((_, row) => `s${row}`).join(' + ')}
Subject To
${rows.join('\n')}
Binary
 ${names.join(' ')}
End
`;
}

describe('HiGHS', () => {
  it('answers whole numbers as whole as it knows them, and none that are not', async () => {
    const model = await serveModel({
      flavor: 'highs',
      files: {
        'share.lp':
          'Maximize\n gain: x\nSubject To\n limit: x <= {{limit}}\nEnd\n',
      },
      signature: {
        inputs: [{ name: 'limit', type: 'number' }],
        outputs: [{ name: 'x', type: 'integer', optional: true }],
      },
    });
    for (let call = 0; call < 2; call += 1) {
      expect(await model.outputs({ limit: 2.9999999 })).toEqual({ x: 3 });
      const message = 'must be an integer, not number';
      expect(await model.predict({ limit: 2.5 })).toMatchObject({
        status: 500,
        body: { error: { fields: [{ path: 'outputs.x', message }] } },
      });
      // There is no solution.
      expect(await model.outputs({ limit: -1 })).toEqual({ x: null });
    }
  });

  it('takes MPS as well, and tells unbounded from infeasible', async () => {
    const model = await serveModel({
      flavor: 'highs',
      files: { 'tiny.mps': freeMps },
      signature: { inputs, outputs },
      example: { cost: -1 },
    });
    expect(await model.outputs({ cost: -2.5 })).toEqual({
      status: 'optimal',
      objective: -10,
      x: 4,
    });
    const open = await serveModel({
      flavor: 'highs',
      files: {
        'open.lp':
          'Maximize\n gain: {{cost}} x\nSubject To\n least: x >= 1\nEnd\n',
      },
      signature: { inputs, outputs },
    });
    expect(await open.outputs({ cost: 1 })).toEqual({
      status: 'unbounded',
      objective: null,
      x: null,
    });
    expect(await open.outputs({ cost: -3 })).toMatchObject({
      status: 'optimal',
      objective: -3,
    });
  });

  it('refuses numbers that it cannot read, and fails where it can read none', async () => {
    const ranged = (limit: string): ModelUnderTest => ({
      flavor: 'highs',
      files: {
        'ranged.lp': `Maximize\n gain: x\nSubject To\n limit: {{weight}} x <= ${limit}\n floor: x >= {{floor}}\nEnd\n`,
      },
      signature: {
        inputs: ['weight', 'floor'].map(name => ({ name, type: 'number' })),
        outputs: [{ name: 'x', type: 'number', optional: true }],
      },
    });
    const plain = { weight: 2, floor: 1 };
    const refused = {
      status: 400,
      body: {
        error: {
          message:
            'The model does not take these inputs: HiGHS cannot read it with them. Coefficients of constraints must be below 1e15, bounds and right-hand sides below 1e20.',
        },
      },
    };
    // Read before any call, and by the first one.
    for (const example of [plain, undefined]) {
      const model = await serveModel({ ...ranged('8'), example });
      for (const wrong of [{ weight: 1e16 }, { floor: 1e20 }]) {
        expect(await model.predict({ ...plain, ...wrong })).toMatchObject(
          refused,
        );
        expect(await model.outputs(plain)).toEqual({ x: 4 });
      }
    }
    const broken = await serveModel(ranged('-1e20'));
    expect(await broken.predict(plain)).toMatchObject({
      status: 500,
      body: { error: { name: 'ModelError' } },
    });
    expect(await refusalOf({ ...ranged('-1e20'), example: plain })).toContain(
      'HiGHS cannot read ranged.lp: readModel failed',
    );
  });

  it('ends at its limit with what it has, and goes on with the next call', async () => {
    const model = await serveModel({
      flavor: 'highs',
      files: { 'hard.lp': hardLp() },
      signature: {
        inputs: [
          ...inputs,
          { name: 'timeLimitSeconds', type: 'number', optional: true },
        ],
        outputs: [outputs[0], { name: 'solveTimeMs', type: 'number' }],
      },
      timeLimitSeconds: 3,
    });
    const { status } = await model.outputs({ cost: 1, timeLimitSeconds: 0.5 });
    expect(['feasible', 'unknown']).toContain(status);
    expect((await model.call('GET', '/v2/health/ready')).status).toBe(200);
    expect(
      (await model.predict({ cost: 1, timeLimitSeconds: 0.2 })).status,
    ).toBe(200);
  });

  it.each([
    [
      'a place without an input',
      { 'm.lp': 'Minimize\n c: {{price}} x\nSubject To\n r: x >= 1\nEnd\n' },
      "The signature does not fit the model: {{price}} is no input of the signature; input 'cost' has no place {{cost}} in the model.",
    ],
    [
      'an output that is no variable',
      { 'm.lp': 'Minimize\n c: {{cost}} y\nSubject To\n r: y >= 1\nEnd\n' },
      "The signature does not fit: output 'x' is no variable of m.lp.",
    ],
    [
      'text that is no model',
      { 'm.lp': 'hello {{cost}}' },
      'HiGHS cannot read m.lp: it has no variables.',
    ],
    [
      'no file',
      {},
      'There is no .lp or .mps file among the files of the version.',
    ],
    [
      'two files',
      { 'a.lp': 'x', 'b.lp': 'y' },
      'There are several .lp or .mps files (a.lp, b.lp).',
    ],
  ])('refuses %s', async (_what, files, reason) => {
    expect(
      await refusalOf({
        flavor: 'highs',
        files: files as Record<string, string>,
        signature: { inputs, outputs },
        example: { cost: 1 },
      }),
    ).toContain(reason);
  });
});
