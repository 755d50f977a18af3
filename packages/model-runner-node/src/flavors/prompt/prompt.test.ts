import fs from 'node:fs';
import { WireSignatureField } from '@model-platform/model-wire';
import { LanguageModelServer } from '../../__testUtils__/LanguageModelServer';
import {
  buildRunner,
  cleanUp,
  configureLanguageModel,
  ModelUnderTest,
  refusalOf,
  RunningModel,
  serveModel,
} from '../../__testUtils__/runModel';

const KEY = 'key-of-this-test-9f27';
/** What callers send; nothing of it may be found anywhere but in answers. */
const MARK = 'marked-pw4q';

const optional = { optional: true };
const told: WireSignatureField[] = [
  { name: 'completed', type: 'boolean' },
  { name: 'rendered', type: 'object', shape: [-1], ...optional },
  { name: 'finishReason', type: 'string', ...optional },
  { name: 'usage', type: 'object', ...optional },
];

const question: ModelUnderTest = {
  flavor: 'prompt',
  signature: {
    inputs: [
      { name: 'plant', type: 'string' },
      { name: 'days', type: 'integer', minimum: 0, default: 7 },
    ],
    outputs: [{ name: 'answer', type: 'string', ...optional }, ...told],
  },
  example: { plant: 'fern' },
  files: {
    'prompt.yaml': JSON.stringify({
      messages: [
        { role: 'system', content: 'You know plants.' },
        { role: 'user', content: 'Care of {{plant}} for {{days}} days?' },
      ],
      parameters: { temperature: 0.2, maxTokens: 200, stop: ['END'], seed: 3 },
    }),
  },
};

const diagnosis: ModelUnderTest = {
  flavor: 'prompt',
  signature: {
    inputs: [{ name: 'symptoms', type: 'string', shape: [-1] }],
    outputs: [
      { name: 'cause', type: 'string', ...optional },
      { name: 'steps', type: 'string', shape: [-1], ...optional },
      { name: 'urgency', type: 'integer', ...optional },
      { name: 'completed', type: 'boolean' },
      { name: 'usage', type: 'object', ...optional },
    ],
  },
  files: {
    'prompt.yaml': JSON.stringify({
      template: 'What is wrong?{{#symptoms}} {{.}}{{/symptoms}}',
      outputSchema: {
        type: 'object',
        required: ['cause', 'steps'],
        additionalProperties: { type: 'string' },
        properties: {
          cause: { type: 'string', minLength: 3 },
          steps: { type: 'array', items: { type: 'string' }, minItems: 2 },
          urgency: { type: 'integer', minimum: 1, maximum: 3 },
        },
      },
    }),
  },
};

jest.setTimeout(120_000);

let server: LanguageModelServer;

const settings = (
  protocol: 'openai' | 'anthropic',
  more: Record<string, unknown> = {},
) => ({
  protocol,
  baseUrl: protocol === 'openai' ? `${server.url}/v1` : server.url,
  model: 'small-1',
  apiKey: KEY,
  ...more,
});

const metricsOf = async ({ url }: RunningModel) =>
  await (await fetch(`${url}/metrics`)).text();

/** The value of a series of the runner's metrics, by its name and some of its labels. */
async function counted(
  running: RunningModel,
  name: string,
  labels: Record<string, string>,
): Promise<number> {
  const wanted = Object.entries(labels).map(
    ([label, value]) => `${label}="${value}"`,
  );
  const lines = (await metricsOf(running))
    .split('\n')
    .filter(
      line =>
        line.startsWith(`${name}{`) && wanted.every(one => line.includes(one)),
    );
  expect(lines).toHaveLength(1);
  return Number(lines[0].split(' ').at(-1));
}

interface ServerSentEvent {
  event: string;
  data: any;
}

/** The events of a stream, as they come. */
async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent> {
  let rest = '';
  for await (const chunk of response.body!.pipeThrough(
    new TextDecoderStream(),
  )) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      // A sign of life, where the machine is slow.
      if (block.startsWith(':')) continue;
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block)!;
      yield { event, data: JSON.parse(data) };
    }
  }
}

