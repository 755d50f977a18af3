import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from '@playwright/test';
import { V1Pod } from '@kubernetes/client-node';
import { LogLine } from '@model-platform/plugin-model-platform-common';
import { DesiredRevision } from '@model-platform/plugin-model-platform-node';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { S3ArtifactStore } from '../../plugins/model-platform-backend/src/registry/artifacts/S3ArtifactStore';
import { KubernetesDriver } from '../../plugins/model-platform-backend-module-kubernetes/src/KubernetesDriver';
import { Load } from '../faults/Load';
import { eventually, root } from '../platform/Platform';
import { never, revisionOf, routeOf } from './desired';
import { importOwnImage } from './importOwnImage';
import { irisModel, irisVersion, sha256 } from './irisVersion';
import { lackingForPods } from './lackingForPods';
import { PodCluster } from './PodCluster';
import { TestCluster } from './TestCluster';

const TOKEN = 'mpe_of-the-tests';
const namespace = 'models-crm--test';
const PER_SECOND = 10;
/** Two machines' work on one: images, pods and calls. */
const PATIENCE_MS = 240_000;
const flower = {
  sepal_length: 5.1,
  sepal_width: 3.5,
  petal_length: 1.4,
  petal_width: 0.2,
};

const pods = new PodCluster();
let cluster: TestCluster;
let driver: KubernetesDriver;
let folder: string;
const fetchedBy = new Set<string>();
/** What the portal has, by the names of files. */
const files = new Map([['iris.onnx', irisModel]]);

test.describe.configure({ mode: 'serial', timeout: 600_000 });

test.beforeAll(async () => {
  test.setTimeout(600_000);
  const lacking = await lackingForPods();
  test.skip(!process.env.CI && lacking !== undefined, lacking);
  // Trusts the cluster's service accounts.
  await pods.start(async own => {
    const keys = createLocalJWKSet(await own.keys());
    return async (request, response) => {
      const token =
        request.headers.authorization?.slice('Bearer '.length) ?? '';
      const verified = await jwtVerify(token, keys, {
        audience: 'model-platform',
        issuer: 'https://kubernetes.default.svc.cluster.local',
      }).catch(() => undefined);
      if (verified) fetchedBy.add(String(verified.payload.sub));
      const file = files.get(path.basename(request.url ?? ''));
      response.writeHead(verified && file ? 200 : 403).end(verified && file);
    };
  });
  ({ cluster, folder } = pods);
  driver = await driverWith();
});

test.afterAll(async () => {
  await pods.stop();
});

/** Each namespace has two gateways. */
const driverWith = (more: Parameters<TestCluster['driver']>[0] = {}) =>
  cluster.driver({ gateway: { min: 2, max: 2 }, ...more });

const iris = (
  revision: number,
  resources: DesiredRevision['resources'] = {},
): DesiredRevision =>
  revisionOf('iris', revision, {
    resources: {
      cpu: '200m',
      memory: '384Mi',
      replicas: { min: 1, max: 1 },
      ...resources,
    },
    version: irisVersion,
  });

const hash = createHash('sha256').update(TOKEN).digest('hex');
const known = [{ id: 'token-1', hash, consumer: 'shop' }];

const route = async (desired: DesiredRevision, tokens = known) => {
  await eventually(
    'the route in force',
    async () => {
      const { variants, ...rest } = routeOf(desired);
      await driver.route(desired.ref, {
        ...rest,
        // Models of ONNX only compute.
        variants: variants.map(one => ({ ...one, isRepeatable: true })),
        tokens,
      });
      return true;
    },
    PATIENCE_MS,
  );
};

const runnersOf = async ({ ref, revision }: DesiredRevision) =>
  (await driver.observe(ref)).runners.filter(one => one.revision === revision);

