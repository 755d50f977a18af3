import { AuthorizationV1Api } from '@kubernetes/client-node';
import { expect, test } from '@playwright/test';
import { KINDS } from '@model-platform/model-cluster';
import { DesiredRevision } from '@model-platform/plugin-model-platform-node';
import { KubernetesDriver } from '../../plugins/model-platform-backend-module-kubernetes/src/KubernetesDriver';
import { eventually } from '../platform/Platform';
import { never, revisionOf, routeOf } from './desired';
import { TestCluster } from './TestCluster';

const DISCOVERY = '/.well-known/openid-configuration';
const KEYS = '/openid/v1/jwks';

/** With what makes the driver use all of its rights. */
const collector = { namespaceLabels: { name: 'monitoring' } };

let cluster: TestCluster;
/** With all rights. */
let whole: KubernetesDriver;

test.beforeAll(async () => {
  cluster = await TestCluster.start();
  const { podMonitorKind } = await import(
    '../services/kubernetes/podMonitorKind.mjs'
  );
  await cluster.define(await podMonitorKind());
  // Which lets all service accounts read the keys; not every cluster has it.
  await cluster.rbac.deleteClusterRoleBinding({
    name: 'system:service-account-issuer-discovery',
  });
  whole = await cluster.driver({ collector });
});
test.afterAll(async () => {
  await cluster?.stop();
});

/** Every verb of every resource and path of `rbac.yaml`. */
const rights = (TestCluster.role().rules ?? []).flatMap(
  ({
    apiGroups = [],
    resources = [],
    nonResourceURLs = [],
    resourceNames,
    verbs,
  }) =>
    [...resources, ...nonResourceURLs].flatMap(resource =>
      verbs.map(verb => ({
        group: apiGroups[0],
        resource,
        verb,
        name: resourceNames?.[0],
      })),
    ),
);
type Right = (typeof rights)[number];

/** The API server hears of its own roles a little later. */
async function isLet({ group, resource, verb, name }: Right, is: boolean) {
  const access = cluster.config.makeApiClient(AuthorizationV1Api);
  const [plural, subresource] = resource.split('/');
  await eventually(`${verb} of ${resource}: ${is}`, async () => {
    const { status } = await access.createSubjectAccessReview({
      body: {
        spec: {
          user: 'system:serviceaccount:model-platform:model-platform',
          ...(isPath(resource)
            ? { nonResourceAttributes: { path: resource, verb } }
            : {
                resourceAttributes: {
                  namespace: 'models-any--test',
                  group,
                  resource: plural,
                  subresource,
                  verb,
                  name,
                },
              }),
        },
      },
    });
    return status?.allowed === is;
  });
}

const isPath = (resource: string) => resource.startsWith('/');

const kindOf = (resource: string) =>
  Object.entries(KINDS).find(([, { plural }]) => plural === resource)?.[0];

/** What is not possible without a right, as the platform says it. */
function wordsFor({ resource, verb }: Right): RegExp {
  if (verb === 'bind') return /apply the RoleBinding /;
  if (resource === DISCOVERY) return /read who issues tokens of /;
  if (resource === KEYS) return /read the keys of tokens of /;
  if (resource === 'pods/log') return /read the log of /;
  if (resource === 'events') return /list events of the namespace /;
  if (verb === 'list' || verb === 'watch')
    return new RegExp(`list and watch ${resource}`);
  const doing = verb === 'delete' ? 'delete' : 'apply';
  return new RegExp(`${doing} the ${kindOf(resource)} `);
}

/** What of a deployment must be there, for there to be something to read or to delete. */
async function prepare(
  { resource, verb }: Right,
  { ref, ...desired }: DesiredRevision,
) {
  const needsNothing =
    isPath(resource) ||
    (!['delete', 'get'].includes(verb) && resource !== 'events');
  if (needsNothing) return;
  if (resource === 'events') {
    cluster.kubelet.troubles.set(`m-${ref.name}-`, () => ({
      phase: 'Pending',
    }));
  }
  await whole.apply({ ref, ...desired }, never);
  if (resource === 'httproutes') {
    await cluster.apply({
      apiVersion: KINDS.HTTPRoute.apiVersion,
      kind: 'HTTPRoute',
      metadata: {
        name: ref.name,
        namespace: `models-${ref.name}--test`,
        labels: {
          'app.kubernetes.io/managed-by': 'model-platform',
          'model-platform.io/endpoint': ref.name,
        },
      },
      ...{
        spec: {
          rules: [{ backendRefs: [{ name: 'model-gateway', port: 80 }] }],
        },
      },
    });
  }
  await eventually('its pod', async () => {
    const sources = await whole.logSources(ref);
    return sources.length > 0;
  });
}

/** Does what needs the right. */
async function use({ resource, verb }: Right, desired: DesiredRevision) {
  const { ref } = desired;
  const isOfMonitor = resource === 'podmonitors';
  // Without a collector there is nothing that a monitor is for.
  const driver = await cluster.driver({
    ...(isOfMonitor && verb === 'delete' ? {} : { collector }),
    limits: { silenceMs: 0 },
  });
  try {
    if (resource === DISCOVERY) return await driver.workloadTokens.issuer();
    if (resource === KEYS) return await driver.workloadTokens.keys();
    if (verb === 'delete' && !isOfMonitor) return await driver.remove(ref);
    if (verb !== 'get' && resource !== 'events')
      await driver.apply(desired, never);
    if (resource === 'httproutes' && verb !== 'watch')
      await driver.route(ref, routeOf(desired));
    const { runners } = await driver.observe(ref);
    cluster.warnings.push(...runners.flatMap(({ message }) => message ?? []));
    if (resource === 'pods/log') {
      const lines = driver.logs(
        { deployment: ref, runner: runners[0].id },
        { follow: false, signal: never.signal },
      );
      for await (const line of lines) expect(line).toBeUndefined();
    }
  } catch (error) {
    cluster.warnings.push(String(error));
  } finally {
    await driver.stop();
  }
}

for (const [index, right] of rights.entries()) {
  const { resource, verb } = right;
  test(`without ${verb} of ${resource} one thing is not possible, and is named`, async () => {
    const name = `right-${index}`;
    const desired = revisionOf(name, 1, {
      system: name,
      resources: { replicas: { min: 1, max: 2 } },
    });
    await prepare(right, desired);
    await cluster.apply(TestCluster.roleWithout(resource, verb));
    await isLet(right, false);
    try {
      const words = wordsFor(right);
      await eventually(`${words}`, async () => {
        cluster.warnings.length = 0;
        await use(right, desired);
        if (cluster.warnings.some(said => words.test(said))) return true;
        throw new Error(cluster.warnings.join('; ') || 'nothing was said');
      });
    } finally {
      await cluster.apply(TestCluster.role());
      await isLet(right, true);
    }
  });
}

test('with all of them, everything is possible', async () => {
  const desired = revisionOf('whole', 1, { system: 'whole' });
  cluster.warnings.length = 0;
  await whole.apply(desired, never);
  await whole.workloadTokens.issuer();
  await whole.workloadTokens.keys();
  await whole.remove(desired.ref);
  expect(cluster.warnings).toEqual([]);
});

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
