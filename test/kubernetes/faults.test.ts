import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@playwright/test';
import { WorkloadIdentities } from '../../plugins/model-platform-backend/src/access/workloads/WorkloadIdentities';
import { faultRuns } from '../faults/faultRuns';
import { eventually } from '../platform/Platform';
import { never, revisionOf } from './desired';
import { TestCluster } from './TestCluster';

let cluster: TestCluster;

test.beforeAll(async () => {
  cluster = await TestCluster.start();
});
test.afterAll(async () => {
  await cluster?.stop();
});
test.afterEach(() => {
  cluster.proxy.fault = undefined;
});

const isReady = async (
  driver: Awaited<ReturnType<TestCluster['driver']>>,
  name: string,
) =>
  await eventually(`runners of ${name}`, async () => {
    const { runners } = await driver.observe({ name });
    return (
      runners.length > 0 && runners.every(({ phase }) => phase === 'ready')
    );
  });

test('an API server that is killed while revisions are applied, and started again', async () => {
  const driver = await cluster.driver();
  const names = Array.from({ length: 8 }, (_, index) => `killed-${index}`);
  cluster.proxy.forget();
  const work = Promise.allSettled(
    names.map(name => driver.apply(revisionOf(name, 1), never)),
  );
  await eventually(
    'some of it written',
    () => cluster.proxy.writes().length > 20,
  );
  await cluster.service.killApiServer();
  await sleep(500);
  await cluster.service.restartApiServer();
  await work;
  for (const name of names) {
    await eventually(`${name} applied`, async () => {
      await driver.apply(revisionOf(name, 1), never);
      return true;
    });
    await isReady(driver, name);
  }
  const { items } = await cluster.apps.listDeploymentForAllNamespaces({
    labelSelector: `model-platform.io/endpoint in (${names.join(',')})`,
  });
  expect(items.map(({ metadata }) => metadata?.name).toSorted()).toEqual(
    names.map(name => `m-${name}--r1-main`).toSorted(),
  );
});

test('a server that is busy is asked again, when it says so', async () => {
  const driver = await cluster.driver();
  let refused = 0;
  cluster.proxy.fault = ({ method }) => {
    if (method !== 'PATCH' || refused >= 3) return undefined;
    refused += 1;
    return {
      status: refused === 2 ? 409 : 429,
      headers: { 'retry-after': '1' },
      body: JSON.stringify({
        kind: 'Status',
        code: 429,
        message: 'too many requests',
        details: { retryAfterSeconds: 1 },
      }),
    };
  };
  await driver.apply(revisionOf('busy', 1), never);
  expect(refused).toBe(3);
  await isReady(driver, 'busy');
});

test('a watch that is cut, or has forgotten so far back, is begun anew', async () => {
  const driver = await cluster.driver();
  await driver.apply(revisionOf('watched', 1), never);
  await isReady(driver, 'watched');
  const before = await driver.observe({ name: 'watched' });
  let gone = 0;
  cluster.proxy.fault = ({ isWatch }) => {
    if (!isWatch || gone >= 5) return undefined;
    gone += 1;
    return {
      status: 200,
      body: `${JSON.stringify({
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired' },
      })}\n`,
    };
  };
  cluster.proxy.cut();
  await cluster.core.deleteCollectionNamespacedPod({
    namespace: 'models-crm--test',
    labelSelector: 'model-platform.io/endpoint=watched',
  });
  await eventually('another pod in its place', async () => {
    const { runners } = await driver.observe({ name: 'watched' });
    return (
      runners.length === 1 &&
      runners[0].phase === 'ready' &&
      runners[0].id !== before.runners[0]?.id
    );
  });
  expect(gone).toBe(5);
});

test('what is listed comes in pages, all anew where their end has expired', async () => {
  const writer = await cluster.driver();
  const names = ['paged-0', 'paged-1', 'paged-2', 'paged-3', 'paged-4'];
  for (const name of names) await writer.apply(revisionOf(name, 1), never);
  for (const name of names) await isReady(writer, name);
  let expired = 0;
  cluster.proxy.fault = ({ path, query }) => {
    if (!path.endsWith('/pods') || !query.has('continue') || expired > 0) {
      return undefined;
    }
    expired += 1;
    return {
      status: 410,
      body: JSON.stringify({
        kind: 'Status',
        code: 410,
        reason: 'Expired',
        message: 'The provided continue parameter is too old',
      }),
    };
  };
  cluster.proxy.forget();
  const driver = await cluster.driver({ limits: { pageSize: 2 } });
  for (const name of names) {
    const { runners } = await driver.observe({ name });
    expect(runners.map(({ phase }) => phase)).toEqual(['ready']);
  }
  const pages = cluster.proxy.calls.filter(
    ({ path, isWatch }) => path.endsWith('/pods') && !isWatch,
  );
  expect(expired).toBe(1);
  expect(pages.every(({ query }) => query.get('limit') === '2')).toBe(true);
  // The first, the one that was refused, and from the first one again.
  expect(pages.slice(0, 3).map(({ query }) => query.has('continue'))).toEqual([
    false,
    true,
    false,
  ]);
  expect(pages.length).toBeGreaterThan(4);
});

