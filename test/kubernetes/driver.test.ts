import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { expect, test } from '@playwright/test';
import {
  AutoscalingV2Api,
  CoordinationV1Api,
  CustomObjectsApi,
  V1Deployment,
  V1ObjectMeta,
} from '@kubernetes/client-node';
import { DesiredRevision } from '@model-platform/plugin-model-platform-node';
import { KubernetesDriver } from '../../plugins/model-platform-backend-module-kubernetes/src/KubernetesDriver';
import { eventually } from '../platform/Platform';
import { never, revisionOf, routeOf } from './desired';
import { GatewayProcesses } from './GatewayProcesses';
import { runningStatus } from './StandInKubelet';
import { TestCluster } from './TestCluster';

const namespace = 'models-crm--test';

let cluster: TestCluster;
let driver: KubernetesDriver;
let gateway: GatewayProcesses;

test.beforeAll(async () => {
  cluster = await TestCluster.start();
  driver = await cluster.driver();
  await driver.apply(revisionOf('first', 1), never);
  gateway = await GatewayProcesses.start(cluster, namespace);
});

test.afterAll(async () => {
  await gateway?.stop();
  await cluster?.stop();
});

const isReady = (of: KubernetesDriver, desired: DesiredRevision) =>
  eventually(`runners of ${desired.ref.name} ${desired.revision}`, async () => {
    const { runners } = await of.observe(desired.ref);
    const mine = runners.filter(one => one.revision === desired.revision);
    return mine.length > 0 && mine.every(({ phase }) => phase === 'ready');
  });

/** As the reconciler does it: makes it, waits, sends traffic there, lets the others go. */
async function rollOut(of: KubernetesDriver, desired: DesiredRevision) {
  await of.apply(desired, never);
  await isReady(of, desired);
  const route = routeOf(desired);
  await eventually('the route in force', async () => {
    await of.route(desired.ref, route);
    return true;
  });
  await of.release(desired.ref, {
    keep: [desired.revision],
    newest: desired.revision,
  });
}

const objectsOf = async (endpoint: string) => {
  const labelSelector = `model-platform.io/endpoint=${endpoint}`;
  const [deployments, services, maps, secrets, accounts] = await Promise.all([
    cluster.apps.listDeploymentForAllNamespaces({ labelSelector }),
    cluster.core.listServiceForAllNamespaces({ labelSelector }),
    cluster.core.listConfigMapForAllNamespaces({ labelSelector }),
    cluster.core.listSecretForAllNamespaces({ labelSelector }),
    cluster.core.listServiceAccountForAllNamespaces({ labelSelector }),
  ]);
  return [deployments, services, maps, secrets, accounts]
    .flatMap(({ items }): Array<{ metadata?: { name?: string } }> => items)
    .map(({ metadata }) => metadata?.name);
};

test("a model's own image becomes a sidecar of its runner, which the restricted profile admits", async () => {
  const reference = `registry.example.org/crm/churn@sha256:${'a'.repeat(64)}`;
  const desired = revisionOf('imaged', 1, {
    version: { flavor: 'image', image: { reference, port: 9000 } },
    resources: { cpu: '1', memory: '1Gi' },
  });
  await rollOut(driver, desired);
  const labelSelector = 'model-platform.io/endpoint=imaged';
  const pods = await cluster.core.listNamespacedPod({
    namespace,
    labelSelector,
  });
  const { spec } = pods.items[0];
  expect(spec?.initContainers?.map(({ name }) => name)).toEqual([
    'fetch',
    'model',
  ]);
  expect(spec?.initContainers?.[1]).toMatchObject({
    image: reference,
    restartPolicy: 'Always',
    resources: { limits: { cpu: '1', memory: '1Gi' } },
    securityContext: { readOnlyRootFilesystem: true },
    readinessProbe: { httpGet: { path: '/v2/health/ready', port: 9000 } },
  });
  expect(spec?.imagePullSecrets).toEqual([{ name: 'crm-pull' }]);
  await expect(
    driver.apply(
      revisionOf('elsewhere', 1, {
        version: {
          flavor: 'image',
          image: {
            reference: `docker.io/crm/churn@sha256:${'a'.repeat(64)}`,
            port: 9000,
          },
        },
      }),
      never,
    ),
  ).rejects.toThrow('may come from registry.example.org/crm');
});

test('a revision becomes pods, a route leads to it, and the gateway has it', async () => {
  const desired = revisionOf('churn', 1, {
    resources: { cpu: '250m', memory: '256Mi', replicas: { min: 2, max: 2 } },
  });
  await rollOut(driver, desired);
  const observed = await driver.observe(desired.ref);
  expect(observed).toMatchObject({
    routedRevision: 1,
    routeDigest: driver.routeDigest(desired.ref, routeOf(desired)),
    url: 'https://models.example.org/churn',
  });
  expect(observed.message).toBeUndefined();
  expect(observed.runners).toHaveLength(2);
  const { routes } = await gateway.state();
  const mine = routes.find(({ endpoint }) => endpoint === 'churn');
  // Found by the agent behind the variant's service.
  expect(mine?.runners.toSorted()).toEqual(
    observed.runners.map(({ id }) => id).toSorted(),
  );
  expect(await driver.list()).toContain('churn');
});

