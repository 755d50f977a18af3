import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Deployment,
  EndpointToken,
  KpiOverview,
  LiveModelMetrics,
  ModelMetrics,
} from '@model-platform/plugin-model-platform-common';
import localDriver from '@model-platform/plugin-model-platform-backend-module-local';
import { TestHost } from '../__testUtils__/TestHost';
import { draftRequest, TestPlatform } from '../__testUtils__/TestPlatform';
import { until } from '../__testUtils__/until';

jest.setTimeout(120_000);

const mira = 'user:default/mira';
const arun = 'user:default/arun';
const sofia = 'user:default/sofia';
const dana = 'user:default/dana';
const line = {
  sepal_length: 5.1,
  sepal_width: 3.5,
  petal_length: 1.4,
  petal_width: 0.2,
};

describe('publish, deploy, call, count', () => {
  let dataDir: string;
  let host: TestHost;
  let platform: TestPlatform;

  beforeAll(async () => {
    await TestHost.build();
    dataDir = await mkdtemp(join(tmpdir(), 'model-platform-path-'));
    host = new TestHost(dataDir);
    await host.start();
    platform = await TestPlatform.start(
      { local: { dataDir }, metrics: { scrapeIntervalSeconds: 1 } },
      [localDriver],
    );
  });

  afterAll(async () => {
    await platform?.stop();
    await host?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function overview(as: string, query = ''): Promise<KpiOverview> {
    const { body, status } = await platform.call(
      'get',
      `v1/kpis/overview?range=7d${query}`,
      as,
    );
    expect(status).toBe(200);
    return body;
  }

  it('counts calls for those who may read the model, and for nobody else', async () => {
    const bytes = await readFile(
      join(__dirname, '../../../../examples/iris/iris.onnx'),
    );
    const file = {
      path: 'iris.onnx',
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
      sizeBytes: bytes.length,
      content: '',
    };
    const draft = draftRequest('iris', {
      files: [file],
      version: {
        signature: {
          inputs: Object.keys(line).map(name => ({ name, type: 'number' })),
          outputs: [
            { name: 'species', type: 'string' },
            { name: 'probabilities', type: 'number', shape: [3] },
          ],
        },
        example: line,
      },
    });
    const opened = await platform
      .call('post', 'v1/models/iris/versions', mira)
      .send(draft);
    expect(opened.status).toBe(201);
    await platform
      .call('put', `v1/models/iris/versions/1/blobs/${file.digest}`, mira)
      .set('content-type', 'application/octet-stream')
      .send(bytes);
    const spec = {
      system: 'plant-catalogue',
      environment: 'local',
      model: 'model:default/iris',
    };
    const early = await platform
      .call('put', 'v1/deployments/iris', mira)
      .send({ spec });
    expect(early.status).toBe(400);
    expect(early.body.error.problems).toMatchObject([
      { field: 'spec.model', rule: 'there is no such model' },
    ]);
    expect(
      (await platform.call('post', 'v1/models/iris/versions/1/complete', mira))
        .status,
    ).toBe(200);

    // Who may not see the model learns as much as of one that is not there.
    const foreign = await platform
      .call('put', 'v1/deployments/iris', dana)
      .send({ spec });
    expect(foreign.body.error.problems).toEqual(early.body.error.problems);
    expect(
      (await platform.call('put', 'v1/deployments/iris', arun).send({ spec }))
        .status,
    ).toBe(403);
    const wrong = await platform
      .call('put', 'v1/deployments/Iris_1', mira)
      .send({
        spec: {
          ...spec,
          system: 'patient-care',
          environment: 'mars',
          variants: [{ name: 'a', version: { alias: 'none' }, weight: 30 }],
        },
      });
    expect(
      wrong.body.error.problems.map(({ field }: { field: string }) => field),
    ).toEqual(['metadata.name', 'spec.variants']);

    const applied = await platform
      .call('put', 'v1/deployments/iris', mira)
      .send({ spec });
    expect(applied.status).toBe(200);
    expect(applied.headers.etag).toBe(applied.body.etag);
    const ready: Deployment = await until(
      'the deployment is ready',
      async () => {
        const { body } = await platform.call(
          'get',
          'v1/deployments/iris',
          arun,
        );
        return body.phase === 'Ready' && body;
      },
    );
    expect(ready).toMatchObject({
      revision: {
        number: 1,
        variants: [{ name: 'main', version: 1, weight: 100 }],
      },
      servingRevision: 1,
      actions: { deploy: false, createEndpointToken: true },
    });
    for (const route of [
      'deployments/iris',
      'endpoints/iris',
      'deployments/iris/logs',
      'endpoints/iris/tokens',
    ]) {
      expect((await platform.call('get', `v1/${route}`, dana)).status).toBe(
        404,
      );
    }
    for (const route of ['deployments', 'endpoints']) {
      expect(
        (await platform.call('get', `v1/${route}`, sofia)).body.items,
      ).toHaveLength(1);
      expect(
        (await platform.call('get', `v1/${route}`, dana)).body,
      ).toMatchObject({
        items: [],
        totalItems: 0,
      });
    }
    const endpoint = await platform.call('get', 'v1/endpoints/iris', arun);
    expect(endpoint.body).toMatchObject({
      version: 1,
      signature: draft.version.signature,
      example: line,
    });
    const document = await platform.call(
      'get',
      'v1/endpoints/iris/openapi.json',
      arun,
    );
    expect(document.body.servers).toEqual([{ url: ready.url }]);

    const made = await platform
      .call('post', 'v1/endpoints/iris/tokens', arun)
      .send({ consumer: 'component:default/plant-guide' });
    expect(made.status).toBe(201);
    const { token }: EndpointToken & { token: string } = made.body;
    const predict = async (body: unknown) =>
      await fetch(`${ready.url}/predict`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(body),
      });
    await until(
      'the token is known',
      async () => (await predict({ inputs: line })).status === 200,
    );
    for (let call = 0; call < 9; call += 1) {
      expect((await predict({ inputs: line })).status).toBe(200);
    }

    const counted = await until('ten calls are counted', async () => {
      const found = await overview(sofia);
      return (found.calls.value ?? 0) >= 10 && found;
    });
    expect(counted).toMatchObject({
      calls: { value: 10, previous: 0 },
      modelsPublished: { value: 1, previous: 0 },
      modelsInUse: { value: 1, previous: 0 },
      versionsPublished: { value: 1, previous: 0 },
      errorRatio: { value: 0 },
      models: [{ slug: 'iris', endpoints: ['iris'], calls: 10, version: 1 }],
      lastUpdates: [{ slug: 'iris', version: 1 }],
      modelsByTheme: [{ key: 'species-recognition', count: 1 }],
      attention: [],
    });
    expect(counted.latencyP95Seconds.value).toBeGreaterThan(0);
    const hidden = await overview(dana);
    expect(hidden).toMatchObject({
      calls: { value: 0 },
      modelsPublished: { value: 0 },
      versionsPublished: { value: 0 },
      models: [],
      lastUpdates: [],
      callsByTheme: [],
      attention: [],
    });
    expect((await overview(sofia, '&system=patient-care')).calls.value).toBe(0);
    expect(
      (await overview(sofia, '&theme=species-recognition')).calls.value,
    ).toBe(10);

    const metrics = await platform.call(
      'get',
      'v1/models/iris/metrics?range=1h',
      sofia,
    );
    const figures: ModelMetrics = metrics.body;
    expect(figures).toMatchObject({
      calls: { value: 10 },
      errors: { value: 0 },
      byVariant: [
        { endpoint: 'iris', variant: 'main', version: '1', calls: 10 },
      ],
      byConsumer: [{ consumer: 'component:default/plant-guide', calls: 10 }],
    });
    expect(
      figures.series.calls.reduce((sum, [, value]) => sum + value, 0),
    ).toBe(10);
    expect(
      (await platform.call('get', 'v1/models/iris/metrics', dana)).status,
    ).toBe(404);

    const size = await until('the runner was seen to work', async () => {
      const { body } = await platform.call(
        'get',
        'v1/deployments/iris/sizes',
        sofia,
      );
      return body.items[0].observed.calls >= 10 && body.items[0];
    });
    expect(size).toMatchObject({
      variant: 'main',
      version: 1,
      missing: 'a size is proposed after 1 h of observation and 100 calls',
    });
    expect(size.observed.memoryPeakBytes).toBeGreaterThan(20 * 2 ** 20);
    expect(size.observed.cpuP95Cores).toBeGreaterThan(0);
    expect(
      (await platform.call('get', 'v1/deployments/iris/sizes', dana)).status,
    ).toBe(404);

    const logs = await platform.call(
      'get',
      'v1/deployments/iris/logs?tail=50',
      mira,
    );
    expect(logs.body.sources).toEqual(['iris--r1-main-0']);
    expect(logs.body.items.length).toBeGreaterThan(0);

    const linesOf = async (query: Record<string, string>) => {
      const { status, body } = await platform.call(
        'get',
        `v1/deployments/iris/logs?${new URLSearchParams(query)}`,
        mira,
      );
      return status === 200
        ? body.items.map(({ message }: { message: string }) => message)
        : [status, body.error.message];
    };
    expect(await linesOf({ grep: 'READY', since: '1h' })).toEqual(['ready']);
    expect(
      await linesOf({
        grep: '/^(ready|started)$/',
        variant: 'main',
        tail: '1',
      }),
    ).toEqual(['ready']);
    expect(await linesOf({ grep: '/^READY$/' })).toEqual([]);
    expect(await linesOf({ since: '2126-01-01T00:00:00Z' })).toEqual([]);
    expect(await linesOf({ revision: '2' })).toEqual([]);
    expect(await linesOf({ variant: 'challenger' })).toEqual([]);
    expect(await linesOf({ grep: '/(/' })).toEqual([
      400,
      expect.stringContaining("grep: '(' is no expression of RE2"),
    ]);
    // What cannot be followed is said before anything is sent.
    expect(await linesOf({ runner: 'typo', follow: 'true' })).toEqual([
      404,
      'Deployment iris has no runner typo; it has: iris--r1-main-0',
    ]);

    const live = await platform.call(
      'get',
      'v1/models/iris/live-metrics',
      mira,
    );
    expect(live.body).toMatchObject({ runners: 1, unread: [] });
    // It counts nothing of its own, and its calls are among what is collected.
    const { series }: LiveModelMetrics = live.body;
    expect(series).toContainEqual(
      expect.objectContaining({
        metric: 'model_runner_batch_size_sum',
        value: 10,
        isCollected: false,
      }),
    );
    expect(
      series.filter(({ metric }) => !metric.startsWith('model_runner_')),
    ).toEqual([]);
    expect(
      series.filter(({ metric }) => metric.includes('requests_total')),
    ).toEqual([]);
    expect(
      (await platform.call('get', 'v1/models/iris/live-metrics', dana)).status,
    ).toBe(404);

    const stale = await platform
      .call('post', 'v1/deployments/iris/off', mira)
      .set('if-match', '"other"')
      .send({ reason: 'costs' });
    expect(stale.status).toBe(409);

    // Two who each think that they make it: the one who is late overwrites nothing.
    const apply = async (condition: string, etag: string, dryRun = false) => {
      const { status, body } = await platform
        .call('put', `v1/deployments/iris?dryRun=${dryRun}`, mira)
        .set(condition, etag)
        .send({ spec: { ...spec, limits: { concurrentCalls: 3 } } });
      return [status, body.error?.message];
    };
    const taken = [409, expect.stringContaining('deployment iris already')];
    expect(await apply('if-none-match', '*', true)).toEqual(taken);
    expect(await apply('if-none-match', '*')).toEqual(taken);
    const before = await platform.call('get', 'v1/deployments/iris', mira);
    expect(before.body.spec).not.toHaveProperty('limits');

    // While the next version waits to come up, there are sizes of the one that serves, too.
    await host.stop();
    const { metadata } = draft.version;
    const next = await platform
      .call('post', 'v1/models/iris/versions', mira)
      .send({
        ...draft,
        version: { ...draft.version, metadata: { ...metadata, method: 'SVM' } },
      });
    expect(next.status).toBe(201);
    expect(
      (await platform.call('post', 'v1/models/iris/versions/2/complete', mira))
        .status,
    ).toBe(200);
    const both = await until('version 2 is wanted', async () => {
      const { body } = await platform.call(
        'get',
        'v1/deployments/iris/sizes',
        sofia,
      );
      return body.items.length === 2 && body.items;
    });
    expect(both).toMatchObject([
      { variant: 'main', version: 1, observed: { calls: 10 } },
      { variant: 'main', version: 2, observed: { calls: 0 } },
    ]);
    const rolling = await platform.call('get', 'v1/deployments/iris', mira);
    expect(rolling.body).toMatchObject({
      revision: { number: 2 },
      serving: { number: 1, variants: [{ version: 1, weight: 100 }] },
      servingRevision: 1,
    });
    await host.start();

    expect(
      (await platform.call('delete', 'v1/deployments/iris', mira)).status,
    ).toBe(204);
    await until(
      'the endpoint is gone',
      async () => (await predict({ inputs: line })).status === 404,
    );
    // A change of what was deleted meanwhile does not make it again.
    const gone = [409, expect.stringContaining('no deployment iris')];
    expect(await apply('if-match', before.body.etag, true)).toEqual(gone);
    expect(await apply('if-match', before.body.etag)).toEqual(gone);
    expect(
      (await platform.call('get', 'v1/deployments/iris', mira)).status,
    ).toBe(404);
  });

  it('counts what a shadow gets apart from the use of the model', async () => {
    const route = 'v1/deployments/iris-shadow';
    const traffic = { stickyBy: 'header:x-plant', concurrentCalls: 50 };
    const applied = await platform.call('put', route, mira).send({
      spec: {
        system: 'plant-catalogue',
        environment: 'local',
        model: 'iris',
        strategy: { type: 'shadow', stickyBy: traffic.stickyBy },
        limits: { concurrentCalls: traffic.concurrentCalls },
        variants: [
          { name: 'main', version: { number: 1 } },
          { name: 'next', version: { number: 1 }, shadow: 100 },
        ],
      },
    });
    expect(applied.body.revision).toMatchObject({
      variants: [
        { name: 'main', weight: 100 },
        { name: 'next', weight: 0, shadow: 100 },
      ],
      traffic,
    });
    const { url }: Deployment = await until(
      'the deployment is ready',
      async () => {
        const { body } = await platform.call('get', route, mira);
        return body.phase === 'Ready' && body;
      },
    );

    const tokens = 'v1/endpoints/iris-shadow/tokens';
    const wanted = {
      consumer: 'component:default/tester',
      rate: { calls: 600, per: 'minute', burst: 200 },
      mayChooseVariant: true,
    };
    const refused = await platform.call('post', tokens, arun).send(wanted);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(/mayChooseVariant.* may deploy/);
    expect(
      (
        await platform
          .call('post', tokens, mira)
          .send({ ...wanted, rate: { calls: 0, per: 'hour' } })
      ).status,
    ).toBe(400);
    const made = await platform.call('post', tokens, mira).send(wanted);
    expect(made.body).toMatchObject(wanted);
    const [listed] = (await platform.call('get', tokens, mira)).body.items;
    expect(listed).toMatchObject(wanted);
    const predict = async (headers: Record<string, string> = {}) =>
      await fetch(`${url}/predict`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${made.body.token}`,
          'content-type': 'application/json',
          ...headers,
        },
        body: JSON.stringify({ inputs: line }),
      });
    await until(
      'the token is known',
      async () => (await predict()).status === 200,
    );
    for (let call = 0; call < 4; call += 1) {
      const answer = await predict({ 'x-plant': `plant-${call}` });
      expect(answer.headers.get('x-model-variant')).toBe('main');
    }
    const chosen = await predict({ 'x-model-variant': 'next' });
    expect(chosen.headers.get('x-model-variant')).toBe('next');
    expect((await predict({ 'x-model-variant': 'last' })).status).toBe(400);

    const isOfShadow = ({ endpoint }: { endpoint: string }) =>
      endpoint === 'iris-shadow';
    // Of this endpoint alone: a call of the test before may be collected late.
    const callsOf = (counted: Array<{ endpoint: string; calls: number }>) =>
      counted.filter(isOfShadow).reduce((sum, { calls }) => sum + calls, 0);
    const figures = await until('the copies are counted', async () => {
      const { body } = await platform.call(
        'get',
        'v1/models/iris/metrics?range=1h',
        sofia,
      );
      const { byVariant, shadows }: ModelMetrics = body;
      expect([callsOf(byVariant), callsOf(shadows)]).toEqual([6, 5]);
      return body as ModelMetrics;
    });
    expect(figures.shadows).toMatchObject([
      {
        endpoint: 'iris-shadow',
        variant: 'next',
        version: '1',
        calls: 5,
        errors: 0,
        callerErrors: 0,
        dropped: 0,
      },
    ]);
    expect(figures.shadows[0].latencyP95Seconds).toBeGreaterThan(0);
    expect(figures.byVariant.filter(isOfShadow)).toMatchObject([
      { variant: 'main', calls: 5 },
      { variant: 'next', calls: 1 },
    ]);
    // The model's calls are those that callers made, at all of its endpoints.
    expect(figures.calls.value).toBe(
      figures.byVariant.reduce((sum, { calls }) => sum + calls, 0),
    );
    expect((await overview(sofia)).calls.value).toBe(figures.calls.value);
    expect((await platform.call('delete', route, mira)).status).toBe(204);
  });
});