const isReady = (desired: DesiredRevision, replicas = 1) =>
  eventually(
    `runners of ${desired.ref.name} ${desired.revision}`,
    async () => {
      const runners = await runnersOf(desired);
      const isAll =
        runners.filter(({ phase }) => phase === 'ready').length === replicas;
      if (!isAll) throw new Error(JSON.stringify(runners));
      return true;
    },
    PATIENCE_MS,
  );

/** As the reconciler does it. */
async function rollOut(desired: DesiredRevision, replicas = 1) {
  await driver.apply(desired, never);
  await isReady(desired, replicas);
  await route(desired);
  await driver.release(desired.ref, {
    keep: [desired.revision],
    newest: desired.revision,
  });
}

const load = () =>
  Load.on(
    { name: 'iris', url: `${cluster.service.gatewayUrl}/iris`, token: TOKEN },
    PER_SECOND,
    { inputs: flower },
  );

async function call(
  endpoint: string,
  inputs: unknown,
  at = cluster.service.gatewayUrl,
) {
  const response = await fetch(`${at}/${endpoint}/predict`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ inputs }),
  });
  return { status: response.status, body: await response.json() };
}

const isAnswering = (version: number) =>
  eventually(
    `answers of version ${version} through the Gateway API`,
    async () => {
      const calls = load();
      await eventually('a call', () => calls.calls > 0);
      await calls.stop();
      if (!calls.answered.has(String(version)))
        throw new Error(calls.failures[0]);
      return true;
    },
    PATIENCE_MS,
  );

test('a model is fetched by its pod, and serves through the Gateway API', async () => {
  await rollOut(iris(1));
  await isAnswering(1);
  expect([...fetchedBy]).toEqual([
    'system:serviceaccount:models-crm--test:m-iris--r1-main',
  ]);
});

test('rolled forth and back under load, with a pod of two killed between, no call fails', async () => {
  const calls = load();
  const scaled = iris(2, { replicas: { min: 2, max: 3 } });
  await rollOut(scaled, 2);
  await eventually('answers of version 2', () => calls.answered.has('2'));
  const [killed] = await runnersOf(scaled);
  await cluster.core.deleteNamespacedPod({
    namespace,
    name: killed.id,
    gracePeriodSeconds: 0,
  });
  await eventually(
    'another one in its place',
    async () => {
      const ready = (await runnersOf(scaled)).filter(
        ({ phase }) => phase === 'ready',
      );
      return ready.length === 2 && ready.every(({ id }) => id !== killed.id);
    },
    PATIENCE_MS,
  );
  // The pods of 1 are made anew.
  await rollOut(iris(1));
  const before = calls.answered.get('1') ?? 0;
  await eventually(
    'answers of version 1',
    () => (calls.answered.get('1') ?? 0) > before + PER_SECOND,
  );
  await calls.stop();
  expect(calls.failures).toEqual([]);
  expect(calls.calls).toBeGreaterThan(0);
  process.stdout.write(
    `      ${calls.calls} calls at ${PER_SECOND} a second, 0 failed: ${[
      ...calls.answered,
    ]
      .map(([version, count]) => `${count} by version ${version}`)
      .join(', ')}\n`,
  );
});

const gatewayPods = async () => {
  const { items } = await cluster.core.listNamespacedPod({
    namespace,
    labelSelector: 'app.kubernetes.io/component=gateway',
  });
  return items;
};

/** Two that are ready, and none besides: who has gone has finished its calls. */
const isServedByOthersThan = async (former: V1Pod[]) => {
  const uids = former.map(({ metadata }) => metadata?.uid);
  return await eventually(
    'two other gateways',
    async () => {
      const there = await gatewayPods();
      const isReadyNow = there.every(({ status }) =>
        status?.conditions?.some(
          ({ type, status: is }) => type === 'Ready' && is === 'True',
        ),
      );
      const isOther = there.every(
        ({ metadata }) => !uids.includes(metadata?.uid),
      );
      if (there.length !== 2 || !isReadyNow || !isOther) {
        throw new Error(
          there.map(({ status }) => JSON.stringify(status)).join('; '),
        );
      }
      return there;
    },
    PATIENCE_MS,
  );
};

