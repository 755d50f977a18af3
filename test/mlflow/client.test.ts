import { spawn } from 'node:child_process';
import { expect, test } from '@playwright/test';
import { eventually, root } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

/** Registered by the client's tests, then looked for and deployed as anybody would. */
const model = `mlflow-iris-${Date.now().toString(36)}`;

async function tokenFor(
  name: string,
  systems: string[],
  actions: string[],
): Promise<string> {
  const platform = sharedPlatform();
  const made = await platform.api('v1/publishers', {
    method: 'POST',
    token: await platform.signIn('pat'),
    body: JSON.stringify({
      name: `mlflow-${name}`,
      grants: [{ actions, systems }],
      expiresInSeconds: 3600,
    }),
  });
  expect(made.status).toBe(201);
  return (await made.json()).token;
}

test.describe.serial("MLflow's client", () => {
  test('works unmodified: tracking, registry, prompts, loading, rights, scoring', async ({}, testInfo) => {
    testInfo.setTimeout(900_000);
    const python = process.env.TEST_PYTHON;
    if (!python)
      throw new Error('TEST_PYTHON must name a Python that has mlflow');
    const all = ['read', 'publish', 'deploy'];
    const tests = spawn(
      python,
      ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', __dirname],
      {
        cwd: root,
        stdio: 'inherit',
        env: {
          PATH: process.env.PATH,
          HOME: testInfo.outputDir,
          PYTHONDONTWRITEBYTECODE: '1',
          GIT_PYTHON_REFRESH: 'quiet',
          MLFLOW_DISABLE_TELEMETRY: 'true',
          MLFLOW_TRACKING_URI: sharedPlatform().quickstart.mlflowTrackingUri,
          MLFLOW_TRACKING_TOKEN: await tokenFor(
            'botany',
            ['plant-catalogue'],
            all,
          ),
          TEST_MODEL_NAME: model,
          TEST_ENDPOINTS: JSON.stringify(sharedPlatform().quickstart.endpoints),
          TEST_OTHER_TOKEN: await tokenFor('care', ['patient-care'], all),
          TEST_READER_TOKEN: await tokenFor(
            'reader',
            ['plant-catalogue'],
            ['read'],
          ),
          TEST_TWO_SYSTEMS_TOKEN: await tokenFor(
            'both',
            ['plant-catalogue', 'patient-care'],
            all,
          ),
        },
      },
    );
    const code = await new Promise<number | null>((resolve, reject) => {
      tests.on('error', reject);
      tests.on('close', resolve);
    });
    expect(code).toBe(0);
  });

  test('what it registered is on the list with its metadata, for those who may see it', async () => {
    const platform = sharedPlatform();
    const listed = async (person: string) => {
      const answer = await platform.api(`v1/models?q=${model}`, {
        token: await platform.signIn(person),
      });
      return (await answer.json()).items;
    };
    expect(await listed('mira')).toEqual([
      expect.objectContaining({
        name: model,
        owner: 'group:default/botany-ml',
        system: 'plant-catalogue',
        description: 'Tells species of iris',
        aliases: { champion: 1 },
        metadata: expect.objectContaining({
          purpose: 'Tells species of iris by their measures',
          data: {
            sources: ['Herbarium'],
            personalData: 'none',
            period: '1936',
          },
        }),
      }),
    ]);
    expect(await listed('dana')).toEqual([]);
    const version = await (
      await platform.api(`v1/models/${model}/versions/1`)
    ).json();
    expect(version).toMatchObject({
      flavor: 'sklearn',
      evaluation: { accuracy: 0.97 },
      signature: {
        inputs: [
          { name: 'sepal_length', type: 'number' },
          { name: 'sepal_width', type: 'number' },
          { name: 'petal_length', type: 'number' },
          { name: 'petal_width', type: 'number' },
        ],
        outputs: [{ name: 'prediction', type: 'integer' }],
      },
      provenance: { client: 'mlflow' },
    });
    expect(version.files.map((file: { path: string }) => file.path)).toContain(
      'model.skops',
    );
  });

  test('what it registered is deployed and answers', async () => {
    const platform = sharedPlatform();
    const deployed = await platform.api(`v1/deployments/${model}`, {
      method: 'PUT',
      body: JSON.stringify({
        spec: {
          owner: 'group:default/botany-ml',
          system: 'plant-catalogue',
          environment: 'local',
          model,
          strategy: { type: 'single' },
        },
      }),
    });
    expect(deployed.status, await deployed.text()).toBeLessThan(300);
    const made = await platform.api(`v1/endpoints/${model}/tokens`, {
      method: 'POST',
      token: await platform.signIn('mira'),
      body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
    });
    const { token } = await made.json();
    const outputs = await eventually('the endpoint answers', async () => {
      const answer = await fetch(
        `${platform.quickstart.gatewayUrl}/${model}/predict`,
        {
          method: 'POST',
          headers: {
            authorization: `Bearer ${token}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({
            inputs: {
              sepal_length: 7.7,
              sepal_width: 2.6,
              petal_length: 6.9,
              petal_width: 2.3,
            },
          }),
        },
      );
      return answer.ok && (await answer.json()).outputs;
    });
    expect(outputs).toEqual({ prediction: 2 });
  });
});
