import { expect, test } from '@playwright/test';
import { KubernetesObject } from '@kubernetes/client-node';
import { KubernetesClient } from '@model-platform/model-cluster';
import { DerivedKeys } from '../../plugins/model-platform-backend-module-kubernetes/src/DerivedKeys';
import { eventually } from '../platform/Platform';
import { never, revisionOf } from './desired';
import { SECRET_KEY, TestCluster } from './TestCluster';

const namespace = 'models-crm--test';
const figures = {
  collector: {
    namespaceLabels: { 'kubernetes.io/metadata.name': 'monitoring' },
    monitorLabels: { release: 'prometheus' },
  },
  metricCatalogue: [
    { name: 'offers_accepted_total', type: 'counter', description: 'Offers' },
  ],
};
const desired = revisionOf('churn', 1);

let cluster: TestCluster;

test.beforeAll(async () => {
  cluster = await TestCluster.start();
});
test.afterAll(async () => {
  await cluster?.stop();
});

const monitors = async (): Promise<KubernetesObject[]> =>
  (await new KubernetesClient(cluster.config).list('PodMonitor')).items;

test('where nobody collects, pods say nothing; else where their figures are', async () => {
  const annotations = async () => {
    const { items } = await cluster.apps.listNamespacedDeployment({
      namespace,
    });
    return Object.fromEntries(
      items.map(({ metadata, spec }) => [
        metadata?.labels?.['app.kubernetes.io/component'],
        spec?.template.metadata?.annotations ?? {},
      ]),
    );
  };
  const silent = await cluster.driver();
  await silent.apply(desired, never);
  const keys = { 'model-platform.io/keys': expect.any(String) };
  expect(await annotations()).toEqual({ gateway: keys, runner: keys });
  await silent.stop();

  const driver = await cluster.driver(figures);
  await driver.apply(revisionOf('churn', 1), never);
  const scraped = (port: string) => ({
    ...keys,
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': port,
    'prometheus.io/path': '/metrics',
  });
  expect(await annotations()).toEqual({
    gateway: scraped('9090'),
    runner: scraped('8080'),
  });
  await driver.stop();
});

test('where the Prometheus operator is, monitors say what it is to read', async () => {
  const { podMonitorKind } = await import(
    '../services/kubernetes/podMonitorKind.mjs'
  );
  await cluster.define(await podMonitorKind());
  await eventually('the kind known', () =>
    monitors().then(
      () => true,
      () => false,
    ),
  );
  // Found when a portal starts, and only where somebody collects.
  const silent = await cluster.driver();
  await silent.apply(desired, never);
  expect(await monitors()).toEqual([]);
  await silent.stop();

  const driver = await cluster.driver(figures);
  await driver.apply(revisionOf('churn', 1), never);
  const made = await monitors();
  expect(made.map(({ metadata }) => metadata?.name).toSorted()).toEqual([
    'model-gateway',
    'model-runners',
    'model-shadows',
  ]);
  for (const { metadata } of made) {
    expect(metadata).toMatchObject({
      namespace,
      labels: {
        release: 'prometheus',
        'app.kubernetes.io/managed-by': 'model-platform',
      },
    });
  }
  const specOf = (name: string) =>
    Object(made.find(({ metadata }) => metadata?.name === name)).spec;
  expect(specOf('model-gateway').podMetricsEndpoints).toMatchObject([
    {
      port: 'admin',
      honorLabels: true,
      authorization: {
        credentials: { name: 'model-metrics', key: 'metrics-secret' },
      },
    },
  ]);
  // What the operator hands on opens figures, and has nothing else beside it.
  const { data } = await cluster.core.readNamespacedSecret({
    namespace,
    name: 'model-metrics',
  });
  expect(
    Object.entries(data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  ).toEqual([
    ['metrics-secret', new DerivedKeys(SECRET_KEY).metricsSecret(namespace)],
  ]);
  const kept = (name: string, metric: string) =>
    new RegExp(
      `^(${specOf(name).podMetricsEndpoints[0].metricRelabelings[0].regex})$`,
    ).test(metric);
  for (const metric of [
    'model_runner_requests_total',
    'process_cpu_seconds_total',
  ]) {
    expect(kept('model-runners', metric)).toBe(true);
    expect(kept('model-shadows', metric)).toBe(true);
  }
  // Of what models count, only what is of the catalogue; of shadows nothing.
  expect(kept('model-runners', 'offers_accepted_total')).toBe(true);
  expect(kept('model-shadows', 'offers_accepted_total')).toBe(false);
  expect(kept('model-runners', 'offers_refused_total')).toBe(false);
  // Nobody's code can count calls that the gateway has not seen.
  expect(kept('model-runners', 'model_gateway_requests_total')).toBe(false);

  // One that is taken away comes back.
  await new KubernetesClient(cluster.config).delete({
    kind: 'PodMonitor',
    namespace,
    name: 'model-runners',
  });
  await eventually('it is back', async () => {
    await driver.apply(revisionOf('churn', 1), never);
    return (await monitors()).length === 3;
  });
  await driver.stop();
});

test('where nobody collects any more, they are taken away', async () => {
  const driver = await cluster.driver(figures);
  await driver.apply(revisionOf('churn', 1), never);
  expect(await monitors()).toHaveLength(3);
  await driver.stop();
  const silent = await cluster.driver();
  await silent.apply(revisionOf('churn', 1), never);
  expect(await monitors()).toEqual([]);
  await silent.stop();
});

for (const [verb, message] of [
  ['create', /apply the PodMonitor /],
  ['list', /list and watch podmonitors/],
] as const) {
  test(`without ${verb} of podmonitors models are deployed all the same, and it is told`, async () => {
    const system = `without-${verb}`;
    await cluster.apply(TestCluster.roleWithout('podmonitors', verb));
    // The API server hears of its own roles a little later.
    await eventually('what is missing', async () => {
      cluster.warnings.length = 0;
      const own = revisionOf('rights', 1, { system });
      const driver = await cluster.driver(figures);
      try {
        await driver.apply(own, never);
        expect(await driver.list()).toContain('rights');
        return cluster.warnings.some(warning => message.test(warning));
      } finally {
        await driver.stop();
      }
    });
    for (const role of TestCluster.roles()) await cluster.apply(role);
    await eventually('they are there', async () => {
      const driver = await cluster.driver(figures);
      await driver
        .apply(revisionOf('rights', 1, { system }), never)
        .finally(() => driver.stop());
      const made = await monitors();
      return made.some(
        ({ metadata }) => metadata?.namespace === `models-${system}--test`,
      );
    });
  });
}