async function allOf(
  events: AsyncIterable<ServerSentEvent>,
): Promise<ServerSentEvent[]> {
  const all: ServerSentEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const openStream = async (
  { url }: RunningModel,
  inputs: unknown,
  signal?: AbortSignal,
) =>
  await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { accept: 'text/event-stream' },
    body: JSON.stringify({ inputs }),
    signal,
  });

async function until(what: string, condition: () => boolean) {
  const deadline = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited for: ${what}`);
    await new Promise(done => setTimeout(done, 10));
  }
}

beforeAll(async () => {
  buildRunner();
  server = await LanguageModelServer.start(KEY);
});
beforeEach(() => server.reset());
afterAll(async () => {
  cleanUp();
  await server.stop();
});

describe('a prompt without a language model', () => {
  let running: RunningModel;
  beforeAll(async () => {
    running = await serveModel(question);
  });

  const rendered = [
    { role: 'system', content: 'You know plants.' },
    { role: 'user', content: 'Care of fern for 7 days?' },
  ];

  it('answers the rendered messages, and says so', async () => {
    expect(await running.outputs({ plant: 'fern' })).toEqual({
      answer: null,
      completed: false,
      rendered,
      finishReason: null,
      usage: null,
    });
    await until('it is logged', () =>
      running
        .log()
        .some(
          ({ level, message }) =>
            level === 'warn' &&
            message.includes('no language model is configured'),
        ),
    );
    expect(
      (
        await running.outputs([{ plant: 'fern' }, { plant: 'moss', days: 1 }])
      )[1].rendered[1].content,
    ).toBe('Care of moss for 1 days?');
  });

  it('does so as a stream and by the protocol too', async () => {
    const events = await allOf(
      eventsOf(await openStream(running, { plant: 'fern' })),
    );
    expect(events).toMatchObject([
      { event: 'outputs', data: { outputs: { completed: false, rendered } } },
    ]);
    const metadata = await running.call('GET', '/v2/models/model');
    expect(metadata.body).toMatchObject({
      platform: 'prompt',
      inputs: [
        { name: 'plant', datatype: 'BYTES' },
        { name: 'days', datatype: 'INT64' },
      ],
    });
    const { body } = await running.call('POST', '/v2/models/model/infer', {
      inputs: [
        { name: 'plant', datatype: 'BYTES', shape: [1, 1], data: ['fern'] },
        { name: 'days', datatype: 'INT64', shape: [1, 1], data: [7] },
      ],
    });
    expect(body.outputs).toContainEqual({
      name: 'rendered',
      datatype: 'BYTES',
      shape: [1, 2],
      data: rendered.map(message => JSON.stringify(message)),
    });
  });

  it('says what does not fit the signature', async () => {
    const { status, body } = await running.predict({ plant: 4, extra: 1 });
    expect(status).toBe(400);
    expect(body.error.fields).toEqual([
      { path: 'inputs.plant', message: 'must be a string, not number' },
      { path: 'inputs.extra', message: 'is not an input of this model' },
    ]);
    expect(
      (await running.call('POST', '/predict', { inputs: {}, stream: 'yes' }))
        .body.error.fields,
    ).toEqual([{ path: 'stream', message: 'must be true or false' }]);
    expect(
      (
        await running.call('POST', '/predict', {
          inputs: [{ plant: 'fern' }],
          stream: true,
        })
      ).body.error.fields,
    ).toEqual([{ path: 'inputs', message: 'must be one line, not an array' }]);
  });

  it('is run once one is configured, and no more when it is gone', async () => {
    configureLanguageModel(running.directory, settings('openai'));
    expect(await running.outputs({ plant: 'fern' })).toMatchObject({
      completed: true,
      answer: 'You said: Care of fern for 7 days?',
    });
    configureLanguageModel(
      running.directory,
      settings('anthropic', {
        apiKeyHeader: 'Authorization',
        apiVersion: '2026-10-21',
      }),
    );
    expect(await running.outputs({ plant: 'moss' })).toMatchObject({
      answer: 'You said: Care of moss for 7 days?',
    });
    configureLanguageModel(
      running.directory,
      settings('openai', { apiKey: 'wrong' }),
    );
    const { status, body } = await running.predict({ plant: 'fern' });
    expect(status).toBe(502);
    expect(body.error.message).toContain('does not accept the platform');
    fs.rmSync(`${running.directory}/language-model.json`);
    expect(await running.outputs({ plant: 'fern' })).toMatchObject({
      completed: false,
    });
  });
});

describe.each(['openai', 'anthropic'] as const)('a prompt on %s', protocol => {
  let running: RunningModel;
  beforeAll(async () => {
    running = await serveModel({
      ...question,
      languageModel: settings(protocol, {
        prices: {
          currency: 'EUR',
          inputPerMillionTokens: 2_000_000,
          outputPerMillionTokens: 10_000_000,
        },
      }),
    });
  });

  it('is asked with its parameters, and not to warm up', async () => {
    expect(server.requests).toEqual([]);
    server.next({ text: 'Water it twice.', finishReason: 'length' });
    expect(await running.outputs({ plant: 'fern', days: 3 })).toEqual({
      answer: 'Water it twice.',
      completed: true,
      rendered: null,
      finishReason: 'length',
      usage: { inputTokens: 9, outputTokens: 3 },
    });
    expect(server.requests[0].headers).toMatchObject(
      protocol === 'openai'
        ? { authorization: `Bearer ${KEY}` }
        : { 'x-api-key': KEY },
    );
    const user = { role: 'user', content: 'Care of fern for 3 days?' };
    expect(server.requests[0].body).toEqual(
      protocol === 'openai'
        ? {
            model: 'small-1',
            messages: [{ role: 'system', content: 'You know plants.' }, user],
            temperature: 0.2,
            max_tokens: 200,
            stop: ['END'],
            seed: 3,
          }
        : {
            model: 'small-1',
            system: 'You know plants.',
            messages: [user],
            temperature: 0.2,
            max_tokens: 200,
            stop_sequences: ['END'],
          },
    );
    const labels = {
      gen_ai_operation_name: 'chat',
      gen_ai_provider_name: protocol,
      gen_ai_request_model: 'small-1',
      system: 'tests',
    };
    const tokens = async (type: string) =>
      await counted(running, 'gen_ai_client_token_usage_sum', {
        ...labels,
        gen_ai_token_type: type,
      });
    expect(await tokens('input')).toBe(9);
    expect(await tokens('output')).toBe(3);
    // 9 at 2 and 3 at 10.
    expect(await counted(running, 'gen_ai_client_cost_eur_total', labels)).toBe(
      48,
    );
    expect(
      await counted(
        running,
        'gen_ai_client_operation_duration_seconds_count',
        labels,
      ),
    ).toBe(1);
  });

  it('answers a batch in order', async () => {
    const plants = Array.from({ length: 9 }, (_, index) => `plant-${index}`);
    const answers = await running.outputs(plants.map(plant => ({ plant })));
    expect(answers.map(({ answer }: { answer: string }) => answer)).toEqual(
      plants.map(plant => `You said: Care of ${plant} for 7 days?`),
    );
    server.reset();
    server.next({ text: 'One.' }, { status: 400 });
    expect(
      (await running.predict(plants.map(plant => ({ plant })))).status,
    ).toBe(502);
  });

  it('streams each piece when it comes', async () => {
    let release = () => {};
    server.next({
      text: 'Water it twice.',
      hold: new Promise(resolve => (release = resolve)),
    });
    const response = await openStream(running, { plant: 'fern' });
    expect(response.headers.get('content-type')).toBe(
      'text/event-stream; charset=utf-8',
    );
    expect(response.headers.get('x-model-version')).toBe('1');
    const events = eventsOf(response);
    // The server waits: nothing on the way does.
    expect((await events.next()).value).toEqual({
      event: 'delta',
      data: { text: 'Water ' },
    });
    release();
    expect(await allOf(events)).toEqual([
      { event: 'delta', data: { text: 'it ' } },
      { event: 'delta', data: { text: 'twice.' } },
      {
        event: 'outputs',
        data: {
          outputs: {
            answer: 'Water it twice.',
            completed: true,
            rendered: null,
            finishReason: 'stop',
            usage: { inputTokens: 9, outputTokens: 3 },
          },
          model: { name: 'model', version: 1, variant: 'main' },
          requestId: response.headers.get('x-request-id'),
        },
      },
    ]);
    expect(server.requests[0].body.stream).toBe(true);
  });

  it('waits for callers that read slowly', async () => {
    const text = 'word '.repeat(100_000);
    server.next({ text });
    const response = await openStream(running, { plant: 'fern' });
    const events = await allOf(eventsOf(response));
    expect(events.at(-1)!.data.outputs.answer).toBe(text);
    expect(events).toHaveLength(100_001);
  });

  it.each([false, true])(
    'ends what its caller does not wait for (stream: %s)',
    async stream => {
      server.next(
        stream
          ? { text: 'Water it twice.', hold: new Promise(() => {}) }
          : { hang: true },
      );
      const left = () =>
        running.log().filter(({ code }) => code === 499).length;
      const before = left();
      const leaving = new AbortController();
      const call = stream
        ? openStream(running, { plant: 'fern' }, leaving.signal).then(
            async response => await eventsOf(response).next(),
          )
        : fetch(`${running.url}/predict`, {
            method: 'POST',
            body: JSON.stringify({ inputs: { plant: 'fern' } }),
            signal: leaving.signal,
          });
      await until('the server is asked', () => server.requests.length === 1);
      if (stream) await call;
      leaving.abort();
      await call.catch(() => {});
      await until('the server is left', () => server.requests[0].isCancelled);
      await until('it is logged', () => left() > before);
      expect(server.requests).toHaveLength(1);
    },
  );

  it('tries again what may pass, as the server says', async () => {
    server.next(
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 503 },
      { text: 'At last.' },
    );
    expect((await running.outputs({ plant: 'fern' })).answer).toBe('At last.');
    expect(server.requests).toHaveLength(3);
    server.reset();
    server.next({ cut: 'Water it twice.' }, { text: 'Now.' });
    expect((await running.outputs({ plant: 'fern' })).answer).toBe('Now.');
    server.reset();
    server.next({ status: 500 }, { text: 'Now.' });
    const events = await allOf(
      eventsOf(await openStream(running, { plant: 'fern' })),
    );
    expect(events.at(-1)!.data.outputs.answer).toBe('Now.');
  });

  it.each([
    [
      'too many requests',
      Array(3).fill({ status: 429, headers: { 'retry-after': '0' } }),
      429,
      /no more requests now/,
    ],
    [
      'later than anybody waits',
      [{ status: 429, headers: { 'retry-after': '3600' } }],
      429,
      /after 3600 s/,
    ],
    [
      'failures',
      Array(3).fill({ status: 500, headers: { 'retry-after': '0' } }),
      502,
      /failed \(500\); send it again later/,
    ],
    [
      'a refusal',
      [
        {
          status: 400,
          body: { error: { type: 'invalid_request_error', message: MARK } },
        },
      ],
      502,
      /refused the prompt \(400, invalid_request_error\)/,
    ],
    [
      'too long a prompt',
      [{ status: 400, body: { error: { code: 'context_length_exceeded' } } }],
      400,
      /longer than the language model takes/,
    ],
    [
      'no such model',
      [{ status: 404 }],
      502,
      /does not know the model or the address/,
    ],
    ['no JSON', [{ raw: `<html>${MARK}` }], 502, /not of its protocol/],
    [
      'other JSON',
      [{ raw: `{"answer": "${MARK}"}` }],
      502,
      /not of its protocol/,
    ],
  ])('says what became of %s', async (_what, reactions, expected, message) => {
    server.next(...reactions);
    const { status, body } = await running.predict({ plant: MARK });
    expect(status).toBe(expected);
    expect(body.error.message).toMatch(message);
    expect(JSON.stringify(body)).not.toContain(MARK);
    expect(JSON.stringify(body)).not.toContain(KEY);
    expect(server.requests).toHaveLength(reactions.length);
    server.reset();
    server.next(...reactions);
    const response = await openStream(running, { plant: MARK });
    expect(response.status).toBe(expected);
    expect((await response.json()).error.message).toMatch(message);
  });

  it('says what became of answers that are cut off', async () => {
    server.next(...Array(3).fill({ cut: MARK }));
    const { status, body } = await running.predict({ plant: MARK });
    expect(status).toBe(502);
    expect(body.error.message).toMatch(/failed \(cut\)/);
    expect(server.requests).toHaveLength(3);
    // Some of a stream was there already: nothing is sent twice.
    server.reset();
    server.next({ cut: 'Water it twice.' });
    expect(
      await allOf(eventsOf(await openStream(running, { plant: MARK }))),
    ).toMatchObject([
      { event: 'delta', data: { text: 'Water ' } },
      { event: 'error', data: { error: { name: 'BadGatewayError' } } },
    ]);
    expect(server.requests).toHaveLength(1);
  });

  it('keeps what callers sent out of logs and metrics', async () => {
    await running.outputs({ plant: MARK });
    expect(running.log().length).toBeGreaterThan(3);
    const kept = `${JSON.stringify(running.log())}${await metricsOf(running)}`;
    expect(kept).not.toContain(MARK);
    expect(kept).not.toContain(KEY);
    expect(kept).toContain('"reason":"500"');
  });
});

describe.each(['openai', 'anthropic'] as const)('limits on %s', protocol => {
  it('are kept', async () => {
    const running = await serveModel({
      ...question,
      languageModel: settings(protocol, { timeoutSeconds: 3 }),
    });
    server.next({ hang: true });
    const { status, body } = await running.predict({ plant: 'fern' });
    expect(status).toBe(504);
    expect(body.error.message).toContain('did not answer within 3 s');
    server.next({ text: 'Water it.', hold: new Promise(() => {}) });
    const events = await allOf(
      eventsOf(await openStream(running, { plant: 'fern' })),
    );
    expect(events).toMatchObject([
      { event: 'delta' },
      { event: 'error', data: { error: { name: 'GatewayTimeoutError' } } },
    ]);
    configureLanguageModel(
      running.directory,
      settings(protocol, { baseUrl: 'http://127.0.0.1:9', retries: 0 }),
    );
    const unreachable = await running.predict({ plant: 'fern' });
    expect(unreachable.status).toBe(502);
    expect(unreachable.body.error.message).toContain('failed (unreachable)');
    expect(await metricsOf(running)).toMatch(
      /gen_ai_client_operation_duration_seconds_count{.*error_type="timeout"/,
    );
  });
});

describe.each(['openai', 'anthropic'] as const)(
  'a stream of %s that has no end',
  protocol => {
    it('is ended', async () => {
      const running = await serveModel({
        ...question,
        languageModel: settings(protocol),
      });
      await running.outputs({ plant: 'fern' });
      server.reset();
      configureLanguageModel(
        running.directory,
        settings(protocol, { timeoutSeconds: 2 }),
      );
      server.next({ endless: 'Water it.' });
      const events = await allOf(
        eventsOf(await openStream(running, { plant: 'fern' })),
      );
      expect(events.length).toBeGreaterThan(1);
      expect(events.at(-1)).toMatchObject({
        event: 'error',
        data: { error: { name: 'GatewayTimeoutError' } },
      });
      await until('the server is left', () => server.requests[0].isCancelled);
    });
  },
);

describe('a server that answers', () => {
  let running: RunningModel;
  beforeAll(async () => {
    running = await serveModel({
      ...question,
      languageModel: settings('openai', { retries: 0 }),
    });
  });
  const long = 'word '.repeat(20_000);
  const chunk = (content: string) =>
    `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;

  it('more than anybody reads is not listened to', async () => {
    server.next({
      raw: JSON.stringify({
        choices: [{ message: { content: long.repeat(90) } }],
      }),
    });
    const { status, body } = await running.predict({ plant: 'fern' });
    expect(status).toBe(502);
    expect(body.error.message).toMatch(/not of its protocol/);
    server.next({ raw: chunk(long).repeat(90) });
    const events = await allOf(
      eventsOf(await openStream(running, { plant: 'fern' })),
    );
    expect(events.at(-1)!.event).toBe('error');
    server.next({ raw: `data: ${long.repeat(90)}` });
    expect((await openStream(running, { plant: 'fern' })).status).toBe(502);
  });

  it.each([
    { prompt_tokens: 1, total_tokens: 1 },
    { prompt_tokens: '1', completion_tokens: '2' },
  ])('what it used only in part is heard all the same: %j', async usage => {
    server.next({
      raw: JSON.stringify({
        choices: [{ message: { content: 'Yes.' } }],
        usage,
      }),
    });
    expect(await running.outputs({ plant: 'fern' })).toMatchObject({
      answer: 'Yes.',
      usage: null,
    });
    const last = JSON.stringify({
      choices: [{ delta: {}, finish_reason: 'stop' }],
      usage,
    });
    server.next({ raw: `${chunk('Yes.')}data: ${last}\n\n` });
    const events = await allOf(
      eventsOf(await openStream(running, { plant: 'fern' })),
    );
    expect(events.at(-1)!.data.outputs).toMatchObject({
      answer: 'Yes.',
      usage: null,
    });
  });
});