test('a gateway of two that goes, and all that are made anew, fail no call', async () => {
  const calls = load();
  const [going] = await isServedByOthersThan([]);
  await cluster.core.deleteNamespacedPod({
    namespace,
    name: going.metadata?.name ?? '',
  });
  const before = await isServedByOthersThan([going]);
  // As `kubectl rollout restart` does it.
  await cluster.apply({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name: 'model-gateway' },
    ...{
      spec: {
        template: {
          metadata: {
            annotations: {
              'kubectl.kubernetes.io/restartedAt': new Date().toISOString(),
            },
          },
        },
      },
    },
  });
  await isServedByOthersThan(before);
  await calls.stop();
  expect(calls.failures).toEqual([]);
  process.stdout.write(
    `      ${calls.calls} calls at ${PER_SECOND} a second while three gateways went, 0 failed\n`,
  );
});

test('a revoked token is refused by each gateway', async () => {
  const addresses = (await isServedByOthersThan([])).map(
    ({ status }) => `http://${status?.podIP}:8080`,
  );
  const statusesAre = (wanted: number) =>
    Promise.all(
      addresses.map(async address => {
        await eventually(
          `${wanted} of ${address}`,
          async () => (await call('iris', flower, address)).status === wanted,
          PATIENCE_MS,
        );
        return performance.now();
      }),
    );
  await statusesAre(200);
  const began = performance.now();
  const [refusedAt] = await Promise.all([statusesAre(401), route(iris(1), [])]);
  process.stdout.write(
    `      refused by each gateway after ${refusedAt
      .map(at => `${(at - began).toFixed(0)} ms`)
      .join(', ')}\n`,
  );
  await route(iris(1));
  await statusesAre(200);
});

test('the log of a pod is followed', async () => {
  const [runner] = (await runnersOf(iris(1))).filter(
    ({ phase }) => phase === 'ready',
  );
  const abort = new AbortController();
  let refused: string | undefined;
  let line: LogLine | undefined;
  for await (line of driver.logs(
    { deployment: { name: 'iris' }, runner: runner.id },
    { follow: true, signal: abort.signal },
  )) {
    // With the first line its history was read: what is written from now on comes as it is written.
    refused ??= await idOfRefusedCall();
    if (JSON.stringify(line).includes(refused)) break;
  }
  abort.abort();
  expect(line?.message).toBe('refused');
});

async function idOfRefusedCall(): Promise<string> {
  const { status, headers } = await fetch(
    `${cluster.service.gatewayUrl}/iris/predict`,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ inputs: { ...flower, petal_length: 'long' } }),
    },
  );
  expect(status).toBe(400);
  return headers.get('x-request-id') ?? 'no id';
}

test('a pod that is killed comes back', async () => {
  const [runner] = await runnersOf(iris(1));
  await cluster.core.deleteNamespacedPod({
    namespace,
    name: runner.id,
    gracePeriodSeconds: 0,
  });
  await eventually(
    'another pod',
    async () => {
      const runners = await runnersOf(iris(1));
      return runners.some(
        ({ id, phase }) => id !== runner.id && phase === 'ready',
      );
    },
    PATIENCE_MS,
  );
  await isAnswering(1);
});

