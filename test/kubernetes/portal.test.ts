import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { Load } from '../faults/Load';
import { editModel, modelFolder } from '../platform/modelFolder';
import { eventually, Platform } from '../platform/Platform';
import { writeConfig } from '../production/Portal';
import { importOwnImage } from './importOwnImage';
import { lackingForPods } from './lackingForPods';
import { SECRET_KEY, TestCluster } from './TestCluster';

const NAME = 'on-pods';
const PER_SECOND = 10;
/** Two machines' work on one. */
const PATIENCE_MS = 240_000;
const IMAGE = 'registry.example.org/platform:1';

const good = (mark: string) => `// ${mark}
export const predict = async (model, inputs) => (await model.predict([inputs]))[0];
`;

/** The example is answered when it is loaded; what comes then is not. */
const bad = `let calls = 0;
export const predict = async (model, inputs) => {
  calls += 1;
  if (calls > 5) throw new Error('broken');
  return (await model.predict([inputs]))[0];
};
`;

/** Beside the model, as `deploy` reads it. */
function deploymentFile(
  model: string,
  name: string,
  options: { environment?: string; strategy?: object } = {},
): void {
  const { environment = 'pods', strategy } = options;
  fs.writeFileSync(
    path.join(model, 'model-deployment.yaml'),
    JSON.stringify({
      apiVersion: 'model-platform.io/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name },
      spec: {
        system: 'plant-catalogue',
        environment,
        model: name,
        ...(strategy ? { strategy } : {}),
      },
    }),
  );
}