test('a cluster that has not been heard of for long is not said to be as it was', async () => {
  const driver = await cluster.driver({ limits: { silenceMs: 1_000 } });
  await driver.apply(revisionOf('silent', 1), never);
  await isReady(driver, 'silent');
  await cluster.service.killApiServer();
  const said = await eventually('that it is not known', () =>
    driver.observe({ name: 'silent' }).then(
      () => undefined,
      error => String(error),
    ),
  );
  expect(said).toMatch(
    /The API server of the cluster cannot be reached to list and watch /,
  );
  // Pods are there all the same, and count.
  await driver.scrapeTargets();
  await cluster.service.restartApiServer();
  await isReady(driver, 'silent');
});

test('a cluster that takes connections and answers no watch is not said to be as it was', async () => {
  const driver = await cluster.driver({ limits: { silenceMs: 1_000 } });
  await driver.apply(revisionOf('hung', 1), never);
  await isReady(driver, 'hung');
  const warned = cluster.warnings.length;
  cluster.proxy.fault = ({ isWatch }) => (isWatch ? 'nothing' : undefined);
  cluster.proxy.endWatches();
  const said = await eventually('that it is not known', () =>
    driver.observe({ name: 'hung' }).then(
      () => undefined,
      error => String(error),
    ),
  );
  expect(said).toMatch(
    /The API server of the cluster cannot be reached to list and watch .*timeout/,
  );
  expect(cluster.warnings.slice(warned).join()).toContain('timeout');
  cluster.proxy.fault = undefined;
  cluster.proxy.cut();
  await isReady(driver, 'hung');
});

test('many deployments are applied, and a second pass writes nothing', async () => {
  test.setTimeout(600_000);
  const driver = await cluster.driver();
  const usual = faultRuns >= 100 ? 200 : 40;
  const count = Number(process.env.TEST_DEPLOYMENTS || usual);
  const all = Array.from({ length: count }, (_, index) =>
    revisionOf(`many-${index}`, 1),
  );
  cluster.proxy.forget();
  const begin = performance.now();
  const left = [...all];
  const worker = async () => {
    for (let one = left.pop(); one; one = left.pop()) {
      await driver.apply(one, never);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  const seconds = (performance.now() - begin) / 1000;
  const calls = cluster.proxy.calls.length;

  cluster.proxy.forget();
  const again = performance.now();
  for (const one of all) {
    await driver.apply(one, never);
    await driver.observe(one.ref);
  }
  const pass = performance.now() - again;
  expect(cluster.proxy.writes()).toEqual([]);
  process.stdout.write(
    `${count} deployments: ${seconds.toFixed(
      1,
    )} s, ${calls} calls; a second pass ${pass.toFixed(0)} ms, ${
      cluster.proxy.calls.length
    } calls\n`,
  );
});

test('service accounts of its own namespaces are known by their tokens, also with the API server away', async () => {
  const driver = await cluster.driver();
  await driver.apply(revisionOf('accounts', 1), never);
  // Of others, that call themselves the platform's.
  for (const [name, system, environment] of [
    ['intruder', 'crm', 'test'],
    ['models-crm--elsewhere', 'crm', 'elsewhere'],
  ]) {
    await cluster.core.createNamespace({
      body: {
        metadata: {
          name,
          labels: {
            'app.kubernetes.io/managed-by': 'model-platform',
            'model-platform.io/system': system,
            'model-platform.io/environment': environment,
          },
        },
      },
    });
  }
  const tokenOf = async (namespace: string, audience = 'model-platform') => {
    const { status } = await eventually('an account', () =>
      cluster.core.createNamespacedServiceAccountToken({
        namespace,
        name: 'default',
        body: { spec: { audiences: [audience], expirationSeconds: 3600 } },
      }),
    );
    return status?.token ?? '';
  };
  const own = await tokenOf('models-crm--test');
  const caller = {
    kind: 'workload',
    actor: 'workload:kubernetes:system:serviceaccount:models-crm--test:default',
    grants: [{ actions: ['read'], systems: ['crm'] }],
  };
  const callerOf = async (token: string, of = driver) =>
    await new WorkloadIdentities([of]).tryAuthenticate(token);
  expect(await callerOf(own)).toEqual(caller);
  await expect(
    callerOf(await tokenOf('models-crm--test', 'others')),
  ).rejects.toThrow('another audience');
  for (const other of ['default', 'intruder', 'models-crm--elsewhere']) {
    await expect(callerOf(await tokenOf(other))).rejects.toThrow(
      `system:serviceaccount:${other}:default is none of what`,
    );
  }

  const late = await cluster.driver();
  await cluster.service.killApiServer();
  try {
    expect(await callerOf(own)).toEqual(caller);
    expect(cluster.warnings.join('\n')).toContain(
      'the platform goes by what it was told last',
    );
    await expect(callerOf(own, late)).rejects.toThrow(
      'cannot be reached to read who issues tokens',
    );
  } finally {
    await cluster.service.restartApiServer();
  }
  await eventually('the late one knows it', async () => {
    expect(await callerOf(own, late)).toEqual(caller);
    return true;
  });
});
