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
    test.skip(!postgres.connectionString, postgres.unavailable);
    platform = await Platform.create({
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

  const calls = async () => {
    const overview = await platform.api('v1/kpis/overview?range=7d');
    return (await overview.json()).calls.value as number;
  };

  test('publish, deploy, call, count; everything is still there after a restart', async () => {
    const model = modelFolder('kept in postgres');
    for (const command of ['publish', 'deploy']) {
      const result = await platform.cli([command, model]);
      expect(result, result.stderr).toMatchObject({ code: 0 });
    }
    for (let call = 0; call < 5; call += 1) {
      for (const name of ['iris', 'disease-progression'])
        expect((await platform.predict(name)).status).toBe(200);
    }
    await eventually(
      'the calls are counted',
      async () => (await calls()) === 10,
    );
    // The search engine is PostgreSQL's own.
    const mira = await platform.signIn('mira');
    const search = async () => {
      const found = await fetch(
        `${platform.quickstart.portalUrl}/api/search/query?term=postgres&types[0]=model-platform-model`,
        { headers: { authorization: `Bearer ${mira}` } },
      );
      return (await found.json()).results.length === 1;
    };
    await eventually('the search finds it', search);
    expect(fs.readdirSync(path.join(platform.dataDir, 'db'))).toEqual([]);

    expect(await platform.stop()).toBe(0);
    await platform.start();
    expect(await calls()).toBe(10);
    await eventually(
      'the same deployments serve',
      async () => (await platform.predict('iris')).status === 200,
    );
    await eventually(
      'new calls are counted too',
      async () => (await calls()) > 10,
    );
    const deployment = await platform.api('v1/deployments/kept-in-postgres');
    await eventually(
      'it is ready',
      async () =>
        (
          await (await platform.api('v1/deployments/kept-in-postgres')).json()
        ).phase === 'Ready',
    );
    expect(deployment.status).toBe(200);
  });
});
