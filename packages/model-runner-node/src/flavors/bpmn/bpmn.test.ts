import { createSecretKey } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import {
  buildRunner,
  cleanUp,
  ModelUnderTest,
  refusalOf,
  RunningModel,
  serveModel,
  STATE_KEY,
} from '../../__testUtils__/runModel';
import { StateSeal } from './StateSeal';

jest.setTimeout(120_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

const loan: ModelUnderTest = {
  slug: 'loan',
  flavor: 'bpmn',
  files: {
    'loan.bpmn': { copyOf: path.join(__dirname, '__fixtures__/loan.bpmn') },
  },
  signature: {
    inputs: [
      { name: 'plants', type: 'integer', optional: true },
      { name: 'approved', type: 'boolean', optional: true },
      { name: 'keeper', type: 'string', optional: true },
      { name: 'state', type: 'string', optional: true },
      { name: 'signal', type: 'string', optional: true },
    ],
    outputs: [
      { name: 'status', type: 'string' },
      { name: 'deposit', type: 'number', optional: true },
      { name: 'result', type: 'string', optional: true },
      { name: 'waitingFor', type: 'object', shape: [-1] },
      { name: 'state', type: 'string', optional: true },
    ],
  },
  example: { plants: 2 },
};

const handOver = {
  id: 'hand_over',
  type: 'UserTask',
  name: 'Hand the plants over',
};
const approve = {
  id: 'approve',
  type: 'UserTask',
  name: 'Approve a large loan',
};

describe('a process with user tasks', () => {
  let runner: RunningModel;

  beforeAll(async () => {
    runner = await serveModel(loan, { STATE_KEY });
  });

  it('runs to its wait states and its end, on any runner that has the key', async () => {
    const started = await runner.outputs({ plants: 9 });
    expect(started).toEqual({
      status: 'waiting',
      deposit: 180,
      result: null,
      waitingFor: [approve],
      state: expect.stringMatching(/^[\w-]+$/),
    });
    const approved = await runner.outputs({
      state: started.state,
      signal: 'approve',
      approved: true,
    });
    expect(approved).toMatchObject({
      status: 'waiting',
      deposit: 180,
      waitingFor: [handOver],
    });
    const other = await serveModel(loan, { STATE_KEY });
    expect(
      await other.outputs({
        state: approved.state,
        signal: 'hand_over',
        keeper: 'Pat',
      }),
    ).toEqual({
      status: 'completed',
      deposit: 180,
      result: 'lent, handed over by Pat',
      waitingFor: [],
      state: null,
    });
    // What was handed out before still is what it was.
    expect(
      await runner.outputs({
        state: started.state,
        signal: 'approve',
        approved: false,
      }),
    ).toMatchObject({ status: 'completed', result: null });
  });

  it('takes the way of its conditions', async () => {
    expect(await runner.outputs({ plants: 5 })).toMatchObject({
      status: 'waiting',
      deposit: 100,
      waitingFor: [handOver],
    });
  });

  it('stays where it is without a signal', async () => {
    const { state } = await runner.outputs({ plants: 9 });
    expect(await runner.outputs({ state })).toMatchObject({
      status: 'waiting',
      waitingFor: [approve],
    });
  });

  it('refuses every state that this version has not handed out', async () => {
    const { state } = await runner.outputs({ plants: 9 });
    const refused = async (running: RunningModel, given: string) => {
      const { status, body } = await running.predict({
        state: given,
        signal: 'approve',
      });
      return [status, body.error?.fields];
    };
    const answer = [
      400,
      [
        {
          path: 'inputs.state',
          message:
            'must be a state that this version of the model has handed out, unchanged',
        },
      ],
    ];
    const flipped = (at: number) => {
      const bytes = Buffer.from(state, 'base64url');
      bytes[at < 0 ? bytes.length + at : at] ^= 1;
      return bytes.toString('base64url');
    };
    for (const forged of [
      '',
      'nothing',
      'A'.repeat(400),
      state.slice(0, -8),
      flipped(0),
      flipped(40),
      flipped(-1),
    ])
      expect(await refused(runner, forged)).toEqual(answer);
    const others = await Promise.all([
      serveModel({ ...loan, version: 2 }, { STATE_KEY }),
      serveModel({ ...loan, slug: 'loan-of-tools' }, { STATE_KEY }),
      serveModel({ ...loan, id: 'of-the-same-slug' }, { STATE_KEY }),
      serveModel({ ...loan, digest: 'sha256:other' }, { STATE_KEY }),
      serveModel(loan, {
        STATE_KEY: Buffer.alloc(32, 8).toString('base64url'),
      }),
    ]);
    for (const other of others)
      expect(await refused(other, state)).toEqual(answer);
    expect((await refused(runner, state))[0]).toBe(200);
  });

  it('hands out no code, and runs its own whatever comes back', async () => {
    const { state } = await runner.outputs({ plants: 9 });
    const seal = new StateSeal(
      createSecretKey(STATE_KEY, 'base64url'),
      JSON.parse(
        fs.readFileSync(path.join(runner.directory, 'model.json'), 'utf8'),
      ),
    );
    const opened = seal.open(state) as { definitions: object[] };
    expect(JSON.stringify(opened)).toContain('plants');
    expect(JSON.stringify(opened)).not.toContain('environment.output');
    const other = seal.seal({
      ...opened,
      definitions: opened.definitions.map(definition => ({
        ...definition,
        source: '{}',
      })),
    });
    expect(
      await runner.outputs({ state: other, signal: 'approve', approved: true }),
    ).toMatchObject({ status: 'waiting', waitingFor: [handOver] });
  });

  it('refuses signals that nobody waits for', async () => {
    const { state } = await runner.outputs({ plants: 9 });
    const wrong = await runner.predict({ state, signal: 'hand_over' });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error.fields).toEqual([
      {
        path: 'inputs.signal',
        message: 'must be one that is waited for: approve',
      },
    ]);
    const stateless = await runner.predict({ signal: 'approve' });
    expect(stateless.body.error.fields).toEqual([
      {
        path: 'inputs.signal',
        message: 'needs the state of the process that it is for',
      },
    ]);
  });

  it('hands out nothing that can be read, and writes nothing down', async () => {
    const { state } = await runner.outputs({
      plants: 9,
      keeper: 'Marked Keeper',
    });
    expect(Buffer.from(state, 'base64url').toString('latin1')).not.toMatch(
      /Marked|plants|approve/,
    );
    expect(JSON.stringify(runner.log())).not.toContain('Marked');
  });
});

