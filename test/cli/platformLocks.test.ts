import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually } from '../platform/Platform';
import { sharedPlatform } from '../platform/sharedPlatform';

/** Versions whose publisher pins nothing: they come by the API. */
test.describe('Python packages that the platform pins', () => {
  test.setTimeout(600_000);

  const code =
    'import six\n\n\ndef predict(model, inputs, context):\n    return {"y": six.__version__}\n';

  async function post(route: string, body: object, method = 'POST') {
    const response = await sharedPlatform().api(route, {
      method,
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    expect(response.ok, JSON.stringify(answer)).toBe(true);
    return answer;
  }

  async function publish(name: string, requirements: string): Promise<number> {
    const files = Object.entries({
      'endpoint.py': code,
      'requirements.txt': requirements,
    }).map(([file, text]) => ({
      path: file,
      sizeBytes: Buffer.byteLength(text),
      digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
      content: Buffer.from(text).toString('base64'),
    }));
    const { version } = await post(`v1/models/${name}/versions`, {
      model: {
        name,
        type: 'ml',
        owner: 'group:default/botany-ml',
        system: 'plant-catalogue',
        description: 'Says which packages it runs with',
      },
      version: {
        flavor: 'python',
        runtime: 'python',
        endpoint: 'endpoint.py',
        metadata: {
          purpose: 'Shows packages',
          audience: 'Tests',
          method: 'None',
          data: { sources: ['none'], personalData: 'none', period: 'none' },
          theme: 'tests',
          risk: 'minimal',
        },
        signature: {
          inputs: [{ name: 'x', type: 'number' }],
          outputs: [{ name: 'y', type: 'string' }],
        },
        example: { x: 1 },
      },
      files,
      complete: true,
    });
    expect(version.status).toBe('ready');
    return version.number;
  }

  async function deploy(endpoint: string, model: string, number: number) {
    await post('v1/deployments', {
      apiVersion: 'model-platform.io/v1alpha1',
      kind: 'ModelDeployment',
      metadata: { name: endpoint },
      spec: {
        owner: 'group:default/botany-ml',
        system: 'plant-catalogue',
        environment: 'local',
        model: `model:default/${model}`,
        strategy: { type: 'single' },
        variants: [{ name: 'main', version: { number } }],
      },
    });
  }

  const status = async (name: string) =>
    await (await sharedPlatform().api(`v1/deployments/${name}`)).json();

  /** Its answer, once it is served. */
  async function answerOf(endpoint: string) {
    return await eventually(
      `${endpoint} to answer`,
      async () => {
        const { code: exit, stdout } = await sharedPlatform().cli([
          ...['invoke', endpoint, '--json'],
        ]);
        return exit === 0 && JSON.parse(stdout).outputs.y;
      },
      300_000,
    );
  }

  const locks = () => {
    const folder = path.join(sharedPlatform().dataDir, 'environments/locks');
    return fs
      .readdirSync(folder)
      .map(name => fs.readFileSync(path.join(folder, name), 'utf8'));
  };

  test('serves two versions with conflicting requirements side by side, with locks that stay', async () => {
    const old = await publish('unpinned', 'six<1.17\n');
    const recent = await publish('unpinned', 'six>=1.17\n');
    await deploy('unpinned-old', 'unpinned', old);
    await deploy('unpinned-new', 'unpinned', recent);
    expect(await answerOf('unpinned-old')).toBe('1.16.0');
    expect(await answerOf('unpinned-new')).toMatch(/^1\.(1[7-9]|[2-9])/);
    const made = locks().filter(text => text.startsWith('six=='));
    expect(made).toHaveLength(2);
    for (const lock of made) expect(lock).toMatch(/--hash=sha256:/);
    // The same requirements of another version: the same lock.
    await deploy(
      'unpinned-again',
      'unpinned-twin',
      await publish('unpinned-twin', 'six<1.17\n'),
    );
    expect(await answerOf('unpinned-again')).toBe('1.16.0');
    expect(locks().filter(text => text.startsWith('six=='))).toEqual(made);
  });

  test.describe('says why packages cannot be had', () => {
    for (const [what, requirements, reason] of [
      ['no wheel', 'docopt==0.6.2\n', /docopt/],
      ['no such package', 'no-package-has-this-name-at-all==1\n', /no-package/],
      ['no fit', 'six==1.16.0\nsix==1.17.0\n', /six/],
      [
        'what is not its own',
        'six==1.16.0\n-r /etc/passwd\n',
        /line 2: -r \/etc\/passwd is not allowed/,
      ],
    ] as const) {
      test(what, async () => {
        const name = `unpinned-${what.replaceAll(' ', '-').slice(0, 12)}`;
        await deploy(name, name, await publish(name, requirements));
        const text = await eventually('its reason', async () => {
          const said = JSON.stringify(await status(name));
          return said.includes('cannot be resolved') && said;
        });
        expect(text).toMatch(reason);
        const shown = await sharedPlatform().cli(['status', name]);
        expect(shown.stdout).toMatch(reason);
      });
    }
  });
});
