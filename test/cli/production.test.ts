import { ChildProcess, execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@playwright/test';
import { parse, stringify } from 'yaml';
import { eventually, freePort, root } from '../platform/Platform';
import { modelFolder } from '../platform/modelFolder';
import { OidcIssuer } from '../production/OidcIssuer';
import { Portal, writeConfig } from '../production/Portal';

type Postgres = Awaited<
  ReturnType<typeof import('../services/postgres.mjs')['startPostgres']>
>;

const run = promisify(execFile);
const secret = () => randomBytes(24).toString('base64url');
const production = path.join(root, 'app-config.production.yaml');
const singleHost = path.join(root, 'app-config.single-host.yaml');
const github = path.join(root, 'app-config.github.yaml');
const publicUrl = 'https://models.example.test';
const endpointsUrl = 'https://endpoints.example.test';

test.describe.serial('production', () => {
  let folder: string;
  let postgres: Postgres;
  let issuer: OidcIssuer;
  let environment: Record<string, string>;
  let tokens: string;
  const token = `ci_${secret()}`;
  const portals: Portal[] = [];

  async function start(
    configs: string[],
    changes: Record<string, string | undefined> = {},
  ) {
    const portal = new Portal({
      configs,
      environment: { ...environment, ...changes },
      port: await freePort(),
      publicUrl,
    });
    portals.push(portal);
    return portal;
  }

  test.beforeAll(async () => {
    folder = fs.mkdtempSync(
      path.join(os.tmpdir(), 'model-platform-production-'),
    );
    const { startPostgres } = await import('../services/postgres.mjs');
    postgres = await startPostgres();
    // CI never skips: without PostgreSQL these fail there.
    test.skip(
      !postgres.connectionString && !process.env.CI,
      postgres.unavailable,
    );
    const client = { id: 'portal', secret: secret() };
    issuer = await OidcIssuer.start(client);
    const database = new URL(postgres.connectionString!);
    environment = {
      ORGANIZATION_NAME: 'Botanists',
      ORGANIZATION_FILE: path.join(root, 'test/production/organisation.yaml'),
      POSTGRES_HOST: database.hostname,
      POSTGRES_PORT: database.port,
      POSTGRES_USER: database.username,
      POSTGRES_PASSWORD: secret(),
      SESSION_SECRET: secret(),
      OIDC_METADATA_URL: issuer.metadataUrl,
      OIDC_CLIENT_ID: client.id,
      OIDC_CLIENT_SECRET: client.secret,
      MODEL_PLATFORM_DATA_DIR: path.join(folder, 'data'),
      GATEWAY_URL: endpointsUrl,
    };
    tokens = writeConfig(folder, 'tokens.yaml', {
      modelPlatform: {
        publishers: [
          {
            name: 'CI',
            tokenHash: createHash('sha256').update(token).digest('hex'),
            grants: [
              {
                actions: ['read', 'publish', 'deploy', 'endpoint-token'],
                systems: ['plant-catalogue'],
              },
            ],
          },
        ],
      },
    });
  });

  test.afterAll(async () => {
    for (const portal of portals) await portal.stop('SIGKILL');
    await issuer?.stop();
    await postgres?.stop?.();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const refusals: Array<
    [string, object, Record<string, string | undefined>, RegExp]
  > = [
    [
      'the sign-in as a sample person',
      { auth: { providers: { 'sample-people': {} } } },
      {},
      /auth\.providers\.sample-people/,
    ],
    [
      'the guest sign-in',
      { auth: { providers: { guest: {} } } },
      {},
      /auth\.providers\.guest/,
    ],
    [
      'a default session secret',
      {},
      { SESSION_SECRET: 'change-me-change-me' },
      /auth\.session\.secret/,
    ],
    [
      'a short session secret',
      {},
      { SESSION_SECRET: 'x7Jq' },
      /auth\.session\.secret/,
    ],
    [
      'no session secret',
      {},
      { SESSION_SECRET: undefined },
      /variable SESSION_SECRET, .* is not set/,
    ],
    [
      'no database server',
      {},
      { POSTGRES_HOST: undefined },
      /variable POSTGRES_HOST, .* is not set/,
    ],
    [
      'no address',
      {},
      { PORTAL_URL: undefined },
      /variable PORTAL_URL, .* is not set/,
    ],
    [
      'an address without TLS',
      {},
      { PORTAL_URL: 'http://models.example.test' },
      /baseUrl is 'http:/,
    ],
    [
      'SQLite',
      {
        backend: {
          database: { client: 'better-sqlite3', connection: ':memory:' },
        },
      },
      {},
      /SQLite/,
    ],
    [
      'permissions switched off',
      { permission: { enabled: false } },
      {},
      /permission\.enabled/,
    ],
    [
      'the local driver on a machine that is not trusted with all models',
      {
        modelPlatform: {
          environments: [{ name: 'production', driver: 'local' }],
        },
      },
      {},
      /environment production .* driver local/,
    ],
  ];
  for (const [what, config, changes, reason] of refusals) {
    test(`refuses to start with ${what}`, async () => {
      const portal = await start(
        [production, writeConfig(folder, 'refused.yaml', config)],
        changes,
      );
      expect(await portal.ended()).toBe(1);
      const [first, ...rest] = portal.stderr.trim().split('\n');
      expect(first).toMatch(/^The portal cannot start: /);
      expect(portal.stderr).toMatch(reason);
      // No stack, no log: one line, or one for each setting.
      expect(rest.every(line => line.startsWith('  - '))).toBe(true);
      expect(portal.stdout).not.toMatch(/Listening/);
    });
  }

  test('stands alone: ready, its pages are there, nobody comes in without signing in', async () => {
    const portal = await start([production]);
    await portal.ready();
    const page = await portal.request('/');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain(publicUrl);
    expect((await portal.request('/api/model-platform/v1/models')).status).toBe(
      401,
    );
    expect((await portal.request('/api/catalog/entities')).status).toBe(401);
    expect(
      (
        await portal.request('/api/auth/sample-people/refresh', {
          headers: {
            'x-sign-in-key': 'x'.repeat(32),
            'x-sign-in-person': 'user:default/mira',
          },
        })
      ).status,
    ).toBe(404);
    // Nobody reads a secret in the log, which is JSON, a line each.
    const { OIDC_CLIENT_SECRET, SESSION_SECRET, POSTGRES_PASSWORD } =
      environment;
    for (const value of [OIDC_CLIENT_SECRET, SESSION_SECRET, POSTGRES_PASSWORD])
      expect(portal.stdout + portal.stderr).not.toContain(value);
    const [, ...lines] = portal.stdout.trim().split('\n');
    for (const line of lines.slice(0, -1))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String) });
    await portal.stop();
    expect(portal.child.exitCode).toBe(0);
  });

  test('signs in whom the issuer knows and the catalog has, and nobody else', async () => {
    const portal = await start([production, github], {
      GITHUB_TOKEN: secret(),
      GITHUB_OWNER: 'acme',
    });
    await portal.ready();
    issuer.person = { email: 'rosa@example.test' };
    const { issuerUrl, response } = await eventually(
      'the catalog has the people',
      async () => {
        const signedIn = await portal.signIn();
        return signedIn.response && signedIn;
      },
    );
    expect(issuerUrl.origin).toBe(issuer.url);
    expect(issuerUrl.searchParams.get('redirect_uri')).toBe(
      `${publicUrl}/api/auth/oidc/handler/frame`,
    );
    const rosa = response!.backstageIdentity.token;
    const models = await portal.api('model-platform/v1/models', rosa);
    expect(models.status).toBe(200);
    const user = await portal.api(
      'catalog/entities/by-name/user/default/rosa',
      rosa,
    );
    expect(user.status).toBe(200);
    await eventually('the form for new models is there', async () => {
      const template = await portal.api(
        'catalog/entities/by-name/template/default/new-ml-model',
        rosa,
      );
      return template.ok;
    });

    issuer.person = { email: 'stranger@example.test' };
    const stranger = await portal.signIn();
    expect(stranger.response).toBeUndefined();
    expect(stranger.error?.message).toMatch(/unable to resolve user identity/i);
    issuer.person = { email: 'omar@example.test', emailVerified: false };
    expect((await portal.signIn()).response).toBeUndefined();

    // Who made no sign-in here cannot finish one: the state is bound to the browser.
    const forged = await portal.request(
      '/api/auth/oidc/handler/frame?code=x&state=y',
    );
    expect(await forged.text()).not.toContain('backstageIdentity');
    await portal.stop('SIGKILL');
  });

  test('a trusted host with two portals: publish, deploy, call, count, and go on without the first', async () => {
    const gatewayPort = await freePort();
    let host: ChildProcess | undefined;
    try {
      host = spawn(
        process.execPath,
        [path.join(root, 'packages/model-host/bin/model-host.js')],
        {
          env: {
            PATH: process.env.PATH,
            MODEL_PLATFORM_DATA_DIR: environment.MODEL_PLATFORM_DATA_DIR,
            GATEWAY_PORT: String(gatewayPort),
          },
          stdio: 'ignore',
        },
      );
      const configs = [production, singleHost, tokens];
      const [first, second] = [await start(configs), await start(configs)];
      await Promise.all([first.ready(), second.ready()]);

      const model = modelFolder('iris');
      fs.writeFileSync(
        path.join(model, 'model-deployment.yaml'),
        stringify(deploymentInProduction()),
      );
      const cli = async (portal: Portal, ...args: string[]) =>
        await run(
          process.execPath,
          [path.join(root, 'packages/cli/bin/model-platform.js'), ...args],
          {
            env: {
              ...process.env,
              MODEL_PLATFORM_URL: portal.url,
              MODEL_PLATFORM_TOKEN: token,
            },
          },
        );
      await eventually('the organisation is read', async () => {
        issuer.person = { email: 'omar@example.test' };
        return (await first.signIn()).response;
      });
      await cli(first, 'publish', model);
      // Whichever of the two leads, it deploys what the other was told.
      await cli(second, 'deploy', model);

      const made = await second.api(
        'model-platform/v1/endpoints/iris/tokens',
        token,
        {
          method: 'POST',
          body: JSON.stringify({ consumer: 'component:default/plant-guide' }),
        },
      );
      expect(made.status).toBe(201);
      const endpointToken = (await made.json()).token;
      const endpoint = await (
        await first.api('model-platform/v1/endpoints/iris', token)
      ).json();
      expect(endpoint.url).toBe(`${endpointsUrl}/iris`);
      const call = () =>
        fetch(`http://127.0.0.1:${gatewayPort}/iris/predict`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${endpointToken}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ inputs: endpoint.example }),
        });
      await eventually(
        'the endpoint answers',
        async () => (await call()).status === 200,
      );
      const counted = async (portal: Portal) =>
        (
          await (
            await portal.api('model-platform/v1/kpis/overview?range=7d', token)
          ).json()
        ).calls.value;
      for (const portal of [first, second])
        await eventually(
          'the call is counted',
          async () => await counted(portal),
        );

      await first.stop('SIGKILL');
      expect((await call()).status).toBe(200);
      const switchedOff = await second.api(
        'model-platform/v1/deployments/iris/off',
        token,
        { method: 'POST', body: '{}' },
      );
      expect(switchedOff.status).toBe(200);
      await eventually(
        'the second leads',
        async () => (await call()).status !== 200,
      );
      expect(await counted(second)).toBeGreaterThan(0);
      await second.stop('SIGKILL');
    } finally {
      host?.kill();
      await eventually(
        'the host ended',
        () => !host || host.exitCode !== null || host.signalCode !== null,
      );
    }
  });
});

/** The example's deployment, for the environment of this test. */
function deploymentInProduction() {
  const deployment = parse(
    fs.readFileSync(
      path.join(root, 'examples/iris/model-deployment.yaml'),
      'utf8',
    ),
  );
  deployment.spec.environment = 'production';
  return deployment;
}