/** All of it: what a developer does on the command line, and pods of a cluster that answer. */
test.describe('a platform with a cluster', () => {
  let folder: string;
  let cluster: TestCluster;
  let s3: Awaited<ReturnType<typeof import('../services/s3.mjs')['startS3']>>;
  let platform: Platform;
  /** Where pods reach the portal, which listens on loopback. */
  let door: http.Server;

  test.describe.configure({ timeout: 900_000 });

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    const lacking = await lackingForPods();
    test.skip(!process.env.CI && lacking !== undefined, lacking);
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-pods-'));
    cluster = await TestCluster.start({ level: 'gateway' });
    const { startS3 } = await import('../services/s3.mjs');
    const host = cluster.service.hostAddress;
    s3 = await startS3({ buckets: ['models'], host });
    expect(s3.unavailable).toBeUndefined();
    const { platformImage } = await import(
      '../services/kubernetes/platformImage.mjs'
    );
    await cluster.service.node.importImage(await platformImage(IMAGE, folder));
    const bucket = {
      bucket: 'models',
      endpoint: s3.endpoint,
      forcePathStyle: true,
      credentials: s3.credentials,
    };
    door = http.createServer((request, response) => {
      const { url, method } = request;
      const { portal } = platform.ports;
      const host = `127.0.0.1:${portal}`;
      const headers = { ...request.headers, host };
      const call = http.request(
        `http://${host}${url}`,
        { method, headers },
        answer => {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(response);
        },
      );
      call.on('error', () => response.destroy());
      request.pipe(call);
    });
    await new Promise<void>(resolve => door.listen(0, host, resolve));
    const { hostAddress, gatewayUrl } = cluster.service;
    const environment = (name: string, more: object) => ({
      name,
      driver: 'kubernetes',
      kubernetes: {
        url: gatewayUrl,
        route: {
          gateways: [{ name: 'public', namespace: 'gateways' }],
        },
        gateway: { replicas: { min: 1, max: 1 } },
        resources: { cpu: '200m', memory: '384Mi' },
        ...more,
      },
    });
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris',
      MODEL_PLATFORM_CONFIG: writeConfig(folder, 'cluster.yaml', {
        modelPlatform: {
          artifacts: { type: 's3', ...bucket },
          kubernetes: {
            kubeconfig: await cluster.kubeconfigOf(
              'model-platform',
              'model-platform',
            ),
            secretKey: SECRET_KEY,
            portalUrl: `http://${hostAddress}:${
              (door.address() as AddressInfo).port
            }`,
            images: { platform: IMAGE, python: IMAGE },
          },
          environments: [
            { name: 'local' },
            environment('pods', {
              // Whom they let in; the portal's own collector asks from outside.
              collector: {
                namespaceLabels: {
                  'kubernetes.io/metadata.name': 'model-platform',
                },
              },
              artifacts: bucket,
              imageRegistries: [{ prefix: 'registry.example.org/botany' }],
            }),
            // Its pods fetch from the portal.
            environment('near', {}),
          ],
        },
      }),
    });
    await platform.start();
  });

  test.afterAll(async () => {
    await platform?.destroy();
    door?.closeAllConnections();
    door?.close();
    await s3?.stop?.();
    await cluster?.stop();
    if (folder) fs.rmSync(folder, { recursive: true, force: true });
  });

  const deployment = async () =>
    await (await platform.api(`v1/deployments/${NAME}`)).json();

  const happens = async (
    what: string,
    probe: (of: Awaited<ReturnType<typeof deployment>>) => unknown,
  ) =>
    await eventually(
      what,
      async () => {
        const found = await deployment();
        if (!probe(found)) throw new Error(JSON.stringify(found));
        return true;
      },
      PATIENCE_MS,
    );

  const cli = async (...args: string[]) => {
    const done = await platform.cli(args);
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
    return done.stdout;
  };

  test('publishes, deploys and calls a model that is an image of its own', async () => {
    const name = 'own-image';
    const reference = await importOwnImage(
      cluster.service,
      'registry.example.org/botany/stump:1',
      folder,
    );
    const model = modelFolder(name, made => {
      delete made.files;
      made.flavor = 'image';
      made.image = { reference, port: 9000, model: 'churn' };
      made.signature.outputs = [{ name: 'species', type: 'string' }];
      made.resources = { cpu: '200m', memory: '128Mi' };
    });
    deploymentFile(model, name);
    await cli('publish', '--dry-run', model);
    await cli('publish', model);
    await cli('deploy', model);
    await eventually(
      'its answer',
      async () => (await platform.cli(['invoke', name])).code === 0,
      PATIENCE_MS,
    );
    const marked = 5.987654;
    const line = {
      sepal_length: 6.3,
      sepal_width: 3.3,
      petal_length: marked,
      petal_width: 2.5,
    };
    expect(await cli('invoke', name, '--data', JSON.stringify(line))).toContain(
      'virginica',
    );
    const wrong = JSON.stringify({ ...line, petal_width: 'wide' });
    const refused = await platform.cli(['invoke', name, '--data', wrong]);
    expect(refused.code).not.toBe(0);
    const logged = await cli('logs', name);
    expect(logged).toContain('refused');
    expect(logged).not.toContain(String(marked));
    await cli('off', name);
    fs.rmSync(model, { recursive: true, force: true });
  });

  test('lets pods fetch from the portal what is of their namespace', async () => {
    const name = 'fetched-near';
    const model = modelFolder(name, made => {
      made.resources = { cpu: '200m', memory: '384Mi' };
    });
    deploymentFile(model, name, { environment: 'near' });
    await cli('publish', model);
    await cli('deploy', model);
    await eventually(
      'its answer',
      async () => (await platform.cli(['invoke', name])).code === 0,
      PATIENCE_MS,
    );
    const read = async (namespace: string, audience: string) => {
      const { status } = await cluster.core.createNamespacedServiceAccountToken(
        {
          namespace,
          name: 'default',
          body: { spec: { audiences: [audience], expirationSeconds: 3600 } },
        },
      );
      const file = `v1/models/${name}/versions/1/files/iris.onnx`;
      const { token } = status ?? {};
      return (await platform.api(file, { token })).status;
    };
    const own = 'models-plant-catalogue--near';
    expect(await read(own, 'model-platform')).toBe(200);
    expect(await read(own, 'others')).toBe(401);
    // No namespace of the platform's.
    expect(await read('gateways', 'model-platform')).toBe(403);
    await cli('off', name);
    fs.rmSync(model, { recursive: true, force: true });
  });

  test('takes a good version through its canary on pods, and a bad one back by itself, without a call lost', async () => {
    const model = modelFolder(NAME, made => {
      delete made.files;
      made.endpoint = 'endpoint.mjs';
      made.resources = { cpu: '200m', memory: '384Mi' };
    });
    deploymentFile(model, NAME, {
      strategy: {
        type: 'canary',
        steps: [
          { weight: 25, pause: '3s' },
          { weight: 50, pause: '3s' },
        ],
        analysis: {
          minCalls: 10,
          metrics: [
            { metric: 'error_ratio', max: 0.05 },
            { metric: 'latency', max: 10 },
          ],
        },
      },
    });
    const publish = async (code: string, accuracy: number) => {
      fs.writeFileSync(path.join(model, 'endpoint.mjs'), code);
      editModel(model, made => {
        made.evaluation = { accuracy };
      });
      await cli('publish', model);
    };
    await publish(good('one'), 0.9);
    await cli('deploy', model);
    await happens('version 1 serves', ({ phase }) => phase === 'Ready');

    const made = await platform.api(`v1/endpoints/${NAME}/tokens`, {
      method: 'POST',
      token: await platform.signIn('mira'),
      body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
    });
    expect(made.status).toBe(201);
    const { token } = await made.json();
    const url = `${cluster.service.gatewayUrl}/${NAME}`;
    await eventually(
      'the gateway knows the token',
      async () => {
        const response = await fetch(`${url}/v2/models/${NAME}`, {
          headers: { authorization: `Bearer ${token}` },
        });
        if (response.status !== 200)
          throw new Error(`${response.status} ${await response.text()}`);
        return true;
      },
      PATIENCE_MS,
    );
    const load = Load.on(
      { name: NAME, url, token },
      PER_SECOND,
      platform.quickstart.endpoints[0].exampleRequest,
    );

    await publish(good('two'), 0.91);
    await happens(
      'version 2 is promoted',
      ({ servingRevision, phase }) =>
        servingRevision === 2 && phase === 'Ready',
    );
    await publish(bad, 0.92);
    await happens(
      'version 3 is rolled back',
      ({ canary }) => canary?.revision === 3 && canary.phase === 'rolled-back',
    );
    await cli('rollback', NAME, '1', '--reason', 'to see that it can');
    await happens(
      'version 1 serves again',
      ({ servingRevision, phase }) =>
        servingRevision === 4 && phase === 'Ready',
    );
    await load.stop();
    expect(load.failed.filter(({ version }) => version !== '3')).toEqual([]);
    expect(load.failed.length).toBeGreaterThan(0);
    expect(load.answered.get('2')).toBeGreaterThan(0);
    process.stdout.write(
      `      ${load.calls} calls at ${PER_SECOND} a second, ${
        load.failed.length
      } failed, all of the bad version; answered ${JSON.stringify(
        Object.fromEntries(load.answered),
      )}\n`,
    );
    fs.rmSync(model, { recursive: true, force: true });
  });
});
