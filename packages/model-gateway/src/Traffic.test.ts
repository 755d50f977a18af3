import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request, ServerResponse } from 'node:http';
import {
  CallOptions,
  freePort,
  OTHER,
  routeOf,
  TestGateway,
  TOKEN,
  until,
} from './__testUtils__/TestGateway';

jest.setTimeout(240_000);

const gateway = new TestGateway();
const { call, metric, put, upstream } = gateway;
const agent = new Agent({ keepAlive: true });

/** Says nothing but its name. */
async function named(name: string): Promise<string> {
  return await upstream((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => response.end(name));
  });
}

/** What `count` calls were answered with, in their order, sixteen at a time. */
async function answersOf(
  count: number,
  callOf: (index: number) => CallOptions & { path: string },
): Promise<string[]> {
  const answers: string[] = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      const { path, ...options } = callOf(index);
      const answer = await call(path, { body: '{}', agent, ...options });
      expect(answer).toMatchObject({ status: 200 });
      answers[index] = answer.text;
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return answers;
}

function countsOf(names: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) {
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Of the χ² test of counts against shares in percent. */
function chiSquare(
  counts: Record<string, number>,
  shares: Record<string, number>,
): number {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  return Object.entries(shares).reduce((sum, [name, share]) => {
    const expected = (total * share) / 100;
    return sum + ((counts[name] ?? 0) - expected) ** 2 / expected;
  }, 0);
}

/** With three variants, and so two degrees of freedom, χ² is larger by chance once in e^(30/2): 3 million times. */
const CHI_SQUARE_BOUND = 30;

/** Labels of a variant's series, as they stand in the text. */
function labelsOf(endpoint: string, variant: string, version: number): string {
  return `system="plants",model="${endpoint}",version="${version}",environment="local",endpoint="${endpoint}",variant="${variant}",revision="1"`;
}

beforeAll(gateway.start, 60_000);

afterAll(async () => {
  agent.destroy();
  await gateway.stop();
});

describe('shares of traffic', () => {
  const shares = { big: 60.3, middle: 29.6, small: 10.1 };
  let variants: Record<string, { weight: number; urls: string[] }>;
  const weighted = (weights: Record<string, number>) =>
    Object.fromEntries(
      Object.entries(weights).map(([name, weight]) => [
        name,
        { weight, urls: variants[name].urls },
      ]),
    );

  beforeAll(async () => {
    variants = {};
    for (const name of ['big', 'middle', 'small', 'none']) {
      variants[name] = { weight: 0, urls: [await named(name)] };
    }
  });

  it('are kept to a tenth of a percent, of calls and of callers', async () => {
    const stickiness = { by: 'header' as const, name: 'X-Customer' };
    await put(
      routeOf('shares', weighted({ ...shares, none: 0 }), { stickiness }),
    );
    const byWeight = countsOf(
      await answersOf(10_000, () => ({ path: '/shares/predict' })),
    );
    expect(chiSquare(byWeight, shares)).toBeLessThan(CHI_SQUARE_BOUND);
    expect(byWeight).not.toHaveProperty('none');
    // The same callers each time this test runs, and so the same counts.
    const byKey = countsOf(
      await answersOf(10_000, index => ({
        path: '/shares/predict',
        headers: { 'x-customer': `customer-${index}` },
      })),
    );
    expect(chiSquare(byKey, shares)).toBeLessThan(CHI_SQUARE_BOUND);
    expect(byKey).not.toHaveProperty('none');
  });

  it('change for those alone whose share moved', async () => {
    const stickiness = { by: 'header' as const, name: 'x-customer' };
    const under = async (weights: Record<string, number>) => {
      await put(routeOf('moving', weighted(weights), { stickiness }));
      return await answersOf(3_000, index => ({
        path: '/moving/predict',
        headers: { 'x-customer': `customer-${index}` },
      }));
    };
    const moves = (before: string[], after: string[]) =>
      countsOf(
        after.flatMap((name, index) =>
          name === before[index] ? [] : [`${before[index]} to ${name}`],
        ),
      );
    // Six standard deviations of 3,000 callers, of whom a tenth moves.
    const isTenth = (count: number) =>
      expect(Math.abs(count - 300)).toBeLessThan(6 * Math.sqrt(270));

    const first = await under({ big: 90, small: 10 });
    expect(moves(first, await under({ big: 90, small: 10 }))).toEqual({});
    const second = await under({ big: 80, small: 20 });
    const moved = moves(first, second);
    expect(Object.keys(moved)).toEqual(['big to small']);
    isTenth(moved['big to small']);

    // All give to a new one in proportion.
    const third = await under({ big: 72, middle: 10, small: 18 });
    const joined = moves(second, third);
    expect(Object.keys(joined).sort()).toEqual([
      'big to middle',
      'small to middle',
    ]);
    isTenth(joined['big to middle'] + joined['small to middle']);

    // Back again: the same callers, and nobody else.
    expect(moves(third, await under({ big: 80, small: 20 }))).toEqual({
      'middle to big': joined['big to middle'],
      'middle to small': joined['small to middle'],
    });
  });

  it('leave a caller with its variant, at every gateway, by header, cookie and JSON', async () => {
    const another = await gateway.startProgram();
    const { url: otherUrl, adminUrl: otherAdmin } = another.addresses();
    const sources: Array<{
      stickiness: NonNullable<Parameters<typeof routeOf>[2]>['stickiness'];
      of: (key: string) => CallOptions;
    }> = [
      {
        stickiness: { by: 'header', name: 'X-Customer' },
        of: key => ({ headers: { 'x-customer': key } }),
      },
      {
        stickiness: { by: 'cookie', name: 'visitor' },
        of: key => ({ headers: { cookie: `a=b; visitor=${key}; visitors=x` } }),
      },
      {
        stickiness: { by: 'json', name: 'inputs.customerId' },
        of: key => ({
          body: JSON.stringify({ inputs: { customerId: key, age: 41 } }),
          headers: { 'content-type': 'application/json' },
        }),
      },
    ];
    const found: string[][] = [];
    for (const { stickiness, of } of sources) {
      const route = routeOf('sticky', weighted(shares), { stickiness });
      await put(route);
      await put(route, otherAdmin);
      const namesAt = (base: string) =>
        answersOf(300, index => ({
          path: '/sticky/predict',
          base,
          ...of(`visitor-${index}`),
        }));
      const names = await namesAt(gateway.url);
      expect(await namesAt(gateway.url)).toEqual(names);
      expect(await namesAt(otherUrl)).toEqual(names);
      found.push(names);
    }
    // What tells who calls does not decide where the call goes.
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    expect(new Set(found[0]).size).toBe(3);
  });

  it('are by weight where a call does not say who it is for', async () => {
    const stickiness = { by: 'json' as const, name: 'inputs.customerId' };
    await put(
      routeOf('keyless', weighted({ big: 50, small: 50 }), { stickiness }),
    );
    const bodies = [
      '{}',
      '{"inputs": [{"customerId": "a"}]}',
      '{"inputs": {"customerId": null}}',
      '{"inputs": {"customerId": {"a": 1}}}',
      'no JSON',
      '',
    ];
    for (const body of bodies) {
      const answers = await answersOf(64, () => ({
        path: '/keyless/predict',
        body,
      }));
      // All of one kind comes once in 2^63.
      expect([body, new Set(answers).size]).toEqual([body, 2]);
    }
    // A body that is streamed is not waited for.
    const streamed = await answersOf(64, () => ({
      path: '/keyless/predict',
      body: '{"inputs": {"customerId": "a"}}',
      headers: { 'transfer-encoding': 'chunked' },
    }));
    expect(new Set(streamed).size).toBe(2);
  });

  it('go round a variant that has no runner', async () => {
    const stickiness = { by: 'header' as const, name: 'x-customer' };
    const keyed = () =>
      answersOf(100, index => ({
        path: '/gone/predict',
        headers: { 'x-customer': `customer-${index}` },
      }));
    const both = weighted({ big: 50, small: 50 });
    await put(routeOf('gone', both, { stickiness }));
    const before = await keyed();
    await put(
      routeOf(
        'gone',
        { ...both, small: { weight: 50, urls: [] } },
        { stickiness },
      ),
    );
    expect(new Set(await keyed())).toEqual(new Set(['big']));
    await put(routeOf('gone', both, { stickiness }));
    expect(await keyed()).toEqual(before);
  });

  it('are passed over by those who may choose the variant', async () => {
    const echo = await gateway.echo('seen');
    await put(
      routeOf(
        'chosen',
        {
          big: { weight: 100, urls: variants.big.urls },
          none: { weight: 0, urls: [echo] },
          idle: { weight: 0, urls: [] },
        },
        { token: { mayChooseVariant: true } },
      ),
    );
    const asking = (variant: string, options: CallOptions = {}) =>
      call('/chosen/predict', {
        body: '{}',
        headers: { 'x-model-variant': variant },
        ...options,
      });
    const chosen = await asking('none');
    expect(chosen.headers['x-model-variant']).toBe('none');
    const seen = JSON.parse(chosen.text);
    expect(seen.name).toBe('seen');
    expect(seen.headers).not.toHaveProperty('x-model-variant');
    expect((await asking('big')).text).toBe('big');
    expect((await asking('idle')).status).toBe(503);

    const unknown = await asking('small');
    expect(unknown.status).toBe(400);
    expect(JSON.parse(unknown.text).error.message).toBe(
      "Endpoint 'chosen' has no variant 'small', which the header x-model-variant asks for; it has: big, none, idle",
    );

    await put(
      routeOf('chosen', { big: { weight: 100, urls: variants.big.urls } }),
    );
    const refused = await asking('big');
    expect(refused.status).toBe(403);
    expect(JSON.parse(refused.text).error.message).toMatch(
      /may not choose the variant .* mayChooseVariant/,
    );
    expect(
      await metric(
        `model_gateway_refused_total{endpoint="chosen",consumer="app-of-${TOKEN}",code="403"}`,
      ),
    ).toBe(1);
    expect((await asking('big', { token: 'mpe_unknown' })).status).toBe(401);
  });
});

describe('a shadow', () => {
  let main: string;

  beforeAll(async () => {
    main = await named('main');
  });

  const copies = (endpoint: string, name: string, more = '') =>
    metric(
      `model_gateway_shadow_${name}{${labelsOf(endpoint, 'shadow', 2)}${more}}`,
    );
  const calls = (endpoint: string, variant: string, version: number) =>
    metric(
      `model_gateway_request_duration_seconds_count{${labelsOf(
        endpoint,
        variant,
        version,
      )}}`,
    );

  it('gets what the others got, and counts by itself', async () => {
    const seen: Array<{ path?: string; id: unknown; sha: string }> = [];
    const shadow = await upstream(async (incoming, response) => {
      const hash = createHash('sha256');
      for await (const chunk of incoming) {
        hash.update(chunk);
      }
      const { headers } = incoming;
      expect(headers).not.toHaveProperty('authorization');
      seen.push({
        path: incoming.url,
        id: headers['x-request-id'],
        sha: hash.digest('hex'),
      });
      response.statusCode = headers['x-wrong'] ? 422 : 200;
      response.end('nobody reads this');
    });
    await put(
      routeOf(
        'copied',
        {
          main: { weight: 100, urls: [main] },
          shadow: { weight: 0, shadowShare: 100, urls: [shadow] },
        },
        { token: { mayChooseVariant: true } },
      ),
    );
    const sent: typeof seen = [];
    const requests: CallOptions[] = [
      { body: '{"inputs": {}}' },
      { body: Buffer.alloc(300_000, 'x') },
      {
        body: Buffer.alloc(200_000, 'y'),
        headers: { 'transfer-encoding': 'chunked' },
      },
      { body: '{}', headers: { 'x-wrong': 'yes' } },
      {},
    ];
    for (const options of requests) {
      const answer = await call('/copied/predict?a=b', options);
      expect(answer).toMatchObject({ status: 200, text: 'main' });
      expect(answer.headers['x-model-variant']).toBe('main');
      sent.push({
        path: '/copied/predict?a=b',
        id: answer.headers['x-request-id'],
        sha: createHash('sha256')
          .update(options.body ?? '')
          .digest('hex'),
      });
    }
    // What is no call of the model, and what a tester asks for, is not copied.
    await call('/copied/openapi.json', { method: 'GET' });
    await call('/copied/predict', {
      body: '{}',
      headers: { 'x-model-variant': 'main' },
    });
    const inOrder = (one: { id: unknown }, other: { id: unknown }) =>
      String(one.id) < String(other.id) ? -1 : 1;
    await until(
      async () =>
        seen.length >= sent.length &&
        (await copies('copied', 'requests_in_flight')) === 0,
    );
    expect(seen.sort(inOrder)).toEqual(sent.sort(inOrder));
    expect(await copies('copied', 'requests_total', ',code="200"')).toBe(4);
    expect(await copies('copied', 'requests_total', ',code="422"')).toBe(1);
    expect(await copies('copied', 'request_duration_seconds_count')).toBe(5);
    expect(await calls('copied', 'main', 1)).toBe(6);
    expect(await calls('copied', 'shadow', 2)).toBe(0);

    // It answers only where a tester asks for it, and that is a call.
    const asked = await call('/copied/predict', {
      body: '{}',
      headers: { 'x-model-variant': 'shadow' },
    });
    expect(asked.text).toBe('nobody reads this');
    expect(await calls('copied', 'shadow', 2)).toBe(1);
  });

  it('gets the share that it was given', async () => {
    let count = 0;
    const shadow = await upstream((incoming, response) => {
      count += 1;
      incoming.resume();
      response.end();
    });
    await put(
      routeOf('portion', {
        main: { weight: 100, urls: [main] },
        shadow: { weight: 0, shadowShare: 20, urls: [shadow] },
      }),
    );
    await answersOf(2_000, () => ({ path: '/portion/predict' }));
    await until(
      async () => (await copies('portion', 'requests_in_flight')) === 0,
    );
    // Six standard deviations of 2,000 draws at one in five.
    expect(Math.abs(count - 400)).toBeLessThan(6 * Math.sqrt(320));
    expect(await copies('portion', 'requests_total', ',code="200"')).toBe(
      count,
    );
    expect(await calls('portion', 'main', 1)).toBe(2_000);
  });

  it('that does not answer holds nobody up, and gets no more than it can hold', async () => {
    const held: ServerResponse[] = [];
    const shadow = await upstream((incoming, response) => {
      incoming.resume();
      held.push(response);
    });
    await put(
      routeOf(
        'slow',
        {
          main: { weight: 100, urls: [main] },
          shadow: { weight: 0, shadowShare: 100, urls: [shadow] },
        },
        { limits: { maxBodyBytes: 1_000_000, timeoutMs: 60_000 } },
      ),
    );
    expect(
      countsOf(await answersOf(100, () => ({ path: '/slow/predict' }))),
    ).toEqual({ main: 100 });
    await until(() => held.length === 64);
    expect(await copies('slow', 'requests_in_flight')).toBe(64);
    expect(await copies('slow', 'dropped_total', ',reason="busy"')).toBe(36);
    for (const response of held) {
      response.end();
    }
    await until(async () => (await copies('slow', 'requests_in_flight')) === 0);
    expect(await copies('slow', 'requests_total', ',code="200"')).toBe(64);

    held.length = 0;
    const megabyte = Buffer.alloc(1_000_000, 'x');
    for (let index = 0; index < 40; index += 1) {
      const answer = await call('/slow/predict', { body: megabyte, agent });
      expect(answer).toMatchObject({ status: 200, text: 'main' });
    }
    // 32 MiB hold 33 of them.
    await until(() => held.length === 33);
    expect(await copies('slow', 'dropped_total', ',reason="memory"')).toBe(7);
    for (const response of held) {
      response.end();
    }
    await until(async () => (await copies('slow', 'requests_in_flight')) === 0);
    await call('/slow/predict', { body: megabyte });
    await until(() => held.length === 34);
    held[33].end();
  });

  it('that breaks, is too late or is not there fails nobody', async () => {
    const breaking = await upstream(incoming => incoming.socket.destroy());
    const silent = await upstream(incoming => incoming.resume());
    const refused = `http://127.0.0.1:${await freePort()}`;
    const cases: Array<[string, string[], string]> = [
      ['breaking', [breaking], 'requests_total 502'],
      ['silent', [silent], 'requests_total 504'],
      ['refused', [refused], 'requests_total 503'],
      ['absent', [], 'dropped_total no_runner'],
    ];
    for (const [endpoint, urls, counted] of cases) {
      await put(
        routeOf(
          endpoint,
          {
            main: { weight: 100, urls: [main] },
            shadow: { weight: 0, shadowShare: 100, urls },
          },
          { limits: { maxBodyBytes: 1000, timeoutMs: 3_000 } },
        ),
      );
      expect(
        countsOf(await answersOf(20, () => ({ path: `/${endpoint}/predict` }))),
      ).toEqual({ main: 20 });
      const [name, value] = counted.split(' ');
      const label = name === 'dropped_total' ? 'reason' : 'code';
      await until(
        async () =>
          (await copies(endpoint, name, `,${label}="${value}"`)) === 20,
      );
      expect(await copies(endpoint, 'requests_in_flight')).toBe(0);
      expect(await calls(endpoint, 'main', 1)).toBe(20);
    }
  });
});

describe('limits', () => {
  let main: string;

  beforeAll(async () => {
    main = await named('main');
  });

  it('hold a token to its rate, across plans, and tell when to come back', async () => {
    const route = (tokens: string[], calls: number, perSeconds: number) =>
      routeOf(
        'rated',
        { main: { urls: [main] } },
        { tokens, token: { rate: { calls, perSeconds, burst: 3 } } },
      );
    await put(route([TOKEN, OTHER], 3, 60));
    await answersOf(3, () => ({ path: '/rated/predict' }));
    const refused = await call('/rated/predict', { body: '{}' });
    expect(refused.status).toBe(429);
    // One call every twenty seconds.
    const seconds = Number(refused.headers['retry-after']);
    expect(seconds).toBeGreaterThanOrEqual(1);
    expect(seconds).toBeLessThanOrEqual(20);
    expect(JSON.parse(refused.text)).toMatchObject({
      error: {
        name: 'TooManyRequestsError',
        message: expect.stringContaining('3 calls in 60 s'),
      },
    });
    const oip = await call('/rated/v2/models/rated/infer', { body: '{}' });
    expect(oip.status).toBe(429);
    expect(JSON.parse(oip.text)).toEqual({ error: expect.any(String) });
    const scoring = await call('/rated/invocations', { body: '{}' });
    expect(JSON.parse(scoring.text).error_code).toBe('REQUEST_LIMIT_EXCEEDED');

    await put(route([TOKEN, OTHER], 3, 60));
    expect((await call('/rated/predict', { body: '{}' })).status).toBe(429);
    await answersOf(3, () => ({ path: '/rated/predict', token: OTHER }));
    expect(
      await metric(
        `model_gateway_refused_total{endpoint="rated",consumer="app-of-${TOKEN}",code="429"}`,
      ),
    ).toBe(4);

    const quick = 'mpe_quick_secret';
    await put(route([quick], 5, 1));
    // Faster than its rate, however slow each of them is.
    const many = Array.from({ length: 30 }, () =>
      call('/rated/predict', { token: quick, body: '{}', agent }),
    );
    expect((await Promise.all(many)).map(({ status }) => status)).toContain(
      429,
    );
    await until(
      async () =>
        (await call('/rated/predict', { token: quick, body: '{}' })).status ===
        200,
    );
  });

  it('hold an endpoint to the calls that it answers at a time', async () => {
    const held: ServerResponse[] = [];
    const slow = await upstream((incoming, response) => {
      incoming.resume();
      held.push(response);
    });
    const limits = {
      maxBodyBytes: 1000,
      timeoutMs: 60_000,
      concurrentCalls: 2,
    };
    await put(routeOf('narrow', { main: { urls: [slow] } }, { limits }));
    const pending = [1, 2].map(() => call('/narrow/predict', { body: '{}' }));
    await until(() => held.length === 2);
    await put(
      routeOf('narrow', { main: { urls: [slow] } }, { limits, revision: 2 }),
    );
    const refused = await call('/narrow/predict', { body: '{}' });
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect(JSON.parse(refused.text).error.message).toContain(
      'answers 2 calls at a time',
    );
    held[0].end('done');
    // Of whichever came first.
    expect((await Promise.race(pending)).text).toBe('done');
    const next = call('/narrow/predict', { body: '{}' });
    await until(() => held.length === 3);
    held[1].end('done');
    held[2].end('done');
    for (const one of [...pending, next]) {
      expect((await one).text).toBe('done');
    }
  });
});

describe('a new plan', () => {
  it('loses no call whose body is still coming, though its runner is gone', async () => {
    const old = await upstream((incoming, response) => {
      incoming.resume();
      incoming.on('end', () => response.end('old'));
    });
    await put(routeOf('swapped', { main: { urls: [old] } }));
    expect((await call('/swapped/predict', { body: '{}' })).text).toBe('old');
    const body = '{"inputs": {"customerId": "a"}}';
    const outgoing = request(`${gateway.url}/swapped/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-length': body.length,
        expect: '100-continue',
      },
    });
    outgoing.flushHeaders();
    await once(outgoing, 'continue');
    outgoing.write(body.slice(0, 10));
    await put(
      routeOf(
        'swapped',
        { main: { urls: [await named('new')] } },
        { revision: 2 },
      ),
    );
    await until(async () => {
      const state = await (await gateway.admin('GET', '/routes')).json();
      return !('swapped-r1-main-0' in state.inFlight);
    });
    outgoing.end(body.slice(10));
    const [response] = await once(outgoing, 'response');
    let text = '';
    for await (const chunk of response) {
      text += chunk;
    }
    expect(text).toBe('new');
  });

  it('fails no call under load, with stickiness and a shadow', async () => {
    const urls = [await named('first'), await named('second')];
    const silent = await upstream(incoming => incoming.resume());
    const plan = (revision: number) =>
      routeOf(
        'loaded',
        {
          first: { weight: 50 + (revision % 40), urls: [urls[0]] },
          second: { weight: 50 - (revision % 40), urls: [urls[1]] },
          shadow: {
            weight: 0,
            shadowShare: 100,
            urls: revision % 2 ? [silent] : [],
          },
        },
        { revision, stickiness: { by: 'json', name: 'inputs.id' } },
      );
    await put(plan(1));
    let isOver = false;
    let count = 0;
    const load = Array.from({ length: 8 }, async (_, worker) => {
      while (!isOver) {
        const answer = await call('/loaded/predict', {
          body: JSON.stringify({ inputs: { id: `${worker}-${count}` } }),
          agent,
        });
        expect(answer.status).toBe(200);
        expect(answer.headers['x-model-variant']).toBe(answer.text);
        count += 1;
      }
    });
    const reached = (target: number) => until(() => count >= target);
    for (let revision = 2; revision < 60; revision += 1) {
      await put(plan(revision));
      await reached(count + 10);
    }
    isOver = true;
    await Promise.all(load);
    expect(count).toBeGreaterThan(500);
  });
});

describe('the access log', () => {
  it('has a line a call, without payloads and keys', async () => {
    const logging = await gateway.startProgram(0, { LOG_LEVEL: 'debug' });
    const { url: base, adminUrl } = logging.addresses();
    await put(
      routeOf(
        'logged',
        { main: { urls: [await named('main')] } },
        { stickiness: { by: 'json', name: 'inputs.id' } },
      ),
      adminUrl,
    );
    await call('/logged/predict?secret=query', {
      base,
      body: '{"inputs": {"id": "secret-key"}}',
    });
    await call('/logged/predict', {
      base,
      headers: { 'x-model-variant': 'main' },
    });
    await until(() => logging.out().trim().split('\n').length >= 3);
    const [, ...lines] = logging
      .out()
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines).toEqual([
      expect.objectContaining({
        message: 'request',
        endpoint: 'logged',
        variant: 'main',
        consumer: `app-of-${TOKEN}`,
        method: 'POST',
        code: 200,
        requestId: expect.any(String),
        durationMs: expect.any(Number),
      }),
      expect.objectContaining({
        code: 403,
        endpoint: 'logged',
        consumer: `app-of-${TOKEN}`,
      }),
    ]);
    for (const text of ['secret-key', 'secret=query', 'inputs']) {
      expect(logging.out()).not.toContain(text);
    }
  });
});
