import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { Load } from '../faults/Load';
import { eventually, Platform, root } from '../platform/Platform';
import { editModel } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';

const CALLS_PER_SECOND = 25;

/** Endpoint code that keeps calls under way for a while, so that some are whenever a runner is to end. */
const slowly = {
  'endpoint.ts': `export async function predict(model, inputs) {
  await new Promise(resolve => setTimeout(resolve, 200));
  const [outputs] = await model.predict([inputs]);
  return outputs;
}
`,
  'endpoint.py': `import asyncio


async def predict(model, inputs, context):
    await asyncio.sleep(0.2)
    progression = float(model.predict([list(inputs.values())])[0])
    return {"progression": progression, "follow_up": progression > 183}
`,
};

interface Runner {
  pid: number;
  version: number;
  phase: string;
}

test.describe('runners are replaced under load', () => {
  let platform: Platform;

  test.setTimeout(900_000);

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  /** A copy of an example under another name, with this endpoint code. */
  function folderOf(example: string, name: string, code: string): string {
    const folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-model-'),
    );
    fs.cpSync(path.join(root, 'examples', example), folder, {
      recursive: true,
    });
    fs.rmSync(path.join(folder, 'model-deployment.yaml'));
    fs.rmSync(path.join(folder, 'endpoint.py'), { force: true });
    fs.writeFileSync(
      path.join(folder, code),
      slowly[code as keyof typeof slowly],
    );
    editModel(folder, model => {
      Object.assign(model, {
        name,
        owner: 'group:default/botany-ml',
        system: 'plant-catalogue',
        endpoint: code,
      });
      model.files = [
        ...model.files.filter((file: string) => file !== 'endpoint.py'),
        code,
      ];
      delete model.deployment;
      delete model.metrics;
    });
    return folder;
  }

  async function run(...args: string[]) {
    const { code, stdout, stderr } = await platform.cli([...args, '--json']);
    expect(code, `${stdout}${stderr}`).toBe(0);
    return JSON.parse(stdout);
  }

  async function deploy(name: string, replicas: number) {
    const response = await platform.api(`v1/deployments/${name}`, {
      method: 'PUT',
      body: JSON.stringify({
        spec: {
          system: 'plant-catalogue',
          environment: 'local',
          model: name,
          resources: { replicas: { min: replicas, max: replicas } },
        },
      }),
    });
    expect(response.status, await response.text()).toBeLessThan(300);
  }

  async function ready(name: string, isSo: (runners: Runner[]) => boolean) {
    return await eventually(
      `${name} has other runners`,
      async () => {
        const { phase, runners } = await (
          await platform.api(`v1/deployments/${name}`)
        ).json();
        const here: Runner[] = runners.filter(
          (runner: Runner) => runner.phase !== 'stopped',
        );
        const settled = here.every(runner => runner.phase === 'ready');
        return phase === 'Ready' && settled && isSo(here) && here;
      },
      240_000,
    );
  }

  async function tokenOf(name: string) {
    const made = await platform.api(`v1/endpoints/${name}/tokens`, {
      method: 'POST',
      token: await platform.signIn('mira'),
      body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
    });
    const { token } = await made.json();
    const url = `${platform.quickstart.gatewayUrl}/${name}`;
    await eventually('the token is known', async () => {
      const { ok } = await fetch(`${url}/openapi.json`, {
        headers: { authorization: `Bearer ${token}` },
      });
      return ok;
    });
    return { name, url, token };
  }

  for (const [example, code, runtime] of [
    ['iris', 'endpoint.ts', 'Node'],
    ['disease-progression', 'endpoint.py', 'Python'],
  ]) {
    test(`no call fails on the ${runtime} runtime, whatever runners are replaced`, async () => {
      const name = `drained-${example}`;
      const folder = folderOf(example, name, code);
      const before = (await run('publish', folder)).version;
      await deploy(name, 1);
      await ready(name, ({ length }) => length === 1);
      const load = Load.start(
        platform,
        await tokenOf(name),
        CALLS_PER_SECOND,
        platform.quickstart.endpoints.find(one => one.name === example)!
          .exampleRequest,
      );
      const callsAtEachStep: number[] = [];
      const step = async (isSo: (runners: Runner[]) => boolean) => {
        const runners = await ready(name, isSo);
        callsAtEachStep.push(load.calls);
        return runners;
      };
      try {
        // A new version takes over.
        editModel(folder, model => {
          model.metadata.method = `${model.metadata.method}, trained again`;
        });
        const after = (await run('publish', folder)).version;
        await step(
          ([runner, ...more]) => runner?.version === after && more.length === 0,
        );

        // One runner more, and one fewer.
        await deploy(name, 2);
        const [asked, other] = await step(({ length }) => length === 2);

        // One of two is asked to end by somebody else than the host.
        process.kill(asked.pid, 'SIGTERM');
        await step(
          runners =>
            runners.length === 2 &&
            runners.every(({ pid }) => pid !== asked.pid) &&
            runners.some(({ pid }) => pid === other.pid),
        );
        await deploy(name, 1);
        await step(({ length }) => length === 1);

        // The version before serves again.
        await run('deploy', versionOf(name, before));
        await step(
          ([runner, ...more]) =>
            runner?.version === before && more.length === 0,
        );
      } finally {
        await load.stop();
      }
      expect(load.failures).toEqual([]);
      // Each was under load.
      for (const [index, calls] of callsAtEachStep.entries())
        expect(calls).toBeGreaterThan(callsAtEachStep[index - 1] ?? 0);
      const { items } = await run('logs', name, '--tail', '500');
      const ends = items.filter(
        ({ message }: { message: string }) => message === 'stopped',
      );
      expect(ends.length).toBeGreaterThanOrEqual(4);
    });
  }

  /** A deployment of one version, whatever is published. */
  function versionOf(name: string, version: number): string {
    const file = path.join(os.tmpdir(), `${name}-${process.pid}.yaml`);
    fs.writeFileSync(
      file,
      JSON.stringify({
        apiVersion: 'model-platform.io/v1alpha1',
        kind: 'ModelDeployment',
        metadata: { name },
        spec: {
          owner: 'group:default/botany-ml',
          system: 'plant-catalogue',
          environment: 'local',
          model: `model:default/${name}`,
          strategy: { type: 'single' },
          variants: [{ name: 'main', version: { number: version } }],
        },
      }),
    );
    return file;
  }
});
