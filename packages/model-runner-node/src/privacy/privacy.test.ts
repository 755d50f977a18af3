import fs from 'node:fs';
import path from 'node:path';
import {
  buildRunner,
  cleanUp,
  RunningModel,
  serveModel,
} from '../__testUtils__/runModel';

jest.setTimeout(120_000);
beforeAll(buildRunner, 60_000);
afterAll(cleanUp);

const NAME = 'Ännë "Quill" Märkwald';
const LETTER = 'first marked line\nsecond marked line of a long letter';
const AMOUNT = 1234567.25;
const PICTURE = Buffer.from('marked picture, as bytes');
const line = {
  name: NAME,
  letter: LETTER,
  amount: AMOUNT,
  few: 12345,
  tags: ['marked-tag'],
  profile: { 'marked member': { in: 'marked deep' } },
  picture: PICTURE.toString('base64'),
  how: 'short',
};

const signature = {
  inputs: [
    { name: 'name', type: 'string' as const },
    { name: 'letter', type: 'string' as const },
    { name: 'amount', type: 'number' as const },
    { name: 'few', type: 'number' as const },
    { name: 'tags', type: 'string' as const, shape: [-1] },
    { name: 'profile', type: 'object' as const },
    { name: 'picture', type: 'bytes' as const },
    { name: 'how', type: 'string' as const },
  ],
  outputs: [{ name: 'y', type: 'number' as const }],
};

const CODE = `
const untellable = name => new Proxy(new Error(name), { getPrototypeOf() { throw untellable(name); } });
export async function predict(model, inputs, { logger }) {
  const { name, letter, amount, few, tags, profile, picture, how } = inputs;
  if (how === 'print') {
    console.log('name is', name, 'and', { name }, few);
    console.log(JSON.stringify(inputs));
    console.log(letter);
    console.log(letter.slice(0, 30), '…', letter.split('\\n')[1]);
    console.log(amount, amount.toLocaleString('en-US'), Math.round(amount));
    console.log(tags, profile, picture, picture.toString('hex'));
    console.log('https://example.org/?q=' + encodeURIComponent(name));
    process.stdout.write('past the console: ' + name);
    process.stderr.write(Buffer.from('and bytes: ' + name));
    process.emitWarning('warned of ' + name);
  }
  if (how === 'log') {
    logger.info('facts', { name, amount, few, nested: [{ [tags[0]]: profile }], picture, error: new Error(name), big: 12345678901234567890n, loop: globalThis });
  }
  if (how === 'change') {
    const [tag, deep, bytes] = [tags.pop(), profile['marked member'].in, picture.toString('base64')];
    profile['marked member'].in = inputs.name = '';
    picture.fill(0);
    console.log('taken', tag, deep, bytes, name);
  }
  if (how === 'throw') throw new TypeError('no ' + name, { cause: new Error('for ' + letter) });
  if (how === 'txt') throw name + ' is text';
  if (how === 'parse') JSON.parse(name);
  if (how === 'stack') throw Object.defineProperty(new Error(name), 'stack', { get() { throw new Error(name); } });
  if (how === 'proxy') throw untellable(name);
  if (how === 'later') setTimeout(() => { throw new Error('too late for ' + name); });
  if (how === 'exit') { console.log('gone with ' + name); process.exit(3); }
  return { y: 1 };
}
`;

async function serve(): Promise<RunningModel> {
  return await serveModel({
    flavor: 'node',
    signature,
    endpoint: 'endpoint.mjs',
    files: { 'endpoint.mjs': CODE },
  });
}

const marks = [
  'nnë',
  'Quill',
  'rkwald',
  'marked',
  '1234567',
  '1,234,567',
  PICTURE.toString('base64').slice(0, 12),
  PICTURE.toString('hex').slice(0, 12),
  '6d 61 72 6b',
];

function expectNone(runner: RunningModel) {
  const text = runner.log().map(one => JSON.stringify(one));
  for (const mark of marks) expect(text.join('\n')).not.toContain(mark);
}

