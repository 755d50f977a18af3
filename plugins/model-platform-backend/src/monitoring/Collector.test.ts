import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import {
  DeploymentDriver,
  ScrapeTarget,
} from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { LeaderLease } from '../deployment/lease/LeaderLease';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { Collector } from './Collector';
import { DatabaseMetricsStore } from './DatabaseMetricsStore';
import { parsePrometheusText } from './parsePrometheusText';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const catalogue = new MetricCatalogue([
  {
    name: 'suggestions_made_total',
    type: 'counter',
    description: 'Suggestions',
    better: 'higher',
    labels: ['channel'],
  },
  {
    name: 'queue_length',
    type: 'gauge',
    description: 'Waiting',
    better: 'lower',
  },
]);

/** A target of its own, which exposes what a test says. */
class Exposition {
  text = '';
  private readonly server: Server = createServer((_req, res) =>
    res.end(this.text),
  );

  async start(): Promise<string> {
    await new Promise<void>(resolve =>
      this.server.listen(0, '127.0.0.1', resolve),
    );
    return `http://127.0.0.1:${
      (this.server.address() as AddressInfo).port
    }/metrics`;
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise(resolve => this.server.close(resolve));
  }
}

const VARIANT =
  'system="plants",model="iris",version="1",environment="local",endpoint="iris",variant="main",revision="1"';

function gateway(counts: { ok: number; failed?: number; startedAt?: number }) {
  const { ok, failed = 0, startedAt = 1_700_000_000 } = counts;
  const all = ok + failed;
  return `# HELP model_gateway_requests_total Requests
# TYPE model_gateway_requests_total counter
model_gateway_requests_total{${VARIANT},consumer="component:default/shop",code="200"} ${ok}
model_gateway_requests_total{${VARIANT},consumer="component:default/shop",code="503"} ${failed}
# TYPE model_gateway_request_duration_seconds histogram
model_gateway_request_duration_seconds_bucket{${VARIANT},le="0.1"} ${all / 2}
model_gateway_request_duration_seconds_bucket{${VARIANT},le="0.5"} ${all}
model_gateway_request_duration_seconds_bucket{${VARIANT},le="+Inf"} ${all}
model_gateway_request_duration_seconds_sum{${VARIANT}} ${all * 0.1}
model_gateway_request_duration_seconds_count{${VARIANT}} ${all}
process_start_time_seconds ${startedAt}
nodejs_eventloop_lag_seconds 0.01
`;
}

