import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { LocalDriver } from '@model-platform/plugin-model-platform-backend-module-local';
import { Knex } from 'knex';
import { TestHost } from '../../__testUtils__/TestHost';
import { line, TestModels } from '../../__testUtils__/TestModels';
import { until } from '../../__testUtils__/until';
import { Collector } from '../../monitoring/Collector';
import { DatabaseMetricsStore } from '../../monitoring/DatabaseMetricsStore';
import { RevisionFigures } from '../../monitoring/RevisionFigures';
import { MetricCatalogue } from '../../registry/metadata/MetricCatalogue';
import { DatabaseDeploymentStore } from '../store/DatabaseDeploymentStore';
import { platformActor } from '../access/DeploymentActor';
import { Deployments } from '../Deployments';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { EndpointTokens } from '../endpoints/EndpointTokens';
import { Environments } from '../environments/Environments';
import { LeaderLease } from '../lease/LeaderLease';
import { Reconciler } from '../reconcile/Reconciler';

jest.setTimeout(180_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const catalogue = new MetricCatalogue([
  {
    name: 'flowers_told_total',
    type: 'counter',
    description: 'Flowers that were told apart',
    better: 'higher',
  },
]);

/** Counts what it tells; a tenth of what the others do where it is `lazy`. */
const counting = (share: number) => `
let told = 0;
export async function predict(model, inputs, context) {
  told += ${share};
  if (told >= 1) {
    context.metrics.counter('flowers_told_total').inc(Math.floor(told));
    told -= Math.floor(told);
  }
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

const metrics = [
  {
    name: 'flowers_told_total',
    type: 'counter' as const,
    description: 'Flowers that were told apart',
  },
];

describe.each(databases.eachSupportedId())('canaries with %p', id => {
  let dataDir: string;
  let knex: Knex;
  let host: TestHost;
  let models: TestModels;
  let driver: LocalDriver;
  let store: DatabaseDeploymentStore;
  let deployments: Deployments;
  let tokens: EndpointTokens;
  let stop: () => Promise<void>;

  beforeAll(TestHost.build);

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'model-platform-canary-'));
    knex = await databases.init(id);
    await knex.migrate.latest({
      directory: join(__dirname, '../../../migrations'),
    });
    host = new TestHost(dataDir);
    models = new TestModels();
    await models.publish(1, { code: counting(1), metrics });
    driver = LocalDriver.fromConfig(
      new ConfigReader({ modelPlatform: { local: { dataDir } } }),
      { logger: mockServices.logger.mock() },
    );
    await host.start();
    portal();
  });

  afterEach(async () => {
    await stop();
    await host.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  /** A portal process, as far as deployments and their figures go. */
  function portal() {
    store = DatabaseDeploymentStore.create({ knex });
    const logger = mockServices.logger.mock();
    const environments = Environments.fromConfig(new ConfigReader({}), [
      driver,
    ]);
    const stopped = new AbortController();
    const wake = { now: (_name: string) => {} };
    const announce = ({ name }: DeploymentRecord) => wake.now(name);
    const metricsStore = DatabaseMetricsStore.create({ knex });
    const figures = new RevisionFigures({ store: metricsStore, catalogue });
    deployments = new Deployments({
      ...{ store, models, environments, announce },
      metric: name => catalogue.get(name),
      figures: () => figures,
    });
    tokens = new EndpointTokens({ store, maxLive: 10, announce });
    const lease = LeaderLease.create({ knex, exclusive: true });
    const reconciler = new Reconciler({
      ...{ store, deployments, models, environments, lease, logger, announce },
      figures,
      progressed() {},
      readyTimeoutMs: 60_000,
    });
    const collector = new Collector({
      store: metricsStore,
      catalogue,
      drivers: () => [driver],
      environmentsOf: () => environments.names(),
      ...{ lease, logger, intervalMs: 300 },
    });
    wake.now = name => reconciler.wake(name);
    const running = Promise.all([
      reconciler.run(stopped.signal),
      collector.run(stopped.signal),
    ]);
    stop = async () => {
      stopped.abort();
      await running;
    };
  }

  const spec = (strategy: object) => ({
    system: 'plant-catalogue',
    environment: 'local',
    model: 'iris',
    strategy: { type: 'canary', ...strategy },
  });

  async function found(
    what: string,
    probe: (deployment: DeploymentRecord) => boolean | undefined,
  ): Promise<DeploymentRecord> {
    try {
      return await until(what, async () => {
        const record = await store.get('iris');
        return record && probe(record) && record;
      });
    } catch (error) {
      throw new Error(
        `${error}\n${JSON.stringify(await store.get('iris'), undefined, 1)}\n${
          host.output
        }`,
      );
    }
  }

  const serves = async (revision: number) =>
    await found(
      `revision ${revision} serves`,
      ({ phase, servingRevision }) =>
        phase === 'Ready' && servingRevision === revision,
    );

  const canary = async (
    what: string,
    probe: (
      state: NonNullable<DeploymentRecord['canary']>,
    ) => boolean | undefined,
  ) => await found(what, record => record.canary && probe(record.canary));

  /** Calls at a fixed rate, as far as a busy machine keeps up with it. */
  function load(url: string, token: string) {
    const seen = new Map<string, number>();
    const underWay = new Set<Promise<void>>();
    const timer = setInterval(() => {
      if (underWay.size >= 20) return;
      const call = predict(url, token)
        .then(({ status, version }) => {
          const key = `${status} v${version}`;
          seen.set(key, (seen.get(key) ?? 0) + 1);
        })
        .catch(error => {
          seen.set(String(error), (seen.get(String(error)) ?? 0) + 1);
        })
        .finally(() => underWay.delete(call));
      underWay.add(call);
    }, 20);
    return {
      seen,
      stop: async () => {
        clearInterval(timer);
        await Promise.all(underWay);
        return Object.fromEntries(seen);
      },
    };
  }

  async function predict(url: string, token: string) {
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ inputs: line }),
    });
    await response.text();
    return {
      status: response.status,
      version: response.headers.get('x-model-version'),
    };
  }

  async function called(first: DeploymentRecord) {
    const { token } = await tokens.create(first, {
      consumer: 'shop',
      createdBy: 'x',
    });
    const url = first.url ?? '';
    await until(
      'it answers',
      async () => (await predict(url, token)).status === 200,
    );
    return load(url, token);
  }

  const actions = async (record: DeploymentRecord) =>
    (await store.history(record, { limit: 50 })).map(({ action }) => action);

  it('promotes what proves itself, rolls back what does not, and tries it no more', async () => {
    const strategy = {
      steps: [
        { weight: 20, pause: '1s' },
        { weight: 50, pause: '1s' },
      ],
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
    };
    // The first has nothing to be compared with.
    await deployments.apply('iris', spec(strategy), platformActor);
    const first = await serves(1);
    expect(first.canary).toBeUndefined();
    const calls = await called(first);

    await models.publish(2, { code: counting(1), metrics });
    const promoted = await serves(2);
    expect(promoted.canary).toMatchObject({
      revision: 2,
      stableRevision: 1,
      phase: 'promoted',
      step: 2,
      analysis: [
        { metric: 'error ratio', verdict: 'passed', value: 0 },
        { metric: 'latency p90', verdict: 'passed' },
        { metric: 'flowers_told_total', verdict: 'passed' },
      ],
    });
    expect(await calls.stop()).toEqual({
      '200 v1': expect.any(Number),
      '200 v2': expect.any(Number),
    });

    const more = await called(first);
    await models.publish(3, { code: broken, metrics });
    const back = await canary(
      'it is rolled back',
      ({ revision, phase }) => revision === 3 && phase === 'rolled-back',
    );
    expect(back.canary?.reason).toMatch(
      /^error ratio [\d.]+ % of \d+ calls, bound 5 %.* at step 1 of 2$/,
    );
    const settled = await found(
      'only the stable one is left',
      ({ phase, runners }) =>
        phase === 'Degraded' && runners.every(({ revision }) => revision === 2),
    );
    const seen = await more.stop();
    // Nobody but the bad version failed a call.
    expect(Object.keys(seen).filter(key => !key.startsWith('200'))).toEqual([
      '500 v3',
    ]);
    expect(seen['200 v2']).toBeGreaterThan(0);
    expect(settled).toMatchObject({ servingRevision: 2, revision: 3 });
    expect(
      Object.fromEntries(
        settled.conditions.map(({ type, status, reason }) => [
          type,
          `${status} ${reason}`,
        ]),
      ),
    ).toEqual({
      Available: 'True Serving',
      Progressing: 'False RolledBack',
      Degraded: 'True RolledBack',
    });
    expect(settled.drift).toEqual(['latest is 3, serving 2']);
    // Not by the same spec either.
    await deployments.apply('iris', spec(strategy), platformActor);
    expect((await store.get('iris'))?.revision).toBe(3);

    // One that does less of its business than the stable one.
    const third = await called(first);
    await models.publish(4, { code: counting(0.1), metrics });
    const lazy = await canary(
      'it is rolled back too',
      ({ revision, phase }) => revision === 4 && phase === 'rolled-back',
    );
    expect(lazy.canary?.reason).toMatch(
      /flowers_told_total 0\.\d+ of \d+ calls, the stable revision has [\d.]+, bound at least 0\.5 times that/,
    );
    expect(lazy.canary?.stableRevision).toBe(2);
    await third.stop();
    expect(await actions(first)).toEqual(
      expect.arrayContaining([
        'canary-started',
        'canary-step',
        'canary-promoted',
        'canary-rolled-back',
      ]),
    );

    // A changed spec is a new reason to try.
    await deployments.apply(
      'iris',
      spec({ ...strategy, analysis: undefined }),
      platformActor,
    );
    await serves(5);
    expect((await store.get('iris'))?.canary).toMatchObject({
      revision: 5,
      phase: 'promoted',
    });
  });

  it('goes back by a figure at once, not by steps', async () => {
    await deployments.apply(
      'iris',
      {
        // So few that their failures alone are not what it goes back by.
        ...spec({ steps: [{ weight: 20, waitForPerson: true }] }),
        triggers: [
          { onVersion: true },
          {
            onMetric: {
              metric: 'error_ratio',
              above: 0.5,
              for: '1s',
              over: '10s',
              action: 'rollback',
            },
          },
        ],
      },
      platformActor,
    );
    const first = await serves(1);
    const calls = await called(first);
    await models.publish(2, { code: broken, metrics });
    await canary(
      'it waits for a person',
      ({ revision, waitsFor }) => revision === 2 && waitsFor === 'person',
    );
    await deployments.promote('iris', platformActor, {
      reason: 'It looked well',
    });
    const back = await serves(3);
    await calls.stop();
    expect(back.canary?.revision).not.toBe(3);
    expect(await store.revisions.get(back.id, 3)).toMatchObject({
      variants: [{ version: 1 }],
      reason: expect.stringContaining('error_ratio is above 0.5'),
    });
    expect(
      (await actions(back)).filter(action => action === 'canary-started'),
    ).toHaveLength(1);
  });

  it('goes on at the same step after a kill, and obeys a person', async () => {
    const strategy = {
      steps: [{ weight: 10 }, { weight: 50, waitForPerson: true }],
    };
    await deployments.apply('iris', spec(strategy), platformActor);
    const first = await serves(1);
    const calls = await called(first);

    await models.publish(2);
    await canary(
      'it waits for a person',
      ({ waitsFor }) => waitsFor === 'person',
    );
    await stop();
    portal();
    await deployments.pause('iris', platformActor, { reason: 'lunch' });
    const paused = await canary(
      'it is paused',
      ({ waitsFor }) => waitsFor === 'resume',
    );
    expect(paused.canary?.step).toBe(2);
    // Nothing new is wanted meanwhile, and yet it is said.
    await models.publish(3);
    const drifted = await found(
      'it tells what it does not follow',
      ({ drift }) => drift.length > 0,
    );
    expect(drifted).toMatchObject({
      revision: 2,
      drift: ['latest is 3, serving 2'],
    });
    await deployments.resume('iris', platformActor);
    // Said twice by mistake, it lets no step go on that nobody has looked at.
    await expect(deployments.resume('iris', platformActor)).rejects.toThrow(
      'no canary of it waits for a person',
    );
    // The newer version begins at the first step.
    await canary(
      'the newer one waits',
      ({ revision, waitsFor }) => revision === 3 && waitsFor === 'person',
    );
    await deployments.resume('iris', platformActor);
    await serves(3);

    await models.publish(4);
    await canary(
      'the next one waits',
      ({ revision, waitsFor }) => revision === 4 && waitsFor === 'person',
    );
    await deployments.abort('iris', platformActor, { reason: 'too early' });
    await found(
      'only the stable one is left',
      ({ canary: state, runners, servingRevision }) =>
        state?.reason === 'aborted by platform: too early' &&
        servingRevision === 3 &&
        runners.every(({ revision }) => revision === 3),
    );
    await expect(deployments.abort('iris', platformActor)).rejects.toThrow(
      'no canary under way',
    );

    await models.publish(5);
    await canary(
      'one more waits',
      ({ revision, waitsFor }) => revision === 5 && waitsFor === 'person',
    );
    await deployments.promote('iris', platformActor, { reason: 'seen enough' });
    const promoted = await serves(5);
    expect(promoted.canary?.reason).toBe('promoted by platform: seen enough');

    // Off in the middle, and on again: the untried one does not get everything.
    await models.publish(6);
    await canary(
      'the last one waits',
      ({ revision, waitsFor }) => revision === 6 && waitsFor === 'person',
    );
    const answered = await calls.stop();
    expect(Object.keys(answered).filter(key => !key.startsWith('200'))).toEqual(
      [],
    );
    await deployments.setOff('iris', true, platformActor);
    const off = await found('it is off', ({ phase }) => phase === 'Off');
    // Its step took no time in which nothing ran.
    expect(off.canary).toMatchObject({ phase: 'progressing', step: 2 });
    expect(off.canary?.since).toBeUndefined();
    await deployments.setOff('iris', false, platformActor);
    const again = await found(
      'it serves again',
      ({ phase }) => phase === 'Canary',
    );
    expect(again).toMatchObject({
      servingRevision: 5,
      canary: { revision: 6, phase: 'progressing', step: 2 },
    });

    // What comes while it is off is tried beside what served before.
    await deployments.setOff('iris', true, platformActor);
    await found('it is off', ({ phase }) => phase === 'Off');
    await models.publish(7);
    await deployments.setOff('iris', false, platformActor);
    const tried = await canary(
      'what came meanwhile is tried',
      ({ revision }) => revision === 7,
    );
    expect(tried).toMatchObject({
      servingRevision: 5,
      canary: { stableRevision: 5, phase: 'progressing', step: 1 },
    });
  });
});