test('a Gateway that does not take the route, or is not there, is named', async () => {
  const gateways = 'gateways';
  await cluster.apply({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: 'closed', namespace: gateways },
    ...{
      spec: {
        gatewayClassName: 'traefik',
        listeners: [
          {
            name: 'http',
            protocol: 'HTTP',
            port: Number(new URL(cluster.service.gatewayUrl).port),
            allowedRoutes: { namespaces: { from: 'Same' } },
          },
        ],
      },
    },
  });
  const messageThrough = async (name: string, wanted: RegExp) => {
    driver = await driverWith({
      gateways: [{ name, namespace: gateways }],
    });
    await route(iris(1));
    await eventually(
      `what is wrong with ${name}`,
      async () => {
        expect((await driver.observe({ name: 'iris' })).message).toMatch(
          wanted,
        );
        return true;
      },
      PATIENCE_MS,
    );
    await eventually('that it is so', async () => {
      const response = await fetch(`${cluster.service.gatewayUrl}/iris`);
      return response.status === 404;
    });
  };
  await messageThrough(
    'closed',
    /^The Gateway gateways\/closed does not lead .*NotAllowedByListeners/,
  );
  await messageThrough(
    'absent',
    /^No Gateway gateways\/absent has taken the route/,
  );
  driver = await driverWith();
  await route(iris(1));
  await isAnswering(1);
  // The Gateway's controller says of the route what it does with it, once it does.
  await eventually(
    'that nothing is wrong',
    async () => (await driver.observe({ name: 'iris' })).message === undefined,
    PATIENCE_MS,
  );
});

test('a model that is an image of its own answers beside its runner', async () => {
  const reference = await importOwnImage(
    cluster.service,
    'registry.example.org/crm/stump:1',
    folder,
  );
  const imaged = revisionOf('imaged', 1, {
    resources: { cpu: '200m', memory: '128Mi', replicas: { min: 1, max: 1 } },
    version: {
      flavor: 'image',
      image: { reference, port: 9000 },
      files: [],
      signature: {
        inputs: iris(1).variants[0].version.signature.inputs,
        outputs: [{ name: 'species', type: 'string' }],
      },
    },
  });
  await rollOut(imaged);
  await eventually(
    'its answer through the Gateway API',
    async () => (await call('imaged', flower)).status === 200,
    PATIENCE_MS,
  );
  const virginica = { ...flower, petal_length: 6, petal_width: 2.1 };
  expect(await call('imaged', [flower, virginica])).toMatchObject({
    status: 200,
    body: { outputs: [{ species: 'setosa' }, { species: 'virginica' }] },
  });
  expect(
    await call('imaged', { ...flower, petal_width: 'wide' }),
  ).toMatchObject({
    status: 400,
  });
  await driver.release(imaged.ref, { keep: [], newest: 1 });
});

test('what a real kubelet says of memory and images becomes a sentence', async () => {
  const small = iris(3, { memory: '12Mi' });
  await driver.apply(small, never);
  await eventually(
    'the end for its memory',
    async () => {
      const [runner] = await runnersOf(small);
      if (!/memory/.test(runner?.message ?? ''))
        throw new Error(JSON.stringify(runner));
      return true;
    },
    PATIENCE_MS,
  );
  await driver.release(small.ref, { keep: [1], newest: 3 });
  const python = revisionOf('python', 1, {
    version: {
      runtime: 'python',
      files: irisVersion.files,
    },
  });
  await driver.apply(python, never);
  await eventually(
    'the image that is not there',
    async () => {
      const [runner] = await runnersOf(python);
      if (!/python:1/.test(runner?.message ?? ''))
        throw new Error(JSON.stringify(runner));
      return true;
    },
    PATIENCE_MS,
  );
});

test('a node that loses its power comes back, and its pods with it', async () => {
  const [before] = await runnersOf(iris(1));
  await cluster.service.node.lose();
  await cluster.service.node.bringUp();
  await eventually(
    'its runner, started once more',
    async () => {
      const runners = await runnersOf(iris(1));
      const isBack = runners.some(
        ({ id, phase, restarts }) =>
          id === before.id && phase === 'ready' && restarts > before.restarts,
      );
      if (!isBack) throw new Error(JSON.stringify(runners));
      return true;
    },
    PATIENCE_MS,
  );
  await isAnswering(1);
});

