import { expect, test } from '@playwright/test';
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

/** One right less, and what is not possible then. */
const lacking: Array<[string, string, RegExp]> = [
  ['namespaces', 'create', /apply the Namespace models-/],
  ['serviceaccounts', 'create', /apply the ServiceAccount /],
  ['secrets', 'patch', /apply the Secret /],
  ['configmaps', 'create', /apply the ConfigMap /],
  ['services', 'patch', /apply the Service /],
  ['networkpolicies', 'create', /apply the NetworkPolicy .*deny-all/],
  ['poddisruptionbudgets', 'create', /apply the PodDisruptionBudget /],
  ['horizontalpodautoscalers', 'create', /apply the HorizontalPodAutoscaler /],
  ['deployments', 'create', /apply the Deployment /],
  ['rolebindings', 'create', /apply the RoleBinding /],
  ['clusterroles', 'bind', /apply the RoleBinding /],
  ['pods', 'list', /list and watch pods/],
  ['leases', 'list', /list and watch leases/],
  ['deployments', 'delete', /delete the Deployment /],
  ['secrets', 'delete', /delete the Secret /],
];

for (const [index, [resource, verb, message]] of lacking.entries()) {
  test(`without ${verb} of ${resource} one thing is not possible, and is named`, async () => {
    const desired = revisionOf('rights', 1, {
      system: `system-${index}`,
      resources: { replicas: { min: 1, max: 2 } },
    });
    await cluster.apply(cluster.roleWithout(resource, verb));
    // The API server hears of its own roles a little later.
    const error = await eventually('what is missing', async () => {
      const driver = await cluster.driver();
      try {
        await driver.apply(desired, never);
        await driver.remove(desired.ref);
        return undefined;
      } catch (refused) {
        return String(refused);
      } finally {
        await driver.stop();
      }
    });
    expect(error).toMatch(message);

    for (const role of cluster.roles()) await cluster.apply(role);
    const driver = await cluster.driver();
    await eventually('everything possible again', async () => {
      await driver.apply(desired, never);
      await driver.remove(desired.ref);
      return true;
    });
    await driver.stop();
  });
}

test('nothing can be written where the platform does not live', async () => {
  const core = await cluster.reader('model-platform', 'model-platform');
  const account = { metadata: { name: 'intruder' } };
  await eventually('the policy in force', () =>
    core
      .createNamespacedServiceAccount({
        namespace: 'kube-system',
        body: account,
      })
      .then(
        () => false,
        error => /namespaces of its own/.test(String(error)),
      ),
  );
  for (const attempt of [
    () =>
      core.createNamespacedServiceAccount({
        namespace: 'default',
        body: account,
      }),
    () => core.createNamespace({ body: { metadata: { name: 'unlabelled' } } }),
    () =>
      core.patchNamespace({
        name: 'kube-system',
        body: [
          {
            op: 'add',
            path: '/metadata/labels/app.kubernetes.io~1managed-by',
            value: 'model-platform',
          },
        ],
      }),
  ]) {
    await expect(attempt()).rejects.toThrow(/namespaces of its own/);
  }
  for (const unreadable of [
    () => core.listNamespacedSecret({ namespace: 'model-platform' }),
    () => core.deleteNamespace({ name: 'default' }),
  ]) {
    await expect(unreadable()).rejects.toMatchObject({ code: 403 });
  }
});