const processOf = (elements: string) => `<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="urn:test">
<process id="p" isExecutable="true">${elements}</process></definitions>`;
const script = (code: string, language = 'javascript') =>
  processOf(
    `<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/><scriptTask id="t" scriptFormat="${language}"><script><![CDATA[${code}]]></script></scriptTask>`,
  );
const signature: ModelUnderTest['signature'] = {
  inputs: [
    { name: 'word', type: 'string' },
    { name: 'state', type: 'string', optional: true },
  ],
  outputs: [
    { name: 'status', type: 'string' },
    { name: 'waitingFor', type: 'object', shape: [-1] },
    { name: 'state', type: 'string', optional: true },
  ],
};
const serve = (xml: string) =>
  serveModel(
    { flavor: 'bpmn', files: { 'p.bpmn': xml }, signature },
    { STATE_KEY },
  );

it('hands a timer out as a wait state, and goes on when its time has come', async () => {
  const runner = await serve(
    processOf(`<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="pause"/>
      <intermediateCatchEvent id="pause"><timerEventDefinition><timeDuration xsi:type="tFormalExpression">PT2S</timeDuration></timerEventDefinition></intermediateCatchEvent>
      <sequenceFlow id="g" sourceRef="pause" targetRef="e"/><endEvent id="e"/>`),
  );
  let last = await runner.outputs({ word: 'a' });
  expect(last).toMatchObject({
    status: 'waiting',
    waitingFor: [{ id: 'pause', type: 'IntermediateCatchEvent' }],
  });
  const deadline = Date.now() + 30_000;
  while (last.status === 'waiting' && Date.now() < deadline) {
    await new Promise(done => setTimeout(done, 100));
    last = await runner.outputs({ word: 'a', state: last.state });
  }
  expect(last).toEqual({ status: 'completed', waitingFor: [], state: null });
});