test('a model of the Python runtime has the packages of its image, or those that it pins', async () => {
  const { pythonImage } = await import(
    '../services/kubernetes/pythonImage.mjs'
  );
  const { startPackageIndex } = await import('../services/packageIndex.mjs');
  const { node, hostAddress } = cluster.service;
  await node.importImage(
    await pythonImage(
      'registry.example.org/python:1',
      path.join(folder, 'python'),
    ),
  );
  const lock = `roman==5.1 \\\n    --hash=sha256:bf595d8a9bc4a8e8b1dfa23e1d4def0251b03b494786df6b8c3d3f1635ce285a\n`;
  files.set('requirements.lock', Buffer.from(lock));
  fs.writeFileSync(path.join(folder, 'requirements.lock'), lock);
  const index = await startPackageIndex({
    locks: [
      path.join(root, 'packages/model-runner-python/requirements-runner.txt'),
      path.join(folder, 'requirements.lock'),
    ],
    folder: fs.mkdtempSync(path.join(folder, 'wheels-')),
    host: hostAddress,
  });
  driver = await driverWith({ packageIndex: index.url });
  const numeral = (revision: number, code: string, paths: string[]) => {
    files.set('endpoint.py', Buffer.from(code));
    return revisionOf('numeral', revision, {
      resources: { cpu: '500m', memory: '512Mi', replicas: { min: 1, max: 1 } },
      version: {
        flavor: 'python',
        runtime: 'python',
        endpoint: 'endpoint.py',
        files: paths.map(name => {
          const content = files.get(name)!;
          return {
            path: name,
            digest: sha256(content),
            sizeBytes: content.length,
          };
        }),
        signature: {
          inputs: [{ name: 'number', type: 'integer' }],
          outputs: [{ name: 'said', type: 'string' }],
        },
      },
    });
  };
  const answers = (said: string) =>
    eventually(
      `the answer ${said} through the Gateway API`,
      async () => {
        const { body } = await call('numeral', { number: 14 });
        expect(body).toMatchObject({ outputs: { said } });
        return true;
      },
      PATIENCE_MS,
    );
  try {
    const plain = numeral(
      1,
      'import sklearn\ndef predict(model, inputs, context):\n    return {"said": sklearn.__name__}\n',
      ['endpoint.py'],
    );
    await rollOut(plain);
    await answers('sklearn');
    const locked = numeral(
      2,
      'import importlib.util, roman\ndef predict(model, inputs, context):\n    return {"said": f"{roman.toRoman(inputs[\'number\'])} {importlib.util.find_spec(\'sklearn\')}"}\n',
      ['endpoint.py', 'requirements.lock'],
    );
    await rollOut(locked);
    await answers('XIV None');
    await driver.release(locked.ref, { keep: [], newest: 2 });
  } finally {
    index.stop();
  }
});

test('with the portal gone, a new pod fetches its model from S3', async () => {
  const { startS3 } = await import('../services/s3.mjs');
  const s3 = await startS3({
    buckets: ['models'],
    host: cluster.service.hostAddress,
  });
  expect(s3.unavailable).toBeUndefined();
  try {
    const { endpoint, credentials } = s3;
    const store = S3ArtifactStore.create({
      bucket: 'models',
      prefix: 'portal',
      endpoint,
      forcePathStyle: true,
      // Its client writes into what it is given.
      credentials: { ...credentials },
    });
    await store.write(
      Readable.from([irisModel]),
      { digest: irisVersion.files[0].digest },
      'crm',
    );
    await pods.closePortal();
    driver = await driverWith({
      artifacts: {
        bucket: 'models',
        prefix: 'portal',
        endpoint,
        forcePathStyle: true,
        credentials,
      },
    });
    fetchedBy.clear();
    await rollOut(iris(4));
    await isAnswering(4);
    const [runner] = await runnersOf(iris(4));
    await cluster.core.deleteNamespacedPod({
      namespace,
      name: runner.id,
      gracePeriodSeconds: 0,
    });
    await eventually(
      'another pod',
      async () =>
        (
          await runnersOf(iris(4))
        ).some(({ id, phase }) => id !== runner.id && phase === 'ready'),
      PATIENCE_MS,
    );
    await isAnswering(4);
    expect([...fetchedBy]).toEqual([]);
  } finally {
    await s3.stop();
  }
});
