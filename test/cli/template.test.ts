import { execFile } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { eventually } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

const execute = promisify(execFile);

/** What somebody does who begins a model with the template: each command as its README says. */
test('the template: train, test, publish, served; a pushed change of the deployment takes effect', async () => {
  test.setTimeout(400_000);
  const platform = sharedPlatform();
  const { portalUrl, gatewayUrl } = platform.quickstart;
  const mira = await platform.signIn('mira');
  const name = 'wine-by-template';
  const portal = async (route: string, body?: unknown) => {
    const response = await fetch(`${portalUrl}/api/${route}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${mira}`,
        'content-type': 'application/json',
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    expect(response.ok, `${route}: ${response.status}`).toBe(true);
    return await response.json();
  };

  const task = await portal('scaffolder/v2/tasks', {
    templateRef: 'template:default/new-ml-model',
    values: {
      name,
      description: 'Names the cultivar of a wine.',
      owner: 'group:default/botany-ml',
      system: 'system:default/plant-catalogue',
      purpose: 'Sort bottles that lost their label.',
      audience: 'The cellar application.',
      theme: 'wine-sorting',
      risk: 'minimal',
    },
  });
  await eventually('the task is done', async () => {
    const { status } = await portal(`scaffolder/v2/tasks/${task.id}`);
    if (status === 'failed') {
      const log = await portal(`scaffolder/v2/tasks/${task.id}/events`);
      throw new Error(JSON.stringify(log).slice(-2_000));
    }
    return status === 'completed';
  });

  const work = fs.mkdtempSync(
    path.join(os.tmpdir(), 'model-platform-project-'),
  );
  const project = path.join(work, name);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    MODEL_PLATFORM_URL: portalUrl,
    MODEL_PLATFORM_TOKEN: platform.quickstart.publisherToken,
    GIT_AUTHOR_NAME: 'Mira',
    GIT_AUTHOR_EMAIL: 'mira@example.org',
    GIT_COMMITTER_NAME: 'Mira',
    GIT_COMMITTER_EMAIL: 'mira@example.org',
  };
  const shell = async (command: string) => {
    try {
      const { stdout } = await execute('sh', ['-c', command], {
        cwd: project,
        env,
        maxBuffer: 20 * 1024 * 1024,
      });
      return stdout;
    } catch (error) {
      const { stdout, stderr } = error as { stdout: string; stderr: string };
      throw new Error(`${command}\n${stdout}\n${stderr}`);
    }
  };
  await execute('git', [
    'clone',
    '--quiet',
    path.join(platform.dataDir, 'git', `${name}.git`),
    project,
  ]);
  await shell(
    'python3 -m venv .venv && .venv/bin/pip install --quiet --disable-pip-version-check -r requirements-dev.txt',
  );
  await shell('.venv/bin/python train.py');
  await shell('.venv/bin/python -m pytest -q');
  await shell('npm ci --no-audit --no-fund');
  await shell('npx --no -- model-platform publish');

  const deployment = async () =>
    await (await platform.api(`v1/deployments/${name}`)).json();
  await eventually(
    'the deployment of the repository is ready',
    async () => (await deployment()).phase === 'Ready',
    120_000,
  );
  expect((await deployment()).source).toContain(`${name}@main`);
  const invoked = JSON.parse(
    await shell(`npx --no -- model-platform invoke ${name} --json`),
  );
  expect(JSON.stringify(invoked)).toContain('outputs');

  await shell(
    `sed -i.bak 's/name: main/name: vintage/' model-deployment.yaml && rm model-deployment.yaml.bak`,
  );
  await shell(
    'git commit -qam "Name the variant" && git push -q origin HEAD:main',
  );
  const { token } = await (
    await platform.api(`v1/endpoints/${name}/tokens`, {
      method: 'POST',
      token: mira,
      body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
    })
  ).json();
  await eventually(
    'the pushed change serves',
    async () => {
      const response = await fetch(`${gatewayUrl}/${name}/predict`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          inputs: (
            await (await platform.api(`v1/endpoints/${name}`)).json()
          ).example,
        }),
      });
      return (
        response.status === 200 &&
        response.headers.get('x-model-variant') === 'vintage'
      );
    },
    120_000,
  );
  fs.rmSync(work, { recursive: true, force: true });
});