async function until(condition: () => boolean) {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Never came true: ${condition}`);
    await new Promise(done => setTimeout(done, 10));
  }
}

describe('what a runner writes', () => {
  it('has none of the values that were sent where code changes its inputs', async () => {
    const runner = await serve();
    const answer = await runner.predict({ ...line, how: 'change' });
    expect(answer.body.outputs).toEqual({ y: 1 });
    const wanted =
      'taken «inputs.tags» «inputs.profile» «inputs.picture» «inputs.name»';
    await until(() => runner.log().some(({ message }) => message === wanted));
    expectNone(runner);
  });

  it('has paths in place of values, however they are written, and says so', async () => {
    const runner = await serve();
    const { body } = await runner.predict({ ...line, how: 'print' });
    expect(body.outputs).toEqual({ y: 1 });
    const lines = () =>
      runner.log().filter(one => one.requestId === body.requestId);
    await until(() => lines().length >= 10);
    const messages = lines().map(({ message }) => message);
    expect(messages).toContain(
      "name is «inputs.name» and { name: '«inputs.name»' } 12345",
    );
    expect(messages).toContain('«inputs.letter»');
    expect(messages).toContain('«inputs.letter» … «inputs.letter»');
    expect(messages).toContain('https://example.org/?q=«inputs.name»');
    expect(messages).toContain('past the console: «inputs.name»');
    expect(messages).toContain('and bytes: «inputs.name»');
    expect(lines()[0]).toMatchObject({ replaced: ['inputs.name'] });
    await until(() =>
      runner.log().some(({ message }) => message.includes('warned of')),
    );
    await runner.predict([line, { ...line, how: 'log' }]);
    await until(() => runner.log().some(({ message }) => message === 'facts'));
    expect(
      runner.log().find(({ message }) => message === 'facts'),
    ).toMatchObject({
      name: '«inputs[0].name»',
      amount: '«inputs[0].amount»',
      few: 12345,
      picture: `${PICTURE.length} bytes`,
      nested: [
        {
          '«inputs[0].tags»': {
            '«inputs[0].profile»': { in: '«inputs[0].profile»' },
          },
        },
      ],
    });
    expectNone(runner);
  });

  it.each([
    [
      'throw',
      ['TypeError: no «inputs.name»', 'caused by: Error: for «inputs.letter»'],
    ],
    ['txt', ['«inputs.name» is text']],
    ['parse', ['SyntaxError: Unexpected token']],
  ])('has none in what was thrown: %s', async (how, wanted) => {
    const runner = await serve();
    const { status, body } = await runner.predict({ ...line, how });
    expect(status).toBe(500);
    for (const mark of marks) expect(JSON.stringify(body)).not.toContain(mark);
    await until(() => runner.log().some(({ level }) => level === 'error'));
    const failure = runner.log().find(({ level }) => level === 'error');
    for (const text of wanted) expect(failure?.stack).toContain(text);
    expect(failure).toMatchObject({
      requestId: body.requestId,
      replaced: expect.arrayContaining(['inputs.name']),
    });
    expectNone(runner);
  });

  it.each([
    ['stack', { error: 'Error', stack: 'what was thrown cannot be told' }],
    ['proxy', { message: 'the model failed, and what it threw is untellable' }],
  ])('outlives what cannot be told: %s', async (how, told) => {
    const runner = await serve();
    const { status, body } = await runner.predict({ ...line, how });
    expect({ status, body }).toMatchObject({
      status: 500,
      body: { error: { name: 'ModelError' } },
    });
    const { requestId } = body;
    await until(() => runner.log().some(({ level }) => level === 'error'));
    expect(runner.log().find(({ level }) => level === 'error')).toMatchObject({
      requestId,
      ...told,
    });
    expect(JSON.stringify(body)).not.toMatch(/Quill|marked/);
    expectNone(runner);
    await runner.untilInFlight(0);
    expect(await runner.outputs(line)).toEqual({ y: 1 });
  });

  it('has none in the last words of one that ends', async () => {
    const late = await serve();
    await late.predict({ ...line, how: 'later' });
    expect(await late.exitCode).toBe(1);
    expect(late.log().at(-1)).toMatchObject({
      message: 'failed outside of a call: too late for «inputs.name»',
    });
    expectNone(late);

    const ended = await serve();
    await ended.predict({ ...line, how: 'exit' }).catch(() => undefined);
    expect(await ended.exitCode).toBe(3);
    expect(ended.log().at(-1)).toMatchObject({
      message: 'gone with «inputs.name»',
    });
    expectNone(ended);
  });

  it('are its own words as they are, where a value that was sent reads alike', async () => {
    const runner = await serve();
    const alike = { ...line, name: 'refused', letter: '/predict' };
    expect((await runner.predict(alike)).status).toBe(200);
    expect((await runner.predict({})).status).toBe(400);
    const inPath = '/v2/models/marked-model/versions/marked-version/infer';
    expect((await runner.call('POST', inPath, {})).status).toBe(404);
    const own = { ...line, name: 'the model failed', how: 'throw' };
    expect((await runner.predict(own)).status).toBe(500);
    await until(() => runner.log().some(({ message }) => message === 'failed'));
    expect(runner.log().slice(-4)).toEqual([
      {
        ...{ at: expect.any(String), level: 'info', message: 'refused' },
        ...{ requestId: expect.any(String), path: '/predict', code: 400 },
        durationMs: expect.any(Number),
        ...{ requestBytes: 13, answerBytes: expect.any(Number) },
      },
      expect.objectContaining({ message: 'refused', path: '…/infer' }),
      expect.objectContaining({
        message: 'the model failed',
        stack: expect.stringContaining('TypeError: no «inputs.name»'),
      }),
      expect.objectContaining({ message: 'failed', path: '/predict' }),
    ]);
    expectNone(runner);
  });

  it('leaves nothing in its scratch folder', async () => {
    const runner = await serve();
    const form = new FormData();
    for (const [name, value] of Object.entries(line))
      if (name !== 'picture')
        form.set(
          name,
          typeof value === 'string' ? value : JSON.stringify(value),
        );
    form.set('picture', new Blob([new Uint8Array(PICTURE)]), 'picture.png');
    const answer = await fetch(`${runner.url}/predict`, {
      method: 'POST',
      body: form,
    });
    expect(await answer.json()).toMatchObject({ outputs: { y: 1 } });
    expect(fs.readdirSync(path.join(runner.directory, 'scratch'))).toEqual([]);
  });
});
