import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mockServices } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import localDriver, {
  LocalDriver,
} from '@model-platform/plugin-model-platform-backend-module-local';
import prometheusStore from '@model-platform/plugin-model-platform-backend-module-prometheus';
import {
  Deployment,
  KpiOverview,
} from '@model-platform/plugin-model-platform-common';
import { TestHost } from '../__testUtils__/TestHost';
import { line } from '../__testUtils__/TestModels';
import { draftRequest, TestPlatform } from '../__testUtils__/TestPlatform';
import { TestPrometheus } from '../__testUtils__/TestPrometheus';
import { until } from '../__testUtils__/until';

jest.setTimeout(180_000);

const mira = 'user:default/mira';
const sofia = 'user:default/sofia';
const metrics = [
  {
    name: 'flowers_told_total',
    type: 'counter',
    description: 'Flowers that were told apart',
  },
];

const telling = `
export async function predict(model, inputs, context) {
  context.metrics.counter('flowers_told_total').inc();
  return (await model.predict([inputs]))[0];
}
`;

/** The example is answered when it is loaded; what comes then is not, though it is counted. */
const broken = `
let calls = 0;
export async function predict(model, inputs, context) {
  calls += 1;
  context.metrics.counter('flowers_told_total').inc();
  if (calls > 5) throw new Error('broken');
  return (await model.predict([inputs]))[0];
}
`;

