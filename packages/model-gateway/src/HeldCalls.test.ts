import { GatewayLoad, GatewayRoute } from '@model-platform/model-wire';
import {
  routeOf,
  TestGateway,
  TOKEN,
  until,
} from './__testUtils__/TestGateway';

jest.setTimeout(120_000);

const gateway = new TestGateway();
const { put, admin, call, echo, metric } = gateway;

beforeAll(gateway.start, 60_000);
afterAll(gateway.stop);

/** The endpoint's variant sleeps: its runner has no address. */
function asleep(
  route: GatewayRoute,
  held: { calls: number; timeoutMs: number },
): GatewayRoute {
  return {
    ...route,
    variants: route.variants.map(variant => ({ ...variant, held })),
    upstreams: {},
  };
}

async function load(query = ''): Promise<GatewayLoad> {
  return (await (await admin('GET', `/load${query}`)).json()) as GatewayLoad;
}

async function waiting(endpoint: string): Promise<number> {
  return (await load()).waiting[`${endpoint}/1/main`] ?? 0;
}

const predict = (endpoint: string, body = '{}') =>
  call(`/${endpoint}/predict`, {
    headers: { 'content-type': 'application/json' },
    body,
  });

describe('Held calls', () => {
  it('wait until a runner is there, as many as may, and tell the parent at once', async () => {
    const route = routeOf('sleepy', { main: { urls: [await echo('a')] } });
    await put(asleep(route, { calls: 3, timeoutMs: 30_000 }));
    const { held: seen } = await load();
    const news = load(`?seen=${seen}&waitMs=5000`);
    const large = 'x'.repeat(300_000);
    const answers = [
      predict('sleepy'),
      predict('sleepy'),
      predict('sleepy', large),
    ];
    expect((await news).held).toBeGreaterThan(seen);
    await until(async () => (await waiting('sleepy')) === 3);

    const fourth = await predict('sleepy');
    expect(fourth.status).toBe(503);
    expect(fourth.headers['retry-after']).toBe('2');
    expect(fourth.text).toContain('3 calls wait for it already');

    // Another plan that still has no runner ends no waiting.
    await put(
      asleep(
        { ...route, tokens: route.tokens },
        { calls: 3, timeoutMs: 30_000 },
      ),
    );
    expect(await waiting('sleepy')).toBe(3);
    await put(route);
    const ended = await Promise.all(answers);
    expect(ended.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(ended.map(({ text }) => JSON.parse(text).bytes).sort()).toEqual([
      2, 2, 300_000,
    ]);
    expect(await waiting('sleepy')).toBe(0);
    expect(
      await metric(
        'model_gateway_requests_in_flight{system="plants",model="sleepy"',
      ),
    ).toBe(0);
    const { busyMs } = await load();
    expect(busyMs['sleepy-r1-main-0']).toBeGreaterThan(0);
  });

  it('are told when it takes too long, when it is switched off, and forgotten when they leave', async () => {
    const route = routeOf('slow', { main: { urls: [await echo('a')] } });
    await put(asleep(route, { calls: 5, timeoutMs: 300 }));
    const late = await predict('slow');
    expect(late.status).toBe(504);
    expect(JSON.parse(late.text).error.message).toContain(
      'was asleep and did not start within 300 ms; the request was not delivered',
    );
    expect(await waiting('slow')).toBe(0);

    await put(asleep(route, { calls: 5, timeoutMs: 30_000 }));
    const left = new AbortController();
    const leaving = fetch(`${gateway.url}/slow/predict`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: '{}',
      signal: left.signal,
    }).catch(() => 'left');
    const off = predict('slow');
    await until(async () => (await waiting('slow')) >= 1);
    left.abort();
    expect(await leaving).not.toBe(undefined);
    await until(async () => (await waiting('slow')) === 1);
    await put({ ...route, variants: [], upstreams: {} });
    expect((await off).status).toBe(503);
    expect(await waiting('slow')).toBe(0);
  });

  it('go to another revision where that has taken the traffic meanwhile', async () => {
    const first = routeOf('moved', { main: { urls: [await echo('one')] } });
    await put(asleep(first, { calls: 5, timeoutMs: 30_000 }));
    const answer = predict('moved');
    await until(async () => (await waiting('moved')) === 1);
    await put(
      routeOf(
        'moved',
        { main: { urls: [await echo('two')] } },
        { revision: 2 },
      ),
    );
    expect(JSON.parse((await answer).text).name).toBe('two');
    for (const revision of [1, 2]) {
      const text = await (await admin('GET', '/metrics')).text();
      const line = text
        .split('\n')
        .find(
          candidate =>
            candidate.startsWith('model_gateway_request') &&
            candidate.includes('in_flight') &&
            candidate.includes('endpoint="moved"') &&
            candidate.includes(`revision="${revision}"`),
        );
      expect(line?.split(' ').pop() ?? '0').toBe('0');
    }
  });

  it('are of those alone who have a token: documents wake nothing and keep nothing awake', async () => {
    const route = routeOf('public', { main: { urls: [await echo('a')] } });
    await put(asleep(route, { calls: 1, timeoutMs: 30_000 }));
    const { held } = await load();
    for (const path of ['/public/docs', '/public/docs/page.js']) {
      const refused = await call(path, { method: 'GET', token: '' });
      expect(refused.status).toBe(503);
      expect(refused.headers['retry-after']).toBe('5');
      expect(refused.text).toContain(
        "Endpoint 'public' sleeps, since nobody has called it for a while; a call with a token wakes it",
      );
    }
    expect((await load()).held).toBe(held);
    expect(await waiting('public')).toBe(0);

    await put(route);
    const { status } = await call('/public/docs', { method: 'GET', token: '' });
    expect(status).toBe(200);
    const runner = 'public-r1-main-0';
    expect((await load()).busyMs[runner]).toBe(0);
    expect((await predict('public')).status).toBe(200);
    expect((await load()).busyMs[runner]).toBeGreaterThan(0);
  });

  it('count with the time that the model took, not with that of its start', async () => {
    const logging = await gateway.startProgram(0, { LOG_LEVEL: 'debug' });
    const { url: base, adminUrl } = logging.addresses();
    const route = routeOf('late', { main: { urls: [await echo('a')] } });
    await put(asleep(route, { calls: 1, timeoutMs: 30_000 }), adminUrl);
    const answer = call('/late/predict', { base, body: '{}' });
    await until(async () => {
      const told = await admin('GET', '/load', undefined, adminUrl);
      return ((await told.json()) as GatewayLoad).held === 1;
    });
    await put(route, adminUrl);
    expect((await answer).status).toBe(200);
    const [, line] = await until(() => {
      const lines = logging.out().trim().split('\n');
      return lines.length > 1 && lines.map(text => JSON.parse(text));
    });
    const metrics = await admin('GET', '/metrics', undefined, adminUrl);
    const [, sum] =
      /^model_gateway_request_duration_seconds_sum\{.*endpoint="late".*\} (\S+)$/m.exec(
        await metrics.text(),
      ) ?? [];
    expect(line.heldMs).toBeGreaterThan(0);
    expect(Number(sum) * 1000).toBeCloseTo(line.durationMs - line.heldMs, 3);
  });
});
