import { expect, test } from '@playwright/test';
import { eventually, Platform } from '../platform/Platform';
import { editModel, modelFolder } from '../platform/modelFolder';
import { sharedPlatform } from '../platform/sharedPlatform';

const json = (text: string) => JSON.parse(text);

test.describe('the whole path, typed', () => {
  let platform: Platform;

  test.beforeAll(() => {
    platform = sharedPlatform();
  });

  test('the examples answer, with version, variant and request id', async () => {
    const { endpoints } = platform.quickstart;
    expect(endpoints.map(({ name }) => name)).toEqual([
      'iris',
      'disease-progression',
      'watering-plan',
      'plant-doctor',
      'ward-staffing',
      'planting-advice',
    ]);
    for (const { name } of endpoints) {
      const answer = await platform.predict(name);
      expect(answer.status).toBe(200);
      expect(answer.headers.get('x-model-version')).toBe('1');
      expect(answer.headers.get('x-model-variant')).toBe('main');
      const body = await answer.json();
      expect(body.requestId).toBe(answer.headers.get('x-request-id'));
      expect(body.model).toEqual({ name, version: 1, variant: 'main' });
    }
  });

  test('the examples pass the requests that they come with', async () => {
    for (const { name } of platform.quickstart.endpoints) {
      const tried = await platform.cli(['test', `examples/${name}`, '--json']);
      expect(tried, `${tried.stdout}${tried.stderr}`).toMatchObject({
        code: 0,
      });
    }
  });

  test('publish, publish again, deploy, call, roll a new version without a failed request, switch off and on', async () => {
    const name = 'typed path';
    const folder = modelFolder(name);

    const first = await platform.cli(['publish', folder, '--json']);
    expect(first, first.stderr).toMatchObject({ code: 0 });
    expect(json(first.stdout)).toMatchObject({ unchanged: false });
    const again = await platform.cli(['publish', folder, '--json']);
    expect(again, again.stderr).toMatchObject({ code: 0 });
    expect(json(again.stdout)).toMatchObject({ unchanged: true });
    const versions = await (
      await platform.api(`v1/models/${encodeURIComponent(name)}/versions`)
    ).json();
    expect(versions.items).toHaveLength(1);

    const deployed = await platform.cli(['deploy', folder, '--json']);
    expect(deployed, deployed.stderr).toMatchObject({ code: 0 });
    const endpoint = 'typed-path';
    const token = await (
      await platform.api(`v1/endpoints/${endpoint}/tokens`, {
        method: 'POST',
        body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
        token: await platform.signIn('mira'),
      })
    ).json();
    const url = `${platform.quickstart.gatewayUrl}/${endpoint}/predict`;
    const call = () =>
      fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token.token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify(platform.quickstart.endpoints[0].exampleRequest),
      });
    await eventually(
      'the new token is known',
      async () => (await call()).status === 200,
    );
    const invoked = await platform.cli(['invoke', endpoint], {
      env: { MODEL_PLATFORM_ENDPOINT_TOKEN: token.token },
    });
    expect(invoked, invoked.stderr).toMatchObject({ code: 0 });

    editModel(folder, model => {
      model.metadata.method = `${model.metadata.method}, trained again`;
    });
    const seen = new Map<string, number>();
    let rolling = true;
    const load = (async () => {
      while (rolling) {
        const answer = await call();
        await answer.arrayBuffer();
        const key = `${answer.status} v${answer.headers.get(
          'x-model-version',
        )}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    })();
    const second = await platform.cli(['publish', folder, '--json']);
    expect(second, second.stderr).toMatchObject({ code: 0 });
    await eventually(
      'version 2 answers',
      async () => (await call()).headers.get('x-model-version') === '2',
    );
    await eventually('the runner of version 1 is gone', async () => {
      const { runners } = await (
        await platform.api(`v1/deployments/${endpoint}`)
      ).json();
      return runners.every(
        (runner: { version: number; phase: string }) =>
          runner.version === 2 || runner.phase === 'stopped',
      );
    });
    rolling = false;
    await load;
    expect([...seen.keys()].sort()).toEqual(['200 v1', '200 v2']);

    const status = await platform.cli(['status', endpoint, '--json']);
    expect(status, status.stderr).toMatchObject({ code: 0 });
    const aliased = await platform.cli(['alias', 'set', name, 'champion', '1']);
    expect(aliased, aliased.stderr).toMatchObject({ code: 0 });
    const logs = await platform.cli(['logs', endpoint, '--tail', '50']);
    expect(logs, logs.stderr).toMatchObject({ code: 0 });
    expect(logs.stdout).toContain('ready');
    const found = await platform.cli(['search', 'typed', '--json']);
    expect(found.stdout).toContain('typed-path');

    expect((await platform.cli(['off', endpoint])).code).toBe(0);
    await eventually(
      'the endpoint is off',
      async () => (await call()).status !== 200,
    );
    expect((await call()).status).toBe(503);
    expect((await platform.cli(['on', endpoint])).code).toBe(0);
    await eventually(
      'the endpoint is on again',
      async () => (await call()).status === 200,
    );
  });
});