it('both questions of a structured prompt have one limit', async () => {
  const running = await serveModel({
    ...diagnosis,
    languageModel: settings('openai', { timeoutSeconds: 3 }),
  });
  const good = JSON.stringify({ cause: 'mites', steps: ['wash', 'wait'] });
  server.next({ text: '{}', afterMs: 2000 }, { text: good, afterMs: 2000 });
  const { status, body } = await running.predict({ symptoms: ['spots'] });
  expect(status).toBe(504);
  expect(body.error.message).toContain('did not answer within 3 s');
});

describe.each([
  ['openai', 'jsonSchema'],
  ['openai', 'jsonObject'],
  ['anthropic', 'jsonSchema'],
  ['anthropic', 'prompt'],
] as const)('a structured answer on %s by %s', (protocol, structuredOutput) => {
  let running: RunningModel;
  beforeAll(async () => {
    running = await serveModel({
      ...diagnosis,
      languageModel: settings(protocol, { structuredOutput }),
    });
  });

  const good = { cause: 'mites', steps: ['wash', 'wait'], urgency: 2 };
  const bad = { cause: 'm', steps: [MARK, 7], urgency: 9, [MARK]: 4 };

  it('has the fields of the signature', async () => {
    server.next({ text: JSON.stringify(good) });
    expect(await running.outputs({ symptoms: ['spots'] })).toMatchObject({
      ...good,
      completed: true,
    });
    const { body } = server.requests[0];
    const inWords = JSON.stringify(body).includes(
      'It must fit this JSON Schema',
    );
    expect({
      schema:
        body.response_format?.json_schema?.schema ??
        body.tools?.[0].input_schema,
      inWords,
    }).toMatchObject(
      structuredOutput === 'jsonSchema'
        ? { schema: { required: ['cause', 'steps'] }, inWords: false }
        : { schema: undefined, inWords: true },
    );
    server.next({ text: JSON.stringify({ ...good, urgency: undefined }) });
    expect(await running.outputs({ symptoms: [] })).toMatchObject({
      urgency: null,
    });
  });

  it('is asked for once more where it does not fit', async () => {
    server.next({ text: JSON.stringify(bad) }, { text: JSON.stringify(good) });
    const { usage, ...answered } = await running.outputs({
      symptoms: ['spots'],
    });
    expect(answered).toEqual({ ...good, completed: true });
    // Of both attempts.
    expect(usage.outputTokens).toBe(2);
    const again = JSON.stringify(server.requests[1].body.messages);
    expect(again).toContain('An earlier answer did not fit');
    expect(again).toContain(
      'answer.cause must NOT have fewer than 3 characters',
    );
  });

  it('is refused where it does not fit again, by paths alone', async () => {
    server.next({ text: JSON.stringify(bad) }, { text: JSON.stringify(bad) });
    const { status, body } = await running.predict({ symptoms: ['spots'] });
    expect(status).toBe(502);
    expect(body.error.fields).toEqual(
      expect.arrayContaining([
        { path: 'answer.steps[1]', message: 'must be string' },
        { path: 'answer.urgency', message: 'must be <= 3' },
        { path: 'answer.*', message: 'must be string' },
      ]),
    );
    expect(JSON.stringify(body)).not.toContain(MARK);
    expect(server.requests).toHaveLength(2);
  });

  it('comes whole as a stream', async () => {
    server.next({ text: JSON.stringify(bad) }, { text: JSON.stringify(good) });
    expect(
      await allOf(eventsOf(await openStream(running, { symptoms: ['spots'] }))),
    ).toMatchObject([{ event: 'outputs', data: { outputs: good } }]);
  });
});