test('what the controllers of Gateways say of a route is said of the endpoint', async () => {
  const desired = revisionOf('routed', 1);
  await rollOut(driver, desired);
  const name = 'routed';
  const routes = cluster.config.makeApiClient(CustomObjectsApi);
  const place = {
    group: 'gateway.networking.k8s.io',
    version: 'v1',
    namespace,
    plural: 'httproutes',
    name,
  };
  /** As a controller does it. */
  const say = async (
    gateway: string,
    is: 'True' | 'False',
    generation?: number,
  ) => {
    const { metadata } = await routes.getNamespacedCustomObject(place);
    await routes.patchNamespacedCustomObjectStatus({
      ...place,
      body: [
        {
          op: 'add',
          path: '/status',
          value: {
            parents: [
              {
                controllerName: 'example.org/controller',
                parentRef: { name: gateway, namespace: 'gateways' },
                conditions: [
                  {
                    type: 'Accepted',
                    status: is,
                    reason:
                      is === 'True' ? 'Accepted' : 'NotAllowedByListeners',
                    message: 'No listener takes routes of this namespace.',
                    lastTransitionTime: new Date().toISOString(),
                    observedGeneration: generation ?? metadata.generation,
                  },
                ],
              },
            ],
          },
        },
      ],
    });
  };
  const isSaid = (message: RegExp | undefined) =>
    eventually(`the message ${message}`, async () => {
      const observed = await driver.observe(desired.ref);
      expect(observed.routedRevision).toBe(1);
      if (message) expect(observed.message).toMatch(message);
      else expect(observed.message).toBeUndefined();
      return true;
    });
  await say('public', 'False');
  await isSaid(
    /^The Gateway gateways\/public does not lead callers to the endpoint \(NotAllowedByListeners\): No listener takes routes of this namespace; let its allowedRoutes select namespaces with the label app.kubernetes.io\/managed-by: model-platform$/,
  );
  await say('public', 'True');
  await isSaid(undefined);
  await say('public', 'False');
  await isSaid(/NotAllowed/);
  // Of an earlier route, and of somebody else's.
  await say('public', 'False', 0);
  await isSaid(undefined);
  await say('private', 'False');
  await isSaid(undefined);

  // Another configuration, or a route that is gone, is put in force.
  const wide = await cluster.driver({
    gateways: [
      { name: 'public', namespace: 'gateways' },
      { name: 'private', namespace: 'gateways' },
    ],
  });
  const route = routeOf(desired);
  const digest = wide.routeDigest(desired.ref, route);
  const isInForce = async () => {
    expect((await wide.observe(desired.ref)).routeDigest).toBeUndefined();
    await wide.route(desired.ref, route);
    expect((await wide.observe(desired.ref)).routeDigest).toBe(digest);
  };
  await isInForce();
  // One that takes the route is enough.
  await say('private', 'False');
  expect((await wide.observe(desired.ref)).message).toBeUndefined();
  await routes.deleteNamespacedCustomObject(place);
  await eventually('the route gone', async () => {
    const { routeDigest } = await wide.observe(desired.ref);
    return routeDigest === undefined;
  });
  await isInForce();

  // One that is not wanted any more leads nobody there.
  const closed = await cluster.driver({ gateways: [] });
  expect((await closed.observe(desired.ref)).routeDigest).toBeUndefined();
  await closed.route(desired.ref, route);
  await expect(routes.getNamespacedCustomObject(place)).rejects.toMatchObject({
    code: 404,
  });
  await eventually('the route in force without it', async () => {
    const { routeDigest } = await closed.observe(desired.ref);
    return routeDigest === digest;
  });
  await closed.remove(desired.ref);
});

test('a revoked token and a switched off endpoint reach the gateway', async () => {
  const desired = revisionOf('tokens', 1);
  await rollOut(driver, desired);
  const route = { ...routeOf(desired), tokens: [] };
  await driver.route(desired.ref, route);
  const observed = await driver.observe(desired.ref);
  expect(observed.routeDigest).toBe(driver.routeDigest(desired.ref, route));

  const off = { ...route, variants: [] };
  await driver.switchOff(desired.ref, off);
  const after = await driver.observe(desired.ref);
  expect(after.runners).toEqual([]);
  expect(after.routedRevision).toBeUndefined();
  expect(after.routeDigest).toBe(driver.routeDigest(desired.ref, off));
  const { routes } = await gateway.state();
  expect(routes.find(({ endpoint }) => endpoint === 'tokens')?.runners).toEqual(
    [],
  );
});

