import fs from 'node:fs';
import http from 'node:http';
import { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from '@playwright/test';
import { TestCiIssuer } from '../../plugins/model-platform-backend/src/__testUtils__/TestCiIssuer';
import { modelFolder } from '../platform/modelFolder';
import { Platform } from '../platform/Platform';

/** A started platform that knows a CI system, and the CLI in the jobs of it. */
test.describe('a job of a CI system, without a stored secret', () => {
  let issuer: TestCiIssuer;
  let actions: http.Server;
  let platform: Platform;
  let ref = 'refs/heads/main';
  const audiences: Array<string | null> = [];

  test.beforeAll(async () => {
    test.setTimeout(900_000);
    issuer = await TestCiIssuer.start();
    // Where GitHub's runners ask for the token of their job.
    actions = http.createServer((req, res) => {
      const { searchParams } = new URL(req.url ?? '/', issuer.url);
      audiences.push(searchParams.get('audience'));
      jobToken({ aud: searchParams.get('audience') ?? undefined }).then(
        value => {
          res.setHeader('content-type', 'application/json');
          res.end(JSON.stringify({ value }));
        },
        error => {
          res.statusCode = 500;
          res.end(String(error));
        },
      );
    });
    await new Promise<void>(resolve => {
      actions.listen(0, '127.0.0.1', resolve);
    });
    const config = path.join(
      fs.mkdtempSync(path.join(os.tmpdir(), 'model-platform-config-')),
      'ci.yaml',
    );
    fs.writeFileSync(
      config,
      JSON.stringify({
        modelPlatform: {
          ciIdentities: [
            {
              name: 'github',
              issuer: issuer.url,
              grants: [
                {
                  claims: { repository: 'acme/iris', ref: 'refs/heads/main' },
                  actions: ['read', 'publish', 'deploy'],
                  systems: ['plant-catalogue'],
                  owners: ['group:default/botany-ml'],
                  models: ['iris from CI'],
                },
              ],
            },
          ],
        },
      }),
    );
    platform = await Platform.create({
      MODEL_PLATFORM_CONFIG: config,
      MODEL_PLATFORM_EXAMPLES: 'iris',
    });
    await platform.start();
  });

  test.afterAll(async () => {
    await platform?.destroy();
    await issuer?.stop();
    actions?.closeAllConnections();
    actions?.close();
  });

  const jobToken = async (claims: object) =>
    await issuer.token({
      sub: `repo:acme/iris:ref:${ref}`,
      repository: 'acme/iris',
      ref,
      run_id: '4711',
      sha: 'c0ffee',
      ...claims,
    });

  const inJob = (extra: Record<string, string> = {}) => ({
    token: '',
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${
        (actions.address() as AddressInfo).port
      }/idtoken?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'of-the-runner',
      ...extra,
    },
  });

  test('publishes from main, and the history says which run of which repository', async () => {
    ref = 'refs/heads/main';
    const folder = modelFolder('iris from CI');
    const published = await platform.cli(['publish', folder], inJob());
    expect(published.stderr).toContain('GitHub Actions');
    expect(published.code, published.stderr).toBe(0);
    expect(new Set(audiences)).toEqual(
      new Set([platform.quickstart.portalUrl]),
    );
    const version = await (
      await platform.api('v1/models/iris-from-ci/versions/1')
    ).json();
    expect(version).toMatchObject({
      status: 'ready',
      publisher: 'ci:github:acme/iris@refs/heads/main#4711',
      provenance: {
        commit: 'c0ffee',
        repository: 'acme/iris',
        ciRun: '4711',
      },
    });
    const deployed = await platform.cli(
      ['deploy', folder, '--no-wait'],
      inJob(),
    );
    expect(deployed.code, deployed.stderr).toBe(0);
  });

  test('publishes nothing else and from nowhere else, and is told why', async () => {
    ref = 'refs/heads/main';
    const other = await platform.cli(
      ['publish', modelFolder('another from CI')],
      inJob(),
    );
    expect(other.code).toBe(3);
    expect(other.stderr).toContain('right to publish');
    ref = 'refs/heads/feature';
    const feature = await platform.cli(
      ['publish', modelFolder('iris from CI')],
      inJob(),
    );
    expect(feature.code).toBe(3);
    expect(feature.stderr).toContain(
      'ref refs/heads/main (the job has refs/heads/feature)',
    );
  });

  test('is as well what GitLab puts into the environment', async () => {
    ref = 'refs/heads/main';
    const token = await jobToken({ aud: platform.quickstart.portalUrl });
    const listed = await platform.cli(['search', 'CI', '--json'], {
      token: '',
      env: { MODEL_PLATFORM_ID_TOKEN: token },
    });
    expect(listed.code, listed.stderr).toBe(0);
    expect(listed.stdout).toContain('iris from CI');
    const elsewhere = await platform.cli(['search'], {
      token: '',
      env: {
        MODEL_PLATFORM_ID_TOKEN: await jobToken({ aud: 'https://elsewhere' }),
      },
    });
    expect(elsewhere.code).toBe(3);
    expect(elsewhere.stderr).toContain('another audience');
  });
});
