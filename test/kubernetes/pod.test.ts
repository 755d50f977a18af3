import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { RUNNER_SECRET_HEADER } from '@model-platform/model-wire';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { DerivedKeys } from '../../plugins/model-platform-backend-module-kubernetes/src/DerivedKeys';
import { eventually, freePort, root } from '../platform/Platform';
import { ContainerProcesses } from './ContainerProcesses';
import { never, revisionOf } from './desired';
import { SECRET_KEY, TestCluster } from './TestCluster';

const namespace = 'models-crm--test';
const model = fs.readFileSync(path.join(root, 'examples/iris/iris.onnx'));
const digest = `sha256:${createHash('sha256').update(model).digest('hex')}`;
const flower = {
  sepal_length: 5.1,
  sepal_width: 3.5,
  petal_length: 1.4,
  petal_width: 0.2,
};

let cluster: TestCluster;
let portal: http.Server;
let answer: (token: string, url: string) => Promise<Buffer | undefined>;

test.beforeAll(async () => {
  portal = http.createServer(async (request, response) => {
    const token = request.headers.authorization?.slice('Bearer '.length) ?? '';
    const content = await answer(token, request.url ?? '').catch(
      () => undefined,
    );
    response.writeHead(content ? 200 : 403).end(content);
  });
  await new Promise<void>(resolve => portal.listen(0, '127.0.0.1', resolve));
  const { port } = portal.address() as AddressInfo;
  cluster = await TestCluster.start({ portalUrl: `http://127.0.0.1:${port}` });
});
test.afterAll(async () => {
  portal?.closeAllConnections();
  portal?.close();
  await cluster?.stop();
});

test('what the objects of a variant say fetches the model with the token of its account, and serves it', async () => {
  const keys = createLocalJWKSet(await cluster.keys());
  answer = async (token, url) => {
    // As the portal trusts a cluster.
    const { payload } = await jwtVerify(token, keys, {
      audience: 'model-platform',
      issuer: 'https://kubernetes.default.svc.cluster.local',
    });
    expect(payload.sub).toBe(
      `system:serviceaccount:${namespace}:m-iris--r1-main`,
    );
    expect(url).toBe(
      '/api/model-platform/v1/models/churn/versions/1/files/iris.onnx',
    );
    return model;
  };
  const driver = await cluster.driver();
  const desired = revisionOf('iris', 1, {
    version: {
      files: [{ path: 'iris.onnx', digest, sizeBytes: model.length }],
      signature: {
        inputs: Object.keys(flower).map(name => ({
          name,
          type: 'number' as const,
        })),
        outputs: [
          { name: 'species', type: 'string' },
          { name: 'probabilities', type: 'number', shape: [3] },
        ],
      },
    },
  });
  await driver.apply(desired, never);
  const pod = await ContainerProcesses.of(
    cluster,
    namespace,
    'm-iris--r1-main',
  );
  try {
    expect(await pod.run('fetch'), pod.output).toBe(0);
    const port = await freePort();
    await pod.start('runner', { HOST: '127.0.0.1', PORT: String(port) });
    const url = `http://127.0.0.1:${port}`;
    await eventually('the model', async () => {
      const { ok } = await fetch(`${url}/v2/health/ready`);
      return ok;
    });
    const call = (secret: string) =>
      fetch(`${url}/predict`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          [RUNNER_SECRET_HEADER]: secret,
        },
        body: JSON.stringify({ inputs: flower }),
      });
    const response = await call(
      new DerivedKeys(SECRET_KEY).runnerSecret(namespace, 'm-iris--r1-main'),
    );
    const text = await response.text();
    expect(response.status, text).toBe(200);
    expect(text).toContain('setosa');
    expect((await call('of-somebody-else')).ok).toBe(false);
  } finally {
    await pod.stop();
  }
});

test('a file with another digest, or that the platform does not give, starts nothing', async () => {
  const driver = await cluster.driver();
  await driver.apply(revisionOf('refused', 1), never);
  for (const [given, message] of [
    [Buffer.from('tampered with'), 'arrived with the digest'],
    [undefined, 'answered 403'],
  ] as const) {
    answer = async () => given;
    const pod = await ContainerProcesses.of(
      cluster,
      namespace,
      'm-refused--r1-main',
    );
    try {
      expect(await pod.run('fetch')).toBe(1);
      expect(pod.output).toContain(message);
    } finally {
      await pod.stop();
    }
  }
});