test('a second pass without change writes nothing, and a portal that was started anew takes over what is there', async () => {
  const desired = revisionOf('adopted', 1);
  await rollOut(driver, desired);
  cluster.proxy.forget();
  await driver.apply(desired, never);
  await driver.route(desired.ref, routeOf(desired));
  await driver.observe(desired.ref);
  expect(cluster.proxy.writes()).toEqual([]);

  const versions = async () => {
    const mine = {
      namespace,
      labelSelector: 'model-platform.io/endpoint=adopted',
    };
    const [deployments, pods, maps] = await Promise.all([
      cluster.apps.listNamespacedDeployment(mine),
      cluster.core.listNamespacedPod(mine),
      cluster.core.listNamespacedConfigMap(mine),
    ]);
    return [deployments, pods, maps]
      .flatMap(({ items }): Array<{ metadata?: V1ObjectMeta }> => items)
      .map(({ metadata }) => [metadata?.name, metadata?.resourceVersion]);
  };
  const before = await versions();
  const next = await cluster.driver();
  expect((await next.observe(desired.ref)).routedRevision).toBe(1);
  await next.apply(desired, never);
  await next.route(desired.ref, routeOf(desired));
  expect(await versions()).toEqual(before);
});

test('a leader that was followed by another one changes nothing any more', async () => {
  const first = revisionOf('fenced', 1);
  const hung = await cluster.driver();
  await hung.apply(first, { ...never, fencing: 5 });
  const next = revisionOf('fenced', 2);
  await driver.apply(next, { ...never, fencing: 6 });
  await eventually('both are ready', async () => {
    return (await isReady(driver, first)) && (await isReady(driver, next));
  });
  await driver.route(next.ref, routeOf(next), { fencing: 6 });
  await eventually('the news have come', async () => {
    const { routedRevision } = await hung.observe(next.ref);
    return routedRevision === 2;
  });
  const late = { fencing: 5 };
  await expect(hung.route(first.ref, routeOf(first), late)).rejects.toThrow(
    /its number 6 is on ConfigMap .*, 5 comes too late/,
  );
  await expect(hung.remove(first.ref, late)).rejects.toThrow('comes too late');
  expect((await driver.observe(next.ref)).routedRevision).toBe(2);

  // The one that leads again has a number of its own, and writes it once.
  await driver.apply(next, { ...never, fencing: 7 });
  cluster.proxy.forget();
  await driver.apply(next, { ...never, fencing: 7 });
  expect(cluster.proxy.writes()).toEqual([]);
  await expect(driver.apply(next, { ...never, fencing: 6 })).rejects.toThrow(
    'comes too late',
  );
});

test('a leader that is late and hears nothing deletes nothing that was written since', async () => {
  const desired = revisionOf('unheard', 1, { system: 'unheard' });
  const hung = await cluster.driver();
  await hung.apply(desired, { ...never, fencing: 5 });
  await isReady(hung, desired);
  const before = await objectsOf('unheard');
  cluster.proxy.fault = ({ method }) =>
    method === 'GET' ? 'nothing' : undefined;
  cluster.proxy.endWatches();
  try {
    await driver.apply(desired, { ...never, fencing: 6 });
    await expect(hung.remove(desired.ref, { fencing: 5 })).rejects.toThrow(
      /was changed, and the cluster has not told how yet/,
    );
  } finally {
    cluster.proxy.fault = undefined;
    cluster.proxy.cut();
  }
  expect(await objectsOf('unheard')).toEqual(before);
  await eventually('the news have come', () =>
    hung.remove(desired.ref, { fencing: 5 }).then(
      () => true,
      error => /its number 6 is on .*comes too late/.test(String(error)),
    ),
  );
  expect(await objectsOf('unheard')).toEqual(before);
  await driver.remove(desired.ref, { fencing: 6 });
  expect(await objectsOf('unheard')).toEqual([]);
});

test('a report that was deleted is there again', async () => {
  const leases = cluster.config.makeApiClient(CoordinationV1Api);
  const desired = revisionOf('reported', 1);
  await rollOut(driver, desired);
  const { items } = await leases.listNamespacedLease({ namespace });
  for (const { metadata } of items) {
    await leases.deleteNamespacedLease({
      namespace,
      name: metadata?.name ?? '',
    });
  }
  await eventually(
    'what its gateway has',
    async () => {
      const { items: again } = await leases.listNamespacedLease({ namespace });
      return again.length === items.length;
    },
    90_000,
  );
  await driver.route(desired.ref, routeOf(desired));
});

