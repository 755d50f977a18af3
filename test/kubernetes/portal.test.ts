import fs from 'node:fs';
import path from 'node:path';
import { expect } from '@playwright/test';
import { modelFolder } from '../platform/modelFolder';
import { eventually } from '../platform/Platform';
import { portalTest as test } from '../portal/portalTest';
import { watchGitCanary } from '../portal/watchGitCanary';
import { ClusterPlatform } from './ClusterPlatform';
import { importOwnImage } from './importOwnImage';
import { lackingForPods } from './lackingForPods';
import { seeImagePages } from './seeImagePages';

/** Two machines' work on one. */
const PATIENCE_MS = 240_000;

/** Beside the model, as `deploy` reads it. */
function deploymentFile(
  model: string,
  name: string,
  environment = 'pods',
): void {
  fs.writeFileSync(
    path.join(model, 'model-deployment.yaml'),
    JSON.stringify({
      apiVersion: 'model-platform.io/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name },
      spec: { system: 'plant-catalogue', environment, model: name },
    }),
  );
}

/** All of it: what a developer does on the command line and in Git, pods of a cluster that answer, and what the pages show of it. */
test.describe('a platform with a cluster', () => {
  let of: ClusterPlatform;

  test.describe.configure({ timeout: 900_000 });

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    const lacking = await lackingForPods();
    test.skip(!process.env.CI && lacking !== undefined, lacking);
    of = await ClusterPlatform.start();
  });

  test.afterAll(async () => {
    await of?.stop();
  });

  const cli = async (...args: string[]) => {
    const done = await of.platform.cli(args);
    expect(done.code, `${done.stdout}${done.stderr}`).toBe(0);
    return done.stdout;
  };

  test('publishes, deploys and calls a model that is an image of its own, and shows it on its pages', async ({
    page,
    watch,
  }) => {
    const name = 'own-image';
    const reference = await importOwnImage(
      of.cluster.service,
      'registry.example.org/botany/stump:1',
      of.folder,
    );
    const model = modelFolder(name, made => {
      delete made.files;
      made.flavor = 'image';
      made.image = { reference, port: 9000, model: 'churn' };
      made.signature.outputs = [{ name: 'species', type: 'string' }];
      made.resources = { cpu: '200m', memory: '128Mi' };
    });
    // All there is of it is in the image.
    for (const file of fs.readdirSync(model))
      if (file !== 'model.yaml')
        fs.rmSync(path.join(model, file), { recursive: true });
    deploymentFile(model, name);
    await cli('publish', '--dry-run', model);
    await cli('publish', model);
    await cli('deploy', model);
    await eventually(
      'its answer',
      async () => (await of.platform.cli(['invoke', name])).code === 0,
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
    const refused = await of.platform.cli(['invoke', name, '--data', wrong]);
    expect(refused.code).not.toBe(0);
    const logged = await cli('logs', name);
    expect(logged).toContain('refused');
    expect(logged).not.toContain(String(marked));
    await seeImagePages(page, watch, of.platform, { name, reference });
    await cli('off', name);
    fs.rmSync(model, { recursive: true, force: true });
  });

  test('lets pods fetch from the portal what is of their namespace', async () => {
    const name = 'fetched-near';
    const model = modelFolder(name, made => {
      made.resources = { cpu: '200m', memory: '384Mi' };
    });
    deploymentFile(model, name, 'near');
    await cli('publish', model);
    await cli('deploy', model);
    await eventually(
      'its answer',
      async () => (await of.platform.cli(['invoke', name])).code === 0,
      PATIENCE_MS,
    );
    const read = async (namespace: string, audience: string) => {
      const { status } =
        await of.cluster.core.createNamespacedServiceAccountToken({
          namespace,
          name: 'default',
          body: { spec: { audiences: [audience], expirationSeconds: 3600 } },
        });
      const file = `v1/models/${name}/versions/1/files/iris.onnx`;
      const { token } = status ?? {};
      return (await of.platform.api(file, { token })).status;
    };
    const own = 'models-plant-catalogue--near';
    expect(await read(own, 'model-platform')).toBe(200);
    expect(await read(own, 'others')).toBe(401);
    // No namespace of the platform's.
    expect(await read('gateways', 'model-platform')).toBe(403);
    await cli('off', name);
    fs.rmSync(model, { recursive: true, force: true });
  });

  test('takes a good version of a file in Git through its canary on pods, and a bad one back by itself, without a call lost, watched on the page', async ({
    page,
  }) => {
    await watchGitCanary(page, of.platform, {
      name: 'on-pods',
      environment: 'pods',
      resources: { cpu: '200m', memory: '384Mi' },
      perSecond: 10,
      minCalls: 10,
    });
  });
});
