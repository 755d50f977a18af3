import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { mockServices, startTestBackend } from '@backstage/backend-test-utils';
import authPlugin from '@backstage/plugin-auth-backend';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import authModuleSamplePeople, { loopbackOnly } from '.';

jest.setTimeout(60_000);

const key = 'k'.repeat(32);
const people = [
  { entityRef: 'user:default/mira', name: 'Mira', role: 'Model developer' },
];

function start(config: { host?: string; baseUrl?: string; key?: string } = {}) {
  return startTestBackend({
    features: [
      authPlugin,
      authModuleSamplePeople,
      catalogServiceMock.factory({
        entities: [
          {
            apiVersion: 'backstage.io/v1alpha1',
            kind: 'User',
            metadata: { name: 'mira', namespace: 'default' },
            spec: { memberOf: ['botany-ml'] },
            relations: [
              { type: 'memberOf', targetRef: 'group:default/botany-ml' },
            ],
          },
        ],
      }),
      mockServices.rootConfig.factory({
        data: {
          app: { baseUrl: 'http://127.0.0.1:7007' },
          backend: {
            baseUrl: config.baseUrl ?? 'http://127.0.0.1:7007',
            listen: { host: config.host ?? '127.0.0.1', port: 0 },
            database: { client: 'better-sqlite3', connection: ':memory:' },
          },
          auth: { providers: { 'sample-people': {} } },
          modelPlatform: { signIn: { key: config.key ?? key, people } },
        },
      }),
    ],
  });
}

describe('sign-in as a sample person', () => {
  it('takes the key of this start and a person of the configuration, and nothing else', async () => {
    const { server } = await start();
    const refresh = (headers: Record<string, string>) => {
      const call = request(server).get('/api/auth/sample-people/refresh');
      for (const [name, value] of Object.entries(headers))
        call.set(name, value);
      return call;
    };

    const signedIn = await refresh({
      'x-sign-in-key': key,
      'x-sign-in-person': 'user:default/mira',
    });
    expect(signedIn.status).toBe(200);
    expect(signedIn.body.profile.displayName).toBe('Mira');
    expect(signedIn.body.backstageIdentity.identity.userEntityRef).toBe(
      'user:default/mira',
    );

    const refusals: Array<[Record<string, string>, RegExp]> = [
      [{ 'x-sign-in-person': 'user:default/mira' }, /No sign-in key/],
      [
        {
          'x-sign-in-key': 'x'.repeat(32),
          'x-sign-in-person': 'user:default/mira',
        },
        /of another start/,
      ],
      [{ 'x-sign-in-key': key }, /Not one of the sample people/],
      [
        { 'x-sign-in-key': key, 'x-sign-in-person': 'user:default/root' },
        /Not one of the sample people/,
      ],
    ];
    for (const [headers, message] of refusals) {
      const refused = await refresh(headers);
      expect(refused.status).toBe(401);
      expect(refused.body.error.message).toMatch(message);
    }
  });

  it.each([
    ['listening on every address', { host: '0.0.0.0' }, /loopback only/],
    [
      'a public name',
      { baseUrl: 'https://portal.example.com' },
      /loopback only/,
    ],
    ['a guessable key', { key: 'secret' }, /at least 16/],
  ])('does not start with %s', async (_name, config, message) => {
    await expect(start(config)).rejects.toThrow(message);
  });

  it('answers only to names of this machine', async () => {
    const app = express();
    app.use(loopbackOnly());
    app.get('/', (_req, res) => {
      res.json({ ok: true });
    });
    const server = createServer(app);
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect((await request(url).get('/')).status).toBe(200);
      const rebound = await request(url)
        .get('/')
        .set('Host', 'attacker.example');
      expect(rebound.status).toBe(421);
      expect(rebound.body.error.message).toMatch(/localhost/);
    } finally {
      await new Promise(resolve => {
        server.close(resolve);
      });
    }
  });
});