it.each([
  [
    'throws',
    script('throw new TypeError(environment.variables.word)'),
    "The process failed at activity 't'",
  ],
  ['never ends', script('for (;;);'), "The process failed at activity 't'"],
  [
    'goes round in circles',
    processOf(
      `<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/><task id="t"/><sequenceFlow id="g" sourceRef="t" targetRef="u"/><task id="u"/><sequenceFlow id="h" sourceRef="u" targetRef="t"/>`,
    ),
    'The process failed at activity',
  ],
  [
    'goes round in circles by timers',
    processOf(
      `<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/><scriptTask id="t" scriptFormat="js"><script>setTimeout(next, 1)</script></scriptTask><sequenceFlow id="g" sourceRef="t" targetRef="u"/><task id="u"/><sequenceFlow id="h" sourceRef="u" targetRef="t"/>`,
    ),
    'The process failed at activity',
  ],
  [
    'throws in a timer',
    script(
      'setTimeout(() => { throw new TypeError(environment.variables.word); }, 1)',
    ),
    "The process failed at activity 't' (TypeError)",
  ],
  [
    'never ends in a timer',
    script('setTimeout(() => { for (;;); }, 1)'),
    "The process failed at activity 't'",
  ],
  [
    'throws nothing that has a name',
    script('setTimeout(() => { throw undefined; }, 1)'),
    "The process failed at activity 't'",
  ],
  [
    'leaves a rejected promise',
    script('Promise.reject(new TypeError(environment.variables.word)); next()'),
    "The process failed at activity 't' (TypeError)",
  ],
  [
    'throws after it has waited for a promise',
    script(
      '(async () => { await new Promise(done => setTimeout(done, 1)); throw new TypeError(environment.variables.word); })()',
    ),
    "The process failed at activity 't' (TypeError)",
  ],
])(
  'a process that %s fails its call, not the runner',
  async (_what, xml, reason) => {
    const runner = await serve(xml);
    const { status, body } = await runner.predict({ word: 'Marked' });
    expect(status).toBe(500);
    expect(body.error.name).toBe('ModelError');
    expect(runner.log().findLast(line => line.stack)!.stack).toContain(reason);
    expect(JSON.stringify([body, runner.log()])).not.toContain('Marked');
    expect((await runner.call('GET', '/v2/health/ready')).status).toBe(200);
  },
);

it('a process that nobody waits for any more ends, its further lines too', async () => {
  const runner = await serve(script('setTimeout(next, 100000)'));
  const leaving = new AbortController();
  const call = fetch(`${runner.url}/predict`, {
    method: 'POST',
    body: JSON.stringify({ inputs: Array(50).fill({ word: 'a' }) }),
    signal: leaving.signal,
  }).catch(error => error.name);
  await runner.untilInFlight(1);
  leaving.abort();
  expect(await call).toBe('AbortError');
  await runner.untilInFlight(0);
});

it('answers what scripts give variables as JSON has it', async () => {
  const runner = await serveModel(
    {
      flavor: 'bpmn',
      files: {
        'p.bpmn': script(
          'environment.output.at = new Date(environment.variables.time); next();',
        ),
      },
      signature: {
        inputs: [{ name: 'time', type: 'number' }],
        outputs: [{ name: 'at', type: 'datetime' }],
      },
    },
    { STATE_KEY },
  );
  expect(await runner.outputs({ time: 0 })).toEqual({
    at: '1970-01-01T00:00:00.000Z',
  });
});

it('variables may have any name', async () => {
  const runner = await serveModel(
    {
      flavor: 'bpmn',
      files: {
        'p.bpmn': script(
          'environment.output.said = environment.variables.toString; next();',
        ),
      },
      signature: {
        inputs: [{ name: 'toString', type: 'string' }],
        outputs: [{ name: 'said', type: 'string', optional: true }],
      },
    },
    { STATE_KEY },
  );
  expect(await runner.outputs({ toString: 'words' })).toEqual({
    said: 'words',
  });
});

describe('refuses', () => {
  it.each([
    [
      'services',
      processOf(
        '<startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/><serviceTask id="t"/>',
      ),
      "'t' is a ServiceTask, and there is no service to call",
    ],
    [
      'other languages',
      script('x', 'groovy'),
      "'t' is written in groovy; JavaScript is served",
    ],
    [
      'scripts that cannot be read',
      script('next('),
      "the script of 't' cannot be read",
    ],
    [
      'what cannot be run',
      processOf('').replace('isExecutable="true"', ''),
      'no process in it is executable',
    ],
    ['what is no BPMN', 'hello', 'p.bpmn cannot be served'],
  ])('%s', async (_what, xml, reason) => {
    expect(
      await refusalOf(
        { flavor: 'bpmn', files: { 'p.bpmn': xml }, signature },
        { STATE_KEY },
      ),
    ).toContain(reason);
  });

  it('to hand states out in the clear', async () => {
    expect(await refusalOf(loan)).toContain(
      'STATE_KEY is not in the environment',
    );
  });
});
