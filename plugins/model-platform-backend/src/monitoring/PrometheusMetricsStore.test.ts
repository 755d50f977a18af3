import { createServer, Server } from 'node:http';
import { ConfigReader } from '@backstage/config';
import { MetricQuery } from '@model-platform/plugin-model-platform-node';
import { PrometheusMetricsStore } from '@model-platform/plugin-model-platform-backend-module-prometheus';
import { TestPrometheus } from '../__testUtils__/TestPrometheus';
import { until } from '../__testUtils__/until';

jest.setTimeout(180_000);

/** What the server asks for, and what it answers, until it is told otherwise. */
class HttpServer {
  answer: (url: string, headers: Record<string, unknown>) => [number, string] =
    () => [200, ''];

  private readonly server: Server = createServer((req, res) => {
    const [status, text] = this.answer(req.url ?? '', req.headers);
    res.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' });
    res.end(text);
  });

  async start() {
    await new Promise<void>(resolve =>
      this.server.listen(0, '127.0.0.1', resolve),
    );
    return this;
  }

  get address() {
    const address = this.server.address();
    return `127.0.0.1:${
      typeof address === 'object' && address ? address.port : ''
    }`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}

async function storeOf(prometheus: object, environments?: object[]) {
  const store = await PrometheusMetricsStore.fromConfig(
    new ConfigReader({
      modelPlatform: {
        prometheus: { ...prometheus },
        ...(environments ? { environments } : {}),
      },
    }),
  );
  if (!store) throw new Error('There is no store');
  return store;
}

describe('PrometheusMetricsStore', () => {
  let prometheus: TestPrometheus;
  let target: HttpServer;
  let store: PrometheusMetricsStore;
  let begin: Date;
  let samples: string[];

  const labels = (more = '') =>
    `{model="iris",environment="local",endpoint="iris",variant="main",revision="1"${more}}`;
  const iris = { endpoint: 'iris', system: 'plants', environment: 'local' };
  const calls = (code: string, value: number) =>
    `model_gateway_requests_total${labels(`,code="${code}"`)} ${value}`;

  /** Exposes this from now on, and waits until it was read. */
  async function expose(...lines: string[]) {
    samples = lines;
    const since = Date.now();
    await until('the target was read', async () => {
      const at = await store.collectedAt(iris);
      return at && at.getTime() > since;
    });
  }

  const query = (more: Partial<MetricQuery>): MetricQuery => ({
    metric: 'model_gateway_requests_total',
    labels: { model: 'iris' },
    start: begin,
    end: new Date(),
    aggregation: 'increase',
    ...more,
  });

  beforeAll(async () => {
    prometheus = await TestPrometheus.start();
  });

  afterAll(async () => {
    await prometheus?.stop();
  });

  beforeEach(async () => {
    target = await new HttpServer().start();
    samples = [];
    begin = new Date();
    const startedAt = Date.now() / 1000;
    target.answer = () => [
      200,
      [
        `process_start_time_seconds ${startedAt}`,
        `model_gateway_requests_in_flight${labels()} 0`,
        ...samples,
        '',
      ].join('\n'),
    ];
    // Each test has series of its own, told apart as those of two platforms are.
    const platform = target.address;
    store = await storeOf({ url: prometheus.url, labels: { platform } });
    await prometheus.configure([
      {
        job_name: 'gateway',
        static_configs: [{ targets: [target.address], labels: { platform } }],
      },
    ]);
  });

  afterEach(async () => {
    await target.stop();
  });

  it('counts the first failures, and goes on where a counter began anew', async () => {
    expect(await store.instant(query({}))).toEqual([]);
    await expose(calls('200', 40));
    // Each series counts from nothing, whenever it came.
    await expose(calls('200', 47), calls('500', 3));
    const byCode = async () =>
      Object.fromEntries(
        (await store.instant(query({ by: ['code'] }))).map(one => [
          one.labels.code,
          one.value,
        ]),
      );
    expect(await byCode()).toEqual({ 200: 47, 500: 3 });

    const middle = new Date();
    await expose(calls('200', 60), calls('500', 3));
    expect(await store.instant(query({ start: middle, by: ['code'] }))).toEqual(
      [{ labels: { code: '200' }, value: 13 }],
    );

    const before = new Date();
    await expose(calls('200', 5));
    // Prometheus estimates what lies between its samples where a counter was set back in between.
    const [anew] = await store.instant(query({ labels: { code: '200' } }));
    expect(anew.value).toBeGreaterThanOrEqual(5);
    expect(anew.value).toBeLessThan(2 * 65);
    const [since] = await store.instant(
      query({ start: before, labels: { code: '200' } }),
    );
    expect(since.value).toBeGreaterThan(0);
    expect(since.value).toBeLessThanOrEqual(10);
  });

  it('has ranges by steps, quantiles of buckets, and gauges', async () => {
    const histogram = (fast: number, slow: number) => [
      ...[
        ['0.1', fast],
        ['1', fast + slow],
        ['+Inf', fast + slow],
      ].map(
        ([le, count]) =>
          `model_gateway_request_duration_seconds_bucket${labels(
            `,le="${le}"`,
          )} ${count}`,
      ),
    ];
    const gauge = (kind: string, value: number) =>
      `queue_length${labels(`,kind="${kind}"`)} ${value}`;
    await expose(calls('200', 10), ...histogram(10, 0), gauge('a', 9));
    await expose(
      calls('200', 20),
      ...histogram(10, 10),
      gauge('a', 2),
      gauge('b', 5),
    );
    const range = await store.range({
      ...query({ by: ['model'], end: new Date() }),
      stepSeconds: 60,
    });
    expect(range).toEqual([
      { labels: { model: 'iris' }, points: [[begin.getTime(), 20]] },
    ]);
    const fine = await store.range({ ...query({}), stepSeconds: 1 });
    expect(fine[0].points.length).toBeGreaterThan(1);
    expect(fine[0].points.reduce((sum, [, value]) => sum + value, 0)).toBe(20);

    const of = (quantile: number) =>
      store.instant(
        query({
          metric: 'model_gateway_request_duration_seconds',
          by: ['revision'],
          aggregation: 'quantile',
          quantile,
        }),
      );
    expect(await of(0.5)).toEqual([{ labels: { revision: '1' }, value: 0.1 }]);
    expect((await of(0.75))[0].value).toBeCloseTo(0.55);
    const queue = { metric: 'queue_length', by: ['model'] };
    expect(
      await store.instant(query({ ...queue, aggregation: 'last' })),
    ).toEqual([{ labels: { model: 'iris' }, value: 7 }]);
    expect(
      await store.instant(query({ ...queue, aggregation: 'max' })),
    ).toEqual([{ labels: { model: 'iris' }, value: 9 }]);
  });

  it('compares values and never runs them', async () => {
    const odd = 'a"} or vector(1) # \\ .* \n ü|b';
    const written = odd
      .replace(/\\/g, '\\\\')
      .replace(/"/g, '\\"')
      .replace(/\n/g, '\\n');
    await expose(
      `model_gateway_requests_total${labels(`,consumer="${written}"`)} 4`,
      `model_gateway_requests_total${labels(',consumer="b"')} 8`,
    );
    const of = async (consumer: string | string[]) =>
      await store.instant(query({ labels: { consumer }, by: ['consumer'] }));
    const found = [{ labels: { consumer: odd }, value: 4 }];
    expect(await of(odd)).toEqual(found);
    expect(await of([odd, 'c'])).toEqual(found);
    expect(await of(['.*'])).toEqual([]);
    expect(await of([])).toEqual([]);
    await expect(
      store.instant(query({ labels: { 'a="b"} or up{c': 'd' } })),
    ).rejects.toThrow(/no name of a label/);
    await expect(store.instant(query({ metric: 'up or up' }))).rejects.toThrow(
      /no name of a metric/,
    );
    await expect(store.instant(query({ by: ['a) or (up'] }))).rejects.toThrow(
      /no name of a label/,
    );
  });

  it('knows until when it was collected, also where nothing is any more', async () => {
    await expose(calls('200', 1));
    const at = (await store.collectedAt())?.getTime() ?? 0;
    expect(at).toBeGreaterThan(begin.getTime());
    // As long as what is looked for then at least.
    await until(
      'it was read for a while',
      async () =>
        ((await store.collectedAt())?.getTime() ?? 0) >
        begin.getTime() + 20_000,
    );
    target.answer = () => [500, ''];
    await until('the target is down', async () => {
      const answer = await fetch(
        `${prometheus.url}/api/v1/query?query=up{instance="${target.address}"}`,
      );
      return JSON.stringify(await answer.json()).endsWith('"0"]}]}}');
    });
    const last = (await store.collectedAt())?.getTime() ?? 0;
    expect(last).toBeGreaterThan(begin.getTime());
    expect(last).toBeLessThan(Date.now());
    const other = await storeOf({
      url: prometheus.url,
      labels: { platform: 'other' },
    });
    expect(await other.collectedAt()).toBeUndefined();
    expect(
      await store.collectedAt({ ...iris, environment: 'elsewhere' }),
    ).toBeUndefined();
    expect(
      await store.collectedAt({ ...iris, endpoint: 'other' }),
    ).toBeUndefined();
  });

  it('takes nothing for collected while one of the gateways is not read', async () => {
    const second = await new HttpServer().start();
    const platform = target.address;
    second.answer = target.answer;
    const other = labels().replaceAll('iris', 'other');
    const third = await new HttpServer().start();
    third.answer = () => [200, `model_gateway_requests_in_flight${other} 0\n`];
    const jobOf = (name: string, ...servers: HttpServer[]) => ({
      job_name: name,
      static_configs: [
        {
          targets: servers.map(({ address }) => address),
          labels: { platform },
        },
      ],
    });
    const upOf = async ({ address }: HttpServer) => {
      const answer = await fetch(
        `${prometheus.url}/api/v1/query?query=up{instance="${address}"}`,
      );
      const { data } = await answer.json();
      return data.result[0]?.value[1];
    };
    const secondsOf = async (of: typeof iris) =>
      ((await store.collectedAt(of))?.getTime() ?? 0) / 1_000;
    try {
      await prometheus.configure([
        jobOf('gateway', target, second),
        jobOf('others', third),
      ]);
      await until(
        'both were read for a while',
        async () => (await secondsOf(iris)) > begin.getTime() / 1_000 + 20,
      );
      second.answer = () => [500, ''];
      await until(
        'one of them is not read',
        async () => (await upOf(second)) === '0',
      );
      const stopped = await secondsOf(iris);
      // What was read of the others goes on, and is no word on this one.
      await until(
        'the others were read again',
        async () =>
          (await secondsOf({ ...iris, endpoint: 'other' })) > stopped + 3,
      );
      expect(stopped).toBeGreaterThan(begin.getTime() / 1_000);
      expect(await secondsOf(iris)).toBeLessThanOrEqual(stopped);
      second.answer = target.answer;
      await until(
        'it is read again',
        async () => (await secondsOf(iris)) > stopped + 3,
      );

      // One that was never read may have had any number of calls since it came.
      const fourth = await new HttpServer().start();
      fourth.answer = () => [500, ''];
      await prometheus.configure([
        jobOf('gateway', target, second, fourth),
        jobOf('others', third),
      ]);
      await until('it is tried', async () => (await upOf(fourth)) === '0');
      const tried = Date.now() / 1_000;
      await until(
        'others were read for longer than is looked at',
        async () =>
          (await secondsOf({ ...iris, endpoint: 'other' })) > tried + 16,
      );
      expect(await secondsOf(iris)).toBeLessThanOrEqual(tried);
      await fourth.stop();
    } finally {
      await second.stop();
      await third.stop();
    }
  });

  it('adds up what several servers have, each its own environments', async () => {
    const more = `model_gateway_requests_total{model="iris",environment="far"} 6`;
    await expose(calls('200', 3), more);
    const server = {
      url: prometheus.url,
      labels: { platform: target.address },
    };
    const both = await storeOf(server, [
      { name: 'local' },
      { name: 'far', prometheus: server },
    ]);
    expect(await both.instant(query({}))).toEqual([{ labels: {}, value: 9 }]);
    expect(
      await both.instant(
        query({ labels: { model: 'iris', environment: 'far' } }),
      ),
    ).toEqual([{ labels: {}, value: 6 }]);
    const halves = await storeOf(server, [
      { name: 'local' },
      { name: 'far', prometheus: { url: 'http://127.0.0.1:1' } },
    ]);
    await expect(halves.instant(query({}))).rejects.toThrow(
      /environments\[1\]\.prometheus\) cannot be reached .*ECONNREFUSED/,
    );
    expect(
      await halves.instant(query({ labels: { environment: 'local' } })),
    ).toEqual([{ labels: {}, value: 3 }]);
  });

  it('says what keeps it from an answer', async () => {
    await prometheus.down();
    await expect(store.instant(query({}))).rejects.toMatchObject({
      name: 'ServiceUnavailableError',
      message: expect.stringMatching(
        /modelPlatform\.prometheus\) cannot be reached .*is it up/,
      ),
    });
    await prometheus.up();
    const server = await new HttpServer().start();
    const fake = await storeOf({
      url: `http://${server.address}/select/`,
      token: 'of-the-portal',
      headers: { 'X-Scope-OrgID': 'models' },
    });
    const seen: Array<[string, unknown, unknown]> = [];
    const saying = async (status: number, body: unknown) => {
      server.answer = (url, headers) => {
        seen.push([url, headers.authorization, headers['x-scope-orgid']]);
        return [status, typeof body === 'string' ? body : JSON.stringify(body)];
      };
      return await fake.instant(query({})).then(
        found => JSON.stringify(found),
        error => {
          expect(error.name).toBe('ServiceUnavailableError');
          expect(error.message).not.toContain('of-the-portal');
          return error.message;
        },
      );
    };
    const empty = { resultType: 'vector', result: [] };
    expect(await saying(200, { status: 'success', data: empty })).toBe('[]');
    expect(seen).toEqual([
      ['/select/api/v1/query', 'Bearer of-the-portal', 'models'],
    ]);
    expect(await saying(401, 'no')).toMatch(/does not let the portal in/);
    expect(await saying(404, 'no')).toMatch(/url is what/);
    expect(await saying(302, '')).toMatch(/sign in/);
    expect(await saying(502, '<html>')).toMatch(/fails \(502\)/);
    expect(await saying(200, '<html>')).toMatch(/not answer as Prometheus/);
    expect(await saying(200, { status: 'success', data: {} })).toMatch(
      /not answer as Prometheus/,
    );
    expect(
      await saying(422, {
        status: 'error',
        errorType: 'execution',
        error: 'query processing would load too many samples into memory',
      }),
    ).toMatch(/too many samples.*--query\.max-samples/);
    expect(
      await saying(503, {
        status: 'error',
        errorType: 'timeout',
        error: 'query timed out',
      }),
    ).toMatch(/timed out.*timeoutSeconds/);
    expect(
      await saying(200, {
        status: 'success',
        data: empty,
        warnings: ['store eu is unavailable'],
      }),
    ).toMatch(/in part only.*store eu is unavailable/);
    expect(
      await saying(200, {
        status: 'success',
        data: empty,
        warnings: ['PromQL info: metric might not be a counter'],
      }),
    ).toBe('[]');
    await server.stop();
    const slow = createServer(() => {});
    await new Promise<void>(resolve => slow.listen(0, '127.0.0.1', resolve));
    const port = Reflect.get(Object(slow.address()), 'port');
    const patient = await storeOf({
      url: `http://127.0.0.1:${port}`,
      timeoutSeconds: 0.2,
    });
    await expect(patient.instant(query({}))).rejects.toThrow(
      /not answered within 0\.2 s/,
    );
    slow.closeAllConnections();
    await new Promise(resolve => slow.close(resolve));
  });
});