describe('figures of a Prometheus that reads gateway and runners', () => {
  let dataDir: string;
  let host: TestHost;
  let platform: TestPlatform;
  let prometheus: TestPrometheus;
  let reading: AbortController;
  let discovery: Promise<void>;

  beforeAll(async () => {
    await TestHost.build();
    dataDir = await mkdtemp(join(tmpdir(), 'model-platform-prometheus-'));
    host = new TestHost(dataDir);
    await host.start();
    prometheus = await TestPrometheus.start();
    platform = await TestPlatform.start(
      {
        local: { dataDir },
        prometheus: { url: prometheus.url },
        metricCatalogue: metrics,
      },
      [localDriver, prometheusStore],
    );
    reading = new AbortController();
    discovery = discover(reading.signal);
  });

  afterAll(async () => {
    reading?.abort();
    await discovery;
    await platform?.stop();
    await prometheus?.stop();
    await host?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** As a cluster tells Prometheus what there is to read. */
  async function discover(signal: AbortSignal) {
    const driver = LocalDriver.fromConfig(
      new ConfigReader({ modelPlatform: { local: { dataDir } } }),
      { logger: mockServices.logger.mock() },
    );
    let known = '';
    while (!signal.aborted) {
      const targets = await driver.scrapeTargets().catch(() => []);
      const jobs = targets
        .filter(({ kind }) => kind !== 'engine')
        .map(({ id, url, headers = {} }) => ({
          job_name: id,
          static_configs: [{ targets: [new URL(url).host] }],
          authorization: {
            credentials: headers.authorization?.replace(/^Bearer /, ''),
          },
        }));
      if (JSON.stringify(jobs) !== known) {
        known = JSON.stringify(jobs);
        await prometheus.configure(jobs);
      }
      await new Promise(resolve => setTimeout(resolve, 100));
    }
  }

  async function publish(number: number, code: string) {
    const contents = {
      'iris.onnx': await readFile(
        join(__dirname, '../../../../examples/iris/iris.onnx'),
      ),
      'endpoint.mjs': Buffer.from(code),
    };
    const files = Object.entries(contents).map(([path, bytes]) => ({
      path,
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      sizeBytes: bytes.length,
      content: '',
    }));
    const versions = 'v1/models/iris/versions';
    const opened = await platform.call('post', versions, mira).send(
      draftRequest('iris', {
        files,
        version: {
          endpoint: 'endpoint.mjs',
          example: line,
          metrics,
          signature: {
            inputs: Object.keys(line).map(name => ({ name, type: 'number' })),
            outputs: [
              { name: 'species', type: 'string' },
              { name: 'probabilities', type: 'number', shape: [3] },
            ],
          },
        },
      }),
    );
    expect([opened.status, opened.body.error]).toEqual([201, undefined]);
    for (const [index, bytes] of Object.values(contents).entries()) {
      await platform
        .call('put', `${versions}/${number}/blobs/${files[index].digest}`, mira)
        .set('content-type', 'application/octet-stream')
        .send(bytes);
    }
    const completed = await platform.call(
      'post',
      `${versions}/${number}/complete`,
      mira,
    );
    expect(completed.status).toBe(200);
  }

  const found = async (
    what: string,
    probe: (deployment: Deployment) => boolean | undefined,
  ): Promise<Deployment> => {
    let last: Deployment | undefined;
    try {
      return await until(what, async () => {
        last = (await platform.call('get', 'v1/deployments/iris', mira)).body;
        return last && probe(last) && last;
      });
    } catch (error) {
      throw new Error(`${error}\n${JSON.stringify(last, undefined, 1)}`);
    }
  };

  const overview = async (): Promise<KpiOverview> =>
    (await platform.call('get', 'v1/kpis/overview?range=7d', sofia)).body;

  it('promotes, rolls back, triggers and reports by them', async () => {
    await publish(1, telling);
    const applied = await platform
      .call('put', 'v1/deployments/iris', mira)
      .send({
        spec: {
          system: 'plant-catalogue',
          environment: 'local',
          model: 'iris',
          variants: [{ name: 'main', version: { latest: true } }],
          strategy: {
            type: 'canary',
            steps: [{ weight: 40, pause: '2s' }],
            analysis: {
              minCalls: 10,
              metrics: [
                { metric: 'error_ratio', max: 0.05 },
                { metric: 'latency', quantile: 0.9, max: 5 },
                {
                  metric: 'flowers_told_total',
                  againstStable: { minRatio: 0.5 },
                },
              ],
            },
          },
          triggers: [
            { onVersion: true },
            {
              onMetric: {
                metric: 'flowers_told_total',
                above: 0.1,
                for: '1s',
                action: 'notify',
              },
            },
          ],
        },
      });
    expect([applied.status, applied.body.error]).toEqual([200, undefined]);
    const { url } = await found('it serves', ({ phase }) => phase === 'Ready');
    const { token } = (
      await platform
        .call('post', 'v1/endpoints/iris/tokens', mira)
        .send({ consumer: 'component:default/shop' })
    ).body;
    const answers = new Map<number, number>();
    const predict = async () => {
      const { status } = await fetch(`${url}/predict`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ inputs: line }),
      });
      answers.set(status, (answers.get(status) ?? 0) + 1);
      return status === 200;
    };
    await until('it answers', predict);
    const underWay = new Set<Promise<unknown>>();
    const load = setInterval(() => {
      // As far as a busy machine keeps up with it.
      if (underWay.size >= 20) return;
      const call = predict().finally(() => underWay.delete(call));
      underWay.add(call);
    }, 25);
    try {
      await until('the trigger has told of its metric', async () => {
        const { body } = await platform.call(
          'get',
          'v1/deployments/iris/history',
          mira,
        );
        return JSON.stringify(body).includes(
          'flowers_told_total is above 0.1 for 1s',
        );
      });
      // Other content, or it would be the same version.
      await publish(2, `${telling}\n// a little better`);
      const promoted = await found(
        'version 2 is promoted',
        ({ canary }) => canary?.phase === 'promoted',
      );
      expect(promoted.canary).toMatchObject({
        revision: 2,
        analysis: [
          { metric: 'error ratio', verdict: 'passed', value: 0 },
          { metric: 'latency p90', verdict: 'passed' },
          {
            metric: 'flowers_told_total',
            verdict: 'passed',
            // Gateway and runner are not read at the same moment.
            value: expect.closeTo(1, 0),
          },
        ],
      });
      await publish(3, broken);
      const back = await found(
        'version 3 is rolled back',
        ({ canary }) =>
          canary?.revision === 3 && canary.phase === 'rolled-back',
      );
      expect(back.canary?.reason).toMatch(
        /^error ratio [\d.]+ % of \d+ calls, bound 5 %/,
      );
    } finally {
      clearInterval(load);
    }
    await Promise.all(underWay);
    // Before the token was known, nothing reached a variant.
    const calls = (answers.get(200) ?? 0) + (answers.get(500) ?? 0);
    expect(answers.get(500)).toBeGreaterThan(0);
    const counted = await until('all calls are counted', async () => {
      const read = await overview();
      return read.calls.value === calls && read;
    });
    expect(counted.errorRatio.value).toBe((answers.get(500) ?? 0) / calls);
    expect(counted.latencyP95Seconds.value).toBeGreaterThan(0);
    expect(counted.businessMetrics).toMatchObject([
      { name: 'flowers_told_total', models: [{ slug: 'iris' }] },
    ]);

    reading.abort();
    await discovery;
    await prometheus.down();
    const { status, body } = await platform.call(
      'get',
      'v1/kpis/overview?range=7d',
      sofia,
    );
    expect([status, body.error.message]).toEqual([
      503,
      expect.stringMatching(/modelPlatform\.prometheus\) cannot be reached/),
    ]);
    // Figures are no reason to leave anything else undone.
    await platform
      .call('post', 'v1/deployments/iris/off', mira)
      .send({ reason: 'the season is over' });
    await found('it is off', ({ phase }) => phase === 'Off');
  });
});