test('an agent goes on until its gateway has finished its calls', async () => {
  const desired = revisionOf('outlasted', 1);
  const token = 'mpe_of-the-tests';
  const hash = createHash('sha256').update(token).digest('hex');
  const tokens = [{ id: 'token-1', hash, consumer: 'shop' }];
  const route = { ...routeOf(desired), timeoutSeconds: 3_600 };
  await rollOut(driver, desired);
  await driver.route(desired.ref, { ...route, tokens });
  const going = await GatewayProcesses.start(cluster, namespace);
  const routed = async () => {
    const { routes } = await going.state();
    return routes.find(({ endpoint }) => endpoint === 'outlasted')?.hash;
  };
  try {
    const before = await eventually('its routes', routed);
    const { url } = await going.state();
    const call = request(`${url}/outlasted/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-length': 100,
        expect: '100-continue',
      },
    });
    call.flushHeaders();
    await once(call, 'continue');
    const ended = going.end();
    await driver.route(desired.ref, { ...route, tokens: [] });
    await eventually(
      'another route, while a call is under way',
      async () => (await routed()) !== before,
    );
    call.on('error', () => {}).destroy();
    expect(await ended).toEqual([0, 0]);
  } finally {
    await going.stop();
  }
});

test('a number that no leader can have had locks nobody out', async () => {
  const desired = revisionOf('locked', 1);
  const fencing = Math.floor(Date.now() / 1_000);
  await driver.apply(desired, { ...never, fencing });
  const name = 'm-locked--r1-main';
  const annotation = async () => {
    const { metadata } = await cluster.apps.readNamespacedDeployment({
      namespace,
      name,
    });
    return metadata?.annotations?.['model-platform.io/fencing'];
  };
  await cluster.apps.patchNamespacedDeployment({
    namespace,
    name,
    body: [
      {
        op: 'replace',
        path: '/metadata/annotations/model-platform.io~1fencing',
        value: '99999999999',
      },
    ],
  });
  await eventually('it is written anew', async () => {
    await driver.apply(desired, { ...never, fencing });
    return (await annotation()) === String(fencing);
  });
  await driver.remove(desired.ref, { fencing });
  expect(await objectsOf('locked')).toEqual([]);
});

test('what others change is set right, what they add stays', async () => {
  const desired = revisionOf('drifted', 1);
  await rollOut(driver, desired);
  const name = 'm-drifted--r1-main';
  await cluster.apps.patchNamespacedDeployment({
    namespace,
    name,
    body: [
      { op: 'replace', path: '/spec/replicas', value: 3 },
      {
        op: 'replace',
        path: '/spec/template/spec/containers/0/image',
        value: 'elsewhere.example.org/other:1',
      },
      {
        op: 'add',
        path: '/metadata/annotations/example.org~1note',
        value: 'theirs',
      },
    ],
  });
  await cluster.core.deleteNamespacedService({ namespace, name });
  await eventually('the drift set right', async () => {
    await driver.apply(desired, never);
    const { spec, metadata } = await cluster.apps.readNamespacedDeployment({
      namespace,
      name,
    });
    const service = await cluster.core.readNamespacedService({
      namespace,
      name,
    });
    return (
      service.spec?.clusterIP === 'None' &&
      spec?.replicas === 1 &&
      spec.template.spec?.containers[0].image ===
        'registry.example.org/platform:1' &&
      metadata?.annotations?.['example.org/note'] === 'theirs'
    );
  });
});

test('a plan or a route that others change is set right, also one that cannot be read', async () => {
  const desired = revisionOf('steered', 1);
  await rollOut(driver, desired);
  const route = routeOf(desired);
  const digest = driver.routeDigest(desired.ref, route);
  const plan = { namespace, name: 'plan-steered' };
  const routes = cluster.config.makeApiClient(CustomObjectsApi);
  const place = {
    group: 'gateway.networking.k8s.io',
    version: 'v1',
    namespace,
    plural: 'httproutes',
    name: 'steered',
  };
  const written = async () => {
    const { metadata, data } = await cluster.core.readNamespacedConfigMap(plan);
    const { spec } = await routes.getNamespacedCustomObject(place);
    return { labels: metadata?.labels, data, spec };
  };
  const before = await written();
  const text = before.data?.['plan.json'] ?? '';
  const changed = (change: (it: any) => void) => {
    const it = JSON.parse(text);
    change(it);
    return JSON.stringify(it);
  };
  const edit = (path: string, value: unknown) => async () => {
    const body = [{ op: 'replace', path, value }];
    if (path.startsWith('/spec/'))
      await routes.patchNamespacedCustomObject({ ...place, body });
    else await cluster.core.patchNamespacedConfigMap({ ...plan, body });
  };
  const planned = (value: string) => edit('/data', { 'plan.json': value });
  const [rule] = before.spec.rules;
  for (const [what, change] of Object.entries({
    'no JSON': planned('{'),
    'no plan': planned(changed(it => (it.formatVersion = 2))),
    nothing: edit('/data', {}),
    'another weight': planned(changed(it => (it.plan.variants[0].weight = 1))),
    'one more token': planned(
      changed(it =>
        it.plan.tokens.push({
          id: 'own',
          hash: 'b'.repeat(64),
          consumer: 'me',
        }),
      ),
    ),
    'another service': planned(changed(it => (it.services.main = 'other'))),
    'another label': edit('/metadata/labels/app.kubernetes.io~1component', 'a'),
    'another path': edit('/spec/rules/0/matches/0/path/value', '/elsewhere'),
    'another backend': edit('/spec/rules/0/backendRefs/0/name', 'elsewhere'),
    'no weight': edit('/spec/rules/0/backendRefs/0/weight', 0),
    'one more rule': edit('/spec/rules', [
      { ...rule, matches: [{ path: { type: 'PathPrefix', value: '/own' } }] },
      rule,
    ]),
  })) {
    // It was away meanwhile, or has seen it.
    for (const of of [driver, await cluster.driver()]) {
      await change();
      await eventually(`${what} set right`, async () => {
        const observed = await of.observe(desired.ref);
        if (observed.routeDigest !== digest) await of.route(desired.ref, route);
        expect(await written()).toEqual(before);
        // Once it, and the gateway's report, have come back to who looks.
        expect(await of.observe(desired.ref)).toMatchObject({
          routedRevision: 1,
          routeDigest: digest,
        });
        return true;
      });
    }
  }

  // Names that it has none of are others' to add.
  await routes.patchNamespacedCustomObject({
    ...place,
    body: [{ op: 'add', path: '/spec/hostnames', value: ['a.example.org'] }],
  });
  const next = await cluster.driver();
  await next.route(desired.ref, route);
  await eventually(
    'the route is in force',
    async () => (await next.observe(desired.ref)).routeDigest === digest,
  );
  const { spec } = await routes.getNamespacedCustomObject(place);
  expect(spec.hostnames).toEqual(['a.example.org']);
  await driver.remove(desired.ref);
});

test('what was deleted comes back, secrets that are never read among it', async () => {
  const system = 'deleted';
  const own = `models-${system}--test`;
  const desired = revisionOf('deleted', 1, { system });
  const name = 'm-deleted--r1-main';
  const secretsThere = async () => {
    const { items } = await cluster.core.listNamespacedSecret({
      namespace: own,
    });
    return items.map(({ metadata }) => metadata?.name).toSorted();
  };
  const all = [name, 'model-gateway', 'model-metrics'];
  const isBack = () =>
    eventually('all of it again', async () => {
      await driver.apply(desired, never);
      await driver.observe(desired.ref);
      expect(await secretsThere()).toEqual(all);
      return true;
    });
  await driver.apply(desired, never);
  await isReady(driver, desired);

  await cluster.core.deleteNamespace({ name: own });
  await eventually('the namespace gone', async () => {
    const { items } = await cluster.core.listNamespace();
    return items.every(({ metadata }) => metadata?.name !== own);
  });
  await isBack();
  await isReady(driver, desired);

  // A secret alone is missed by the pod that needs it next.
  await cluster.core.deleteNamespacedSecret({ namespace: own, name });
  cluster.kubelet.troubles.set(name, () => ({
    phase: 'Pending',
    containerStatuses: [
      {
        name: 'runner',
        image: 'registry.example.org/platform:1',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: {
          waiting: {
            reason: 'CreateContainerConfigError',
            message: `secret "${name}" not found`,
          },
        },
      },
    ],
  }));
  await isBack();
  cluster.kubelet.troubles.delete(name);
  await isReady(driver, desired);

  // Where no pod needs it yet, it is there before one does.
  const other = await cluster.driver({ limits: { secretsMs: 1_000 } });
  await other.apply(desired, never);
  await cluster.core.deleteNamespacedSecret({ namespace: own, name });
  await eventually('the secret again', async () => {
    await other.apply(desired, never);
    return (await secretsThere()).includes(name);
  });
  await driver.remove(desired.ref);
});

test('another key makes gateways and runners start anew with what is made of it', async () => {
  const own = 'models-rekeyed--test';
  const desired = revisionOf('rekeyed', 1, { system: 'rekeyed' });
  const templates = async () => {
    const { items } = await cluster.apps.listNamespacedDeployment({
      namespace: own,
    });
    const [gateways, runners] = items
      .toSorted(({ metadata: a }, { metadata: b }) =>
        (a?.name ?? '') > (b?.name ?? '') ? -1 : 1,
      )
      .map(({ spec }) => spec?.template);
    return { gateways, runners };
  };
  await driver.apply(desired, never);
  const before = await templates();
  const rekeyed = await cluster.driver({
    kubernetes: { secretKey: 'another-key-of-the-tests-0123456789' },
  });
  await rekeyed.apply(desired, never);
  const after = await templates();
  expect(after.gateways).not.toEqual(before.gateways);
  expect(after.runners).not.toEqual(before.runners);
  await isReady(rekeyed, desired);

  cluster.proxy.forget();
  await rekeyed.apply(desired, never);
  expect(cluster.proxy.writes()).toEqual([]);
  // A portal that was started anew with the same one makes nobody start anew.
  await (
    await cluster.driver({
      kubernetes: { secretKey: 'another-key-of-the-tests-0123456789' },
    })
  ).apply(desired, never);
  expect(await templates()).toEqual(after);
  await rekeyed.remove(desired.ref);
});

test('of several that write, the platform has the last word on what it says', async () => {
  const desired = revisionOf('contested', 1);
  const others = await Promise.all([cluster.driver(), cluster.driver()]);
  await Promise.all([driver, ...others].map(one => one.apply(desired, never)));
  const theirs: V1Deployment = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'm-contested--r1-main', namespace },
  };
  for (let round = 0; round < 3; round += 1) {
    await cluster.apply(
      { ...theirs, ...{ spec: { replicas: 5 } } },
      'somebody-else',
    );
    await eventually('one replica again', async () => {
      await driver.apply(desired, never);
      const { spec } = await cluster.apps.readNamespacedDeployment({
        namespace,
        name: 'm-contested--r1-main',
      });
      return spec?.replicas === 1;
    });
  }
});

test('a rollback leaves nothing of what it takes back, and nothing of others goes', async () => {
  const first = revisionOf('rolled', 1);
  await rollOut(driver, first);
  await rollOut(driver, revisionOf('rolled', 2));
  const back = revisionOf('rolled', 3, {
    version: { ...first.variants[0].version },
  });
  await rollOut(driver, back);
  const after = await driver.observe(back.ref);
  expect(after.routedRevision).toBe(3);
  expect(after.runners.map(({ version }) => version)).toEqual([1]);
  expect(new Set(await objectsOf('rolled'))).toEqual(
    new Set(['m-rolled--r3-main', 'plan-rolled']),
  );

  // Looks like it, but is not the platform's.
  await cluster.core.createNamespacedConfigMap({
    namespace,
    body: {
      metadata: {
        name: 'notes-of-another',
        labels: {
          'app.kubernetes.io/managed-by': 'helm',
          'model-platform.io/endpoint': 'rolled',
          'model-platform.io/revision': '3',
        },
      },
    },
  });
  await driver.remove(back.ref);
  expect(await objectsOf('rolled')).toEqual(['notes-of-another']);
  expect(await driver.list()).not.toContain('rolled');
  expect((await driver.observe(back.ref)).runners).toEqual([]);
  await driver.remove(back.ref);
});

test("of what is scaled, as many begin as there must be, or as many as serve; then the number is the autoscaler's", async () => {
  const scaled = (revision: number) =>
    revisionOf('scaled', revision, {
      resources: { replicas: { min: 2, max: 6 } },
    });
  const deployment = async (revision: number) =>
    await cluster.apps.readNamespacedDeployment({
      namespace,
      name: `m-scaled--r${revision}-main`,
    });
  // One pod becomes ready, and no other.
  let first: string | undefined;
  cluster.kubelet.troubles.set('m-scaled--r1', pod => {
    first ??= pod.metadata?.name;
    return pod.metadata?.name === first
      ? runningStatus(pod)
      : { phase: 'Pending' };
  });
  await driver.apply(scaled(1), never);
  const runners = await eventually('one that is ready', async () => {
    const observed = await driver.observe({ name: 'scaled' });
    return observed.runners.some(({ phase }) => phase === 'ready')
      ? observed.runners
      : undefined;
  });
  expect(runners.map(({ phase }) => phase).toSorted()).toEqual([
    'ready',
    'starting',
  ]);
  cluster.kubelet.troubles.delete('m-scaled--r1');
  await rollOut(driver, scaled(1));

  // As an autoscaler does it.
  await cluster.apps.patchNamespacedDeploymentScale({
    namespace,
    name: 'm-scaled--r1-main',
    body: [{ op: 'replace', path: '/spec/replicas', value: 4 }],
  });
  await eventually('four that are ready', async () => {
    const observed = await driver.observe({ name: 'scaled' });
    return (
      observed.runners.length === 4 &&
      observed.runners.every(({ phase }) => phase === 'ready')
    );
  });
  await (await cluster.driver()).apply(scaled(1), { ...never, fencing: 1 });
  const { spec, metadata } = await deployment(1);
  expect(metadata?.annotations?.['model-platform.io/fencing']).toBe('1');
  expect(spec?.replicas).toBe(4);

  await driver.apply(scaled(2), never);
  expect((await deployment(2)).spec?.replicas).toBe(4);
  await driver.remove({ name: 'scaled' });
});

test('a gateway that is scaled from now on stays as many as it was, and is scaled no more once its number is fixed', async () => {
  const desired = revisionOf('grown', 1, { system: 'grown' });
  const replicas = async () => {
    const { spec } = await cluster.apps.readNamespacedDeployment({
      namespace: 'models-grown--test',
      name: 'model-gateway',
    });
    return spec?.replicas;
  };
  const fixed = await cluster.driver({ gateway: { min: 3, max: 3 } });
  await fixed.apply(desired, never);
  expect(await replicas()).toBe(3);
  const grown = await cluster.driver({ gateway: { min: 2, max: 6 } });
  await grown.apply(desired, never);
  expect(await replicas()).toBe(3);
  const autoscalers = async () => {
    const { items } = await cluster.config
      .makeApiClient(AutoscalingV2Api)
      .listNamespacedHorizontalPodAutoscaler({
        namespace: 'models-grown--test',
      });
    return items.map(({ metadata }) => metadata?.name);
  };
  expect(await autoscalers()).toEqual(['model-gateway']);
  const refixed = await cluster.driver({ gateway: { min: 1, max: 1 } });
  await refixed.apply(desired, never);
  expect(await autoscalers()).toEqual([]);
  expect(await replicas()).toBe(1);
  await refixed.remove(desired.ref);
});

test('systems do not share a namespace, and the gateway of one knows nothing of the other', async () => {
  await driver.apply(revisionOf('mine', 1), never);
  await driver.apply(revisionOf('yours', 1, { system: 'billing' }), never);
  const { items } = await cluster.apps.listDeploymentForAllNamespaces({
    labelSelector: 'model-platform.io/endpoint=yours',
  });
  expect(items.map(({ metadata }) => metadata?.namespace)).toEqual([
    'models-billing--test',
  ]);
  const of = await cluster.reader('models-crm--test', 'model-gateway');
  await of.listNamespacedConfigMap({ namespace: 'models-crm--test' });
  for (const forbidden of [
    () => of.listNamespacedConfigMap({ namespace: 'models-billing--test' }),
    () => of.listNamespacedSecret({ namespace: 'models-crm--test' }),
  ]) {
    await expect(forbidden()).rejects.toMatchObject({ code: 403 });
  }
});

test("models of a system outside the catalog's namespace run, and are known as that system's", async () => {
  const system = 'other/crm';
  const desired = revisionOf('abroad', 1, { system });
  const metered = await cluster.driver({
    collector: { namespaceLabels: { name: 'monitoring' } },
  });
  await metered.apply(desired, never);
  await isReady(metered, desired);
  expect(await metered.list()).toContain('abroad');
  const labelSelector = 'model-platform.io/endpoint=abroad';
  const { items } = await cluster.core.listPodForAllNamespaces({
    labelSelector,
  });
  const [{ namespace: own = '', annotations } = {}] = items.map(
    ({ metadata }) => metadata,
  );
  expect(own).toMatch(/^models-other-crm--test-[0-9a-f]{10}$/);
  expect(annotations).toMatchObject({ 'model-platform.io/system': system });
  const systemOf = (name: string) =>
    metered.workloadTokens.systemOf(`system:serviceaccount:${name}:default`);
  expect(await systemOf(own)).toBe(system);
  expect(await systemOf(namespace)).toBe('crm');
  await eventually('all of its pods', async () => {
    const targets = (await metered.scrapeTargets()).filter(({ id }) =>
      id.includes(`/${own}/`),
    );
    expect(targets).toMatchObject([
      { kind: 'gateway', serves: { system, environment: 'test' } },
      { kind: 'runner', labels: { system, endpoint: 'abroad' } },
    ]);
    return true;
  });
  // The address of what has ended may be another one's by now.
  const {
    items: [evicted],
  } = await cluster.core.listNamespacedPod({ namespace: own, labelSelector });
  const name = evicted.metadata?.name ?? '';
  cluster.kubelet.troubles.set(name, pod => ({
    ...runningStatus(pod),
    phase: 'Failed',
  }));
  await eventually('another runner in its place', async () => {
    const ids = (await metered.scrapeTargets()).map(({ id }) => id);
    const runners = ids.filter(id =>
      id.startsWith(`kubernetes/${own}/m-abroad-`),
    );
    return runners.length === 1 && !runners[0].endsWith(`/${name}`);
  });
  await metered.remove(desired.ref);
  expect(await objectsOf('abroad')).toEqual([]);
  cluster.kubelet.troubles.delete(name);
});

test('platforms of other prefixes in the cluster have nothing to do with each other', async () => {
  const desired = revisionOf('shared', 1);
  await rollOut(driver, desired);
  // Its namespace begins as those of the other platform do.
  const alike = revisionOf('alike', 1, { system: 'b-crm' });
  await driver.apply(alike, never);
  await isReady(driver, alike);
  const before = await objectsOf('shared');

  const other = await cluster.driver({
    kubernetes: { namespacePrefix: 'models-b' },
  });
  expect(await other.list()).toEqual([]);
  for (const { ref } of [desired, alike]) {
    expect(await other.observe(ref)).toMatchObject({ runners: [] });
    expect(await other.logSources(ref)).toEqual([]);
    cluster.proxy.forget();
    await other.remove(ref);
    expect(cluster.proxy.writes()).toEqual([]);
  }

  // What both would call the same is whose it was.
  await expect(other.apply(revisionOf('shared', 2), never)).rejects.toThrow(
    /^The namespace models-b-crm--test is that of the system b-crm in the environment test/,
  );

  // Endpoints of both have the same name.
  const theirs = revisionOf('shared', 2, { system: 'ops' });
  await other.apply(theirs, never);
  await isReady(other, theirs);
  expect(await other.list()).toEqual(['shared']);
  const observed = await driver.observe(desired.ref);
  expect(observed.runners.map(({ revision }) => revision)).toEqual([1]);
  await driver.release(desired.ref, { keep: [1], newest: 2 });
  await isReady(other, theirs);
  await other.remove(theirs.ref);
  expect(await objectsOf('shared')).toEqual(before);
  for (const { ref } of [desired, alike]) await driver.remove(ref);
  expect(await objectsOf('shared')).toEqual([]);
});

test('what keeps pods from being ready is said in words', async () => {
  const status =
    (container: object, init = false) =>
    () => ({
      phase: 'Pending',
      [init ? 'initContainerStatuses' : 'containerStatuses']: [
        {
          name: init ? 'fetch' : 'runner',
          image: 'registry.example.org/platform:1',
          imageID: '',
          ready: false,
          restartCount: 2,
          ...container,
        },
      ],
    });
  const cases: Array<[string, () => object, RegExp]> = [
    [
      'no-image',
      status({
        state: {
          waiting: { reason: 'ImagePullBackOff', message: 'manifest unknown' },
        },
      }),
      /cannot get the image registry.example.org\/platform:1 .*manifest unknown/,
    ],
    [
      'too-large',
      status({
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'OOMKilled', exitCode: 137 } },
      }),
      /more memory than it may \(128Mi\).*resources\.memory/,
    ],
    [
      'no-files',
      status(
        {
          state: {
            terminated: {
              reason: 'Error',
              exitCode: 1,
              message: '{"level":"error","message":"model.onnx is not there"}',
            },
          },
        },
        true,
      ),
      /files of the version could not be fetched: model.onnx is not there/,
    ],
    [
      'bad-model',
      status({
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: {
          terminated: {
            reason: 'Error',
            exitCode: 1,
            message: '{"level":"error","message":"cannot load the model"}',
          },
        },
      }),
      /ended with exit code 1: cannot load the model/,
    ],
  ];
  for (const [name, trouble, message] of cases) {
    cluster.kubelet.troubles.set(`m-${name}--`, trouble);
    const desired = revisionOf(name, 1);
    await driver.apply(desired, never);
    const runner = await eventually(`what is wrong with ${name}`, async () => {
      const { runners } = await driver.observe(desired.ref);
      return runners.find(({ phase }) => phase === 'failed');
    });
    expect(runner.message).toMatch(message);
    expect(runner.restarts).toBe(2);
  }
});

test('what a kubelet or scheduler warns of while a pod starts is no problem of it, what keeps it from starting is', async () => {
  const desired = revisionOf('begun', 1, {
    resources: { replicas: { min: 2, max: 2 } },
  });
  // One serves, and the other one is only beginning to.
  let first: string | undefined;
  cluster.kubelet.troubles.set('m-begun--', pod => {
    first ??= pod.metadata?.name;
    return pod.metadata?.name === first
      ? runningStatus(pod)
      : { phase: 'Pending' };
  });
  await driver.apply(desired, never);
  const name = await eventually('one of each', async () => {
    const { runners } = await driver.observe(desired.ref);
    const id = (of: string) => runners.find(({ phase }) => phase === of)?.id;
    return id('ready') !== undefined && id('starting');
  });
  const { metadata } = await cluster.core.readNamespacedPod({
    namespace,
    name,
  });
  const warn = (reason: string, at: string) =>
    cluster.core.createNamespacedEvent({
      namespace,
      body: {
        metadata: { name: `${name}.${reason.toLowerCase()}`, namespace },
        involvedObject: {
          apiVersion: 'v1',
          kind: 'Pod',
          namespace,
          name,
          uid: metadata?.uid,
        },
        type: 'Warning',
        reason,
        message: 'of the tests',
        lastTimestamp: new Date(at),
      },
    });
  /** Of a portal that has asked for none yet: they are kept for a while. */
  const message = async () => {
    const { runners } = await (await cluster.driver()).observe(desired.ref);
    return runners.find(({ id }) => id === name)?.message;
  };
  await warn('FailedScheduling', '2026-01-01T00:00:03Z');
  await warn('Unhealthy', '2026-01-01T00:00:02Z');
  expect(await message()).toBeUndefined();
  await warn('FailedMount', '2026-01-01T00:00:01Z');
  expect(await message()).toBe('The cluster warns (FailedMount): of the tests');
  cluster.kubelet.troubles.delete('m-begun--');
  await driver.remove(desired.ref);
});

test('what has no room, or is refused, says so', async () => {
  const huge = revisionOf('huge', 1, { resources: { cpu: '5000' } });
  await driver.apply(huge, never);
  const waiting = await eventually('why it has no place', async () => {
    const { runners } = await driver.observe(huge.ref);
    return runners.find(({ message }) => /no room/.test(message ?? ''));
  });
  expect(waiting.phase).toBe('starting');
  expect(waiting.message).toMatch(/no room for it .*5k cpu.*Insufficient cpu/);

  const gpu = revisionOf('gpu', 1, { resources: { gpu: 2 } });
  await driver.apply(gpu, never);
  const without = await eventually('why it has no place', async () => {
    const { runners } = await driver.observe(gpu.ref);
    return runners.find(({ message }) => /no room/.test(message ?? ''));
  });
  expect(without.message).toMatch(/2 nvidia.com\/gpu.*Insufficient nvidia/);

  const narrow = revisionOf('narrow', 1, { system: 'narrow' });
  await driver.apply(narrow, never);
  await isReady(driver, narrow);
  await cluster.core.createNamespacedResourceQuota({
    namespace: 'models-narrow--test',
    body: { metadata: { name: 'few' }, spec: { hard: { pods: '2' } } },
  });
  const more = revisionOf('more', 1, { system: 'narrow' });
  await driver.apply(more, never);
  const refused = await eventually('why there is no pod', async () => {
    const { runners } = await driver.observe(more.ref);
    return runners.find(({ phase }) => phase === 'failed');
  });
  expect(refused.message).toMatch(/refuses to make 1 of its pods.*quota/);

  const wrong = revisionOf('wrong!', 1);
  await expect(driver.apply(wrong, never)).rejects.toThrow(
    /refuses to apply the NetworkPolicy models-crm--test\/m-wrong-.*a valid label/,
  );
});

test('a namespace takes none but restricted pods', async () => {
  await driver.apply(revisionOf('plain', 1), never);
  const create = (securityContext: object) =>
    cluster.core.createNamespacedPod({
      namespace,
      dryRun: 'All',
      body: {
        metadata: { name: 'careless' },
        spec: {
          containers: [{ name: 'any', image: 'any', securityContext }],
        },
      },
    });
  await expect(create({ runAsUser: 0 })).rejects.toThrow(/restricted/);
  await expect(create({})).rejects.toThrow(/restricted/);
});