describe('a prompt that cannot be served', () => {
  const [answer] = question.signature.outputs;
  const changed = (
    prompt: object,
    outputs: object[] = [answer],
  ): ModelUnderTest => ({
    ...question,
    signature: {
      ...question.signature,
      outputs: outputs as ModelUnderTest['signature']['outputs'],
    },
    files: { 'prompt.yaml': JSON.stringify(prompt) },
  });
  const schema = (properties: object, required: string[] = []) => ({
    template: '{{plant}}',
    outputSchema: { type: 'object', properties, required },
  });

  it.each([
    [
      changed({ template: '{{animal}}' }),
      /\{\{animal\}\} in messages\[0\] is no input/,
    ],
    [changed({ template: '{{plant}}' }, []), /one output of type string/],
    [
      changed({ template: '{{plant}}' }, [{ name: 'usage', type: 'string' }]),
      /output 'usage' must be of type object/,
    ],
    [
      changed({ template: '{{plant}}' }, [
        answer,
        { name: 'usage', type: 'object' },
      ]),
      /output 'usage' must be optional/,
    ],
    [
      changed(schema({ cause: {} })),
      /output 'answer' is no property of outputSchema \(cause\)/,
    ],
    [
      changed(schema({ answer: { type: 'integer' } })),
      /output 'answer' is of type string, in outputSchema of integer/,
    ],
    [
      changed(schema({ answer: { type: 'string' } }), [
        { name: 'answer', type: 'string' },
      ]),
      /output 'answer' must be optional/,
    ],
    [
      changed({ template: '{{plant}}', outputSchema: { type: 'array' } }),
      /outputSchema must be of an object/,
    ],
    [
      changed(schema({ answer: { type: 'text' } })),
      /outputSchema is no JSON Schema/,
    ],
    [
      { ...question, files: { 'texts/prompt.txt': 'Hi' } },
      /There is no prompt\.yaml or prompt\.yml or prompt\.json or prompt\.txt file/,
    ],
    [
      { ...question, languageModel: { protocol: 'openai' } },
      /settings of the language model are wrong: baseUrl/,
    ],
  ])('says why (%#)', async (model, expected) => {
    expect(await refusalOf(model as ModelUnderTest)).toMatch(expected);
  });
});