describe.each(databases.eachSupportedId())('collecting metrics in %p', id => {
  let knex: Knex;
  let exposition: Exposition;
  let runner: Exposition;
  let targets: ScrapeTarget[];
  let fencing: number;
  let lease: LeaderLease;

  beforeEach(async () => {
    knex = await databases.init(id);
    await knex.migrate.latest({
      directory: join(__dirname, '../../migrations'),
    });
    exposition = new Exposition();
    runner = new Exposition();
    targets = [
      { id: 'local/gateway', kind: 'gateway', url: await exposition.start() },
      {
        id: 'local/iris-r1-main-0',
        kind: 'runner',
        url: await runner.start(),
        labels: {
          endpoint: 'iris',
          variant: 'main',
          version: '1',
          revision: '1',
        },
      },
    ];
    lease = LeaderLease.create({ knex });
    fencing = (await lease.hold()) ?? 0;
  });

  afterEach(async () => {
    await exposition.stop();
    await runner.stop();
  });

  /** As after a restart of the portal: nothing remembered but what is in the database. */
  function collector(
    store = DatabaseMetricsStore.create({ knex }),
    others: Array<Pick<DeploymentDriver, 'name' | 'scrapeTargets'>> = [],
  ) {
    const drivers = [
      { name: 'local', scrapeTargets: async () => targets },
      ...others,
    ] as DeploymentDriver[];
    const logger = mockServices.logger.mock();
    return {
      store,
      logger,
      collector: new Collector({
        store,
        catalogue,
        drivers: () => drivers,
        environmentsOf: ({ name }) =>
          name === 'local' ? ['local', 'production'] : [name],
        lease,
        logger,
        intervalMs: 5_000,
      }),
    };
  }

  async function total(
    store: DatabaseMetricsStore,
    code?: string,
    metric = 'model_gateway_requests_total',
  ) {
    const [sample] = await store.instant({
      metric,
      labels: { model: ['iris'], ...(code ? { code } : {}) },
      start: new Date(Date.now() - 3_600_000),
      end: new Date(),
      aggregation: 'increase',
    });
    return sample?.value ?? 0;
  }

  it('counts each call once, over restarts of the portal and of what is counted', async () => {
    let { store, collector: current } = collector();
    exposition.text = gateway({ ok: 3 });
    await current.collect(fencing);
    expect(await total(store)).toBe(3);
    await current.collect(fencing);
    expect(await total(store)).toBe(3);

    exposition.text = gateway({ ok: 10, failed: 2 });
    ({ store, collector: current } = collector());
    await current.collect(fencing);
    expect(await total(store)).toBe(12);
    expect(await total(store, '503')).toBe(2);

    // The gateway was restarted: seen by the lower value …
    exposition.text = gateway({ ok: 4, failed: 2, startedAt: 1_700_001_000 });
    await current.collect(fencing);
    expect(await total(store)).toBe(18);
    // … and by its start time, where it has counted more than before already.
    exposition.text = gateway({ ok: 9, failed: 3, startedAt: 1_700_002_000 });
    await current.collect(fencing);
    expect(await total(store)).toBe(30);
    expect(await store.collectedAt()).toBeInstanceOf(Date);

    const series = await store.range({
      metric: 'model_gateway_requests_total',
      by: ['consumer', 'code'],
      start: new Date(Date.now() - 3_600_000),
      end: new Date(),
      stepSeconds: 3_600,
      aggregation: 'increase',
    });
    const sums = Object.fromEntries(
      series.map(({ labels, points }) => [
        `${labels.consumer} ${labels.code}`,
        points.reduce((sum, [, value]) => sum + value, 0),
      ]),
    );
    expect(sums).toEqual({
      'component:default/shop 200': 23,
      'component:default/shop 503': 7,
    });
  });

  it('takes an endpoint for collected once all of its gateways were read', async () => {
    const [gatewayTarget, runnerTarget] = targets;
    const away = 'http://127.0.0.1:1/metrics';
    const unread = { ...gatewayTarget, id: 'elsewhere/gateway', url: away };
    const { store, collector: current } = collector(undefined, [
      { name: 'elsewhere', scrapeTargets: async () => [unread] },
    ]);
    const serving = (system: string, environment = 'local') => ({
      serves: { system, environment },
    });
    const named = (name: string, more: Partial<ScrapeTarget>) => ({
      ...gatewayTarget,
      id: name,
      ...more,
    });
    const of = { endpoint: 'iris', system: 'plants', environment: 'local' };
    expect(await store.collectedAt(of)).toBeUndefined();
    targets = [
      named('plants-1', serving('plants')),
      named('plants-2', { ...serving('plants'), url: away }),
      named('plants-3', { ...serving('plants'), url: away, isAway: true }),
      named('patients-1', serving('patients')),
      named('production-1', { ...serving('plants', 'production'), url: away }),
      runnerTarget,
    ];
    await current.collect(fencing);
    expect(await store.collectedAt()).toBeInstanceOf(Date);
    // One of two was read, and any number of calls may be counted at the other.
    expect(await store.collectedAt(of)).toBeUndefined();
    expect(
      await store.collectedAt({ ...of, system: 'patients' }),
    ).toBeInstanceOf(Date);

    targets[1] = { ...targets[1], url: gatewayTarget.url };
    await current.collect(fencing);
    expect(await store.collectedAt(of)).toBeInstanceOf(Date);
    targets[1] = { ...targets[1], url: away };
    await current.collect(fencing);
    const stopped = (await store.collectedAt(of))?.getTime();
    await current.collect(fencing);
    expect((await store.collectedAt(of))?.getTime()).toBe(stopped);
    // It is not there any more, and nothing is counted at it.
    targets.splice(1, 1);
    await current.collect(fencing);
    const gone = (await store.collectedAt(of))?.getTime() ?? 0;
    expect(gone).toBeGreaterThan(stopped ?? 0);
    // One that has just come has counted nothing before, and nobody knows what since.
    targets.push(named('plants-4', { ...serving('plants'), url: away }));
    await current.collect(fencing);
    const come = (await store.collectedAt(of))?.getTime() ?? 0;
    expect(come).toBeGreaterThanOrEqual(gone);
    await current.collect(fencing);
    expect((await store.collectedAt(of))?.getTime()).toBe(come);
  });

  it('estimates quantiles as PromQL does', async () => {
    const { store, collector: current } = collector();
    exposition.text = gateway({ ok: 100 });
    await current.collect(fencing);
    const quantile = async (q: number) =>
      (
        await store.instant({
          metric: 'model_gateway_request_duration_seconds',
          labels: { endpoint: 'iris' },
          start: new Date(Date.now() - 60_000),
          end: new Date(),
          aggregation: 'quantile',
          quantile: q,
        })
      )[0].value;
    // 50 of 100 up to 0.1 s, 50 from there to 0.5 s.
    expect(await quantile(0.5)).toBeCloseTo(0.1);
    expect(await quantile(0.25)).toBeCloseTo(0.05);
    expect(await quantile(0.95)).toBeCloseTo(0.1 + 0.4 * 0.9);
  });

  it('takes nothing that the model of a shadow counts', async () => {
    const { store, collector: current } = collector();
    targets[1] = { ...targets[1], isShadow: true };
    runner.text = `
model_runner_requests_total{${VARIANT},code="200"} 3
suggestions_made_total{${VARIANT},channel="web"} 3
`;
    await current.collect(fencing);
    expect(await total(store, '200', 'model_runner_requests_total')).toBe(3);
    expect(await total(store, undefined, 'suggestions_made_total')).toBe(0);
    targets[1] = { ...targets[1], isShadow: undefined };
    await current.collect(fencing);
    expect(await total(store, undefined, 'suggestions_made_total')).toBe(3);
  });

  it('keeps what the platform and its catalogue name, with the labels they may have', async () => {
    const { store, collector: current } = collector();
    exposition.text = `model_runner_requests_total{${VARIANT},code="200"} 99\n${gateway(
      { ok: 1 },
    )}`;
    const said = VARIANT.replace(
      'endpoint="iris"',
      'endpoint="somebody-elses"',
    );
    const exposed = (made: number, startedAt: number) => `
model_runner_requests_total{${said},code="200"} ${made}
suggestions_made_total{${said},channel="web",user="user:default/mira"} ${made}
suggestions_made_total{${said},channel="web",user="user:default/sofia"} 1
my_debug_ratio{${said}} 0.5
queue_length{${said}} 7
process_start_time_seconds ${startedAt}
this is no metric
`;
    runner.text = exposed(5, 1_700_000_000);
    await current.collect(fencing);
    runner.text = exposed(2, 1_700_000_500);
    await current.collect(fencing);

    const metrics = await knex('metric_series')
      .distinct('metric')
      .orderBy('metric');
    expect(metrics.map(({ metric }) => metric)).toEqual([
      'model_gateway_request_duration_seconds_bucket',
      'model_gateway_request_duration_seconds_count',
      'model_gateway_request_duration_seconds_sum',
      'model_gateway_requests_total',
      'model_runner_requests_total',
      'queue_length',
      'suggestions_made_total',
    ]);
    // Not the gateway's word on runners, nor the runner's on whose endpoint it serves.
    expect(await total(store, undefined, 'model_runner_requests_total')).toBe(
      7,
    );
    const range = { start: new Date(Date.now() - 600_000), end: new Date() };
    expect(
      await store.instant({
        metric: 'suggestions_made_total',
        by: ['endpoint', 'channel', 'user'],
        labels: { channel: 'web' },
        aggregation: 'increase',
        ...range,
      }),
    ).toEqual([
      { labels: { endpoint: 'iris', channel: 'web', user: '' }, value: 9 },
    ]);
    expect(
      await store.instant({
        metric: 'queue_length',
        by: ['model'],
        aggregation: 'last',
        ...range,
      }),
    ).toEqual([{ labels: { model: 'iris' }, value: 7 }]);
  });

  it('bounds what it keeps, and writes nothing once another process leads', async () => {
    const small = DatabaseMetricsStore.create({ knex, maxSeries: 2 });
    const { collector: current, logger } = collector(small);
    const plants = gateway({ ok: 1 });
    exposition.text = plants;
    await current.collect(fencing);
    // What has too many takes no place of other systems, nor of the revision that follows it.
    const later = plants.replaceAll('revision="1"', 'revision="2"');
    exposition.text = plants + plants.replaceAll('plants', 'patients') + later;
    await current.collect(fencing);
    await small.clean(new Date());
    await current.collect(fencing);
    const kept = await knex<{ system: string; revision: string }>(
      'metric_series',
    )
      .select('system', 'revision')
      .count({ n: '*' })
      .groupBy('system', 'revision')
      .orderBy(['system', 'revision']);
    expect(
      kept.map(({ system, revision, n }) => [system, revision, Number(n)]),
    ).toEqual([
      ['patients', '1', 2],
      ['plants', '1', 2],
      ['plants', '2', 2],
    ]);
    expect(logger.warn.mock.calls.map(([message]) => message)).toEqual(
      [1, 1, 2].map(revision =>
        expect.stringContaining(
          `5 samples of revision ${revision} of iris at local/gateway were not kept`,
        ),
      ),
    );

    await current.collect(fencing + 1);
    const { store, collector: other } = collector();
    exposition.text = gateway({ ok: 50 });
    await other.collect(fencing + 1);
    // One of each revision, from before.
    expect(await total(store)).toBe(3);
  });

  it('takes of a gauge the mean over the runners that show it, whichever was read last', async () => {
    const store = DatabaseMetricsStore.create({ knex });
    const start = Date.now() - 600_000;
    const show = async (
      target: string,
      value: number | undefined,
      seconds: number,
      to = store,
    ) => {
      const labels = { endpoint: 'iris', revision: '1' };
      const sample = { metric: 'queue_length', kind: 'gauge' as const, labels };
      await to.write({
        target,
        at: new Date(start + seconds * 1_000),
        samples: value === undefined ? [] : [{ ...sample, value }],
      });
      const read = async (aggregation: 'last' | 'max') =>
        (
          await store.instant({
            metric: 'queue_length',
            by: ['revision'],
            start: new Date(start),
            end: new Date(),
            aggregation,
          })
        )[0].value;
      return [await read('last'), await read('max')];
    };
    expect(await show('a', 0, 0)).toEqual([0, 0]);
    expect(await show('b', 100, 1)).toEqual([50, 100]);
    expect(await show('a', 0, 15)).toEqual([50, 100]);
    expect(await show('b', 40, 16)).toEqual([20, 100]);
    // It was started again and shows nothing yet.
    await show('a', undefined, 30);
    expect(await show('b', 40, 31)).toEqual([40, 100]);
    expect(await show('a', 0, 45)).toEqual([20, 100]);
    // It is gone.
    expect(await show('b', 40, 200)).toEqual([40, 100]);
    // Where targets are read seldom, it may only not have been read again yet.
    const seldom = DatabaseMetricsStore.create({ knex, intervalMs: 120_000 });
    expect(await show('b', 40, 215, seldom)).toEqual([20, 100]);
  });

  it('adds what many targets tell of the same series at once, in whatever order they tell it', async () => {
    const store = DatabaseMetricsStore.create({ knex });
    const names = Array.from({ length: 8 }, (_, index) => `gateway-${index}`);
    const rounds = 5;
    const now = Date.now();
    const sample = (revision: number, index: number, value: number) => ({
      metric: 'model_gateway_requests_total',
      kind: 'counter' as const,
      labels: { endpoint: 'iris', revision: `${revision}`, code: `${index}` },
      value,
    });
    const gauge = (revision: number, index: number, value: number) => ({
      ...sample(revision, index, value),
      metric: 'model_gateway_requests_in_flight',
      kind: 'gauge' as const,
    });
    for (let round = 1; round <= rounds; round += 1) {
      // Of each round some series are new, and some were not told of for an hour.
      const at = new Date(now - (rounds - round) * 4_000_000);
      for (const value of [2 * round - 1, 2 * round]) {
        const samples = [0, round].flatMap(revision =>
          Array.from({ length: 150 }, (_, index) => [
            sample(revision, index, revision === 0 ? value : 1),
            gauge(revision, index, value),
          ]).flat(),
        );
        const written = await Promise.allSettled(
          names.map(async (target, index) => {
            const told = index % 2 ? samples.toReversed() : samples;
            await store.write({ target, at, samples: told });
          }),
        );
        expect(
          written.flatMap(result =>
            result.status === 'rejected' ? [`${result.reason}`.slice(-99)] : [],
          ),
        ).toEqual([]);
      }
    }
    const range = { start: new Date(now - 86_400_000), end: new Date(now) };
    const sums = await store.instant({
      metric: 'model_gateway_requests_total',
      by: ['revision'],
      aggregation: 'increase',
      ...range,
    });
    expect(
      Object.fromEntries(
        sums.map(({ labels, value }) => [labels.revision, value / 150]),
      ),
    ).toEqual({ 0: 8 * 10, 1: 8, 2: 8, 3: 8, 4: 8, 5: 8 });
  });

  it('drops fine points early and coarse ones late', async () => {
    const store = DatabaseMetricsStore.create({ knex });
    const now = Date.now();
    const day = 86_400_000;
    for (const [days, value] of [
      [401, 1],
      [300, 10],
      [10, 30],
      [0, 60],
    ]) {
      await store.write({
        target: 'local/gateway',
        at: new Date(now - days * day),
        samples: [
          {
            metric: 'model_gateway_requests_total',
            kind: 'counter',
            labels: { model: 'iris', code: '200' },
            value,
          },
        ],
      });
    }
    await store.clean(new Date(now));
    const kept = await knex<{ resolution: number }>('metric_points')
      .select('resolution')
      .count({ n: '*' })
      .groupBy('resolution')
      .orderBy('resolution');
    expect(kept.map(({ resolution, n }) => [resolution, Number(n)])).toEqual([
      [10, 1],
      [300, 2],
      [3_600, 3],
    ]);
    const since = async (days: number) =>
      (
        await store.instant({
          metric: 'model_gateway_requests_total',
          start: new Date(now - days * day),
          end: new Date(now + 1_000),
          aggregation: 'increase',
        })
      )[0].value;
    expect(await since(399)).toBe(9 + 20 + 30);
    expect(await since(13)).toBe(20 + 30);
    expect(await since(0.05)).toBe(30);
  });
});

it('reads the text format', () => {
  const { samples, unreadable } = parsePrometheusText(`
# TYPE a counter
a 1
b{x="1, 2}",y="say \\"hi\\"\\n",} +Inf 1700000000000
c{le="0.5"} 2.5e-3 # {trace="1"} 0.4
d{x=1} 4
e NaN
f{} 3
g x
`);
  expect(samples).toEqual([
    { name: 'a', labels: {}, value: 1 },
    { name: 'b', labels: { x: '1, 2}', y: 'say "hi"\n' }, value: Infinity },
    { name: 'c', labels: { le: '0.5' }, value: 0.0025 },
    { name: 'e', labels: {}, value: NaN },
    { name: 'f', labels: {}, value: 3 },
  ]);
  expect(unreadable).toBe(2);
});
