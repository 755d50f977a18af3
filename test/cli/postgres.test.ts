import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { eventually, Platform } from '../platform/Platform';
import { modelFolder } from '../platform/modelFolder';
import { writeConfig } from '../production/Portal';

type Postgres = Awaited<
  ReturnType<typeof import('../services/postgres.mjs')['startPostgres']>
>;

test.describe.serial('the whole path on PostgreSQL', () => {
  let folder: string;
  let postgres: Postgres;
  let platform: Platform;

  test.beforeAll(async () => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-config-'));
    const { startPostgres } = await import('../services/postgres.mjs');
    postgres = await startPostgres();
    // CI never skips: without PostgreSQL these fail there.
    test.skip(
      !postgres.connectionString && !process.env.CI,
      postgres.unavailable,
    );
    platform = await Platform.create({
      MODEL_PLATFORM_EXAMPLES: 'iris',
      MODEL_PLATFORM_CONFIG: writeConfig(folder, 'postgres.yaml', {
        backend: {
          database: { client: 'pg', connection: postgres.connectionString },
        },
      }),
    });
    await platform.start();
  });

  test.afterAll(async () => {
    await platform?.destroy();
    await postgres?.stop?.();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const slug = 'kept-in-postgres';

  const read = async (route: string) =>
    await (await platform.api(route)).json();

  const counted = async () =>
    (await read(`v1/models/${slug}/metrics?range=1h`)).calls.value as number;

  test('publish, deploy, call, count; everything is still there after a restart', async () => {
    const model = modelFolder('kept in postgres');
    for (const command of ['publish', 'deploy']) {
      const result = await platform.cli([command, model]);
      expect(result, result.stderr).toMatchObject({ code: 0 });
    }
    const mira = await platform.signIn('mira');
    const made = await platform.api(`v1/endpoints/${slug}/tokens`, {
      method: 'POST',
      body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
      token: mira,
    });
    const { token } = await made.json();
    const { url, example } = await read(`v1/endpoints/${slug}`);
    const call = async () => {
      const answer = await fetch(`${url}/predict`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ inputs: example }),
      });
      return answer.status;
    };
    await expect.poll(call).toBe(200);
    for (let more = 0; more < 4; more += 1) expect(await call()).toBe(200);
    await expect.poll(counted).toBe(5);

    // The search engine is PostgreSQL's own.
    await eventually('the search finds it', async () => {
      const found = await fetch(
        `${platform.quickstart.portalUrl}/api/search/query?term=postgres&types[0]=model-platform-model`,
        { headers: { authorization: `Bearer ${mira}` } },
      );
      return (await found.json()).results.length === 1;
    });
    expect(fs.readdirSync(path.join(platform.dataDir, 'db'))).toEqual([]);
    const { calls } = await read('v1/kpis/overview?range=7d');
    expect(calls.value).toBeGreaterThanOrEqual(5);

    expect(await platform.stop()).toBe(0);
    await platform.start();
    expect(await counted()).toBe(5);
    const after = await read('v1/kpis/overview?range=7d');
    expect(after.calls.value).toBeGreaterThanOrEqual(calls.value);
    await expect
      .poll(async () => (await read(`v1/deployments/${slug}`)).phase)
      .toBe('Ready');
    await expect.poll(call).toBe(200);
    await expect.poll(counted).toBe(6);
  });
});
