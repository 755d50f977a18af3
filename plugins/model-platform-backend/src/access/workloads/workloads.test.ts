import { createBackendModule } from '@backstage/backend-plugin-api';
import { ServiceUnavailableError } from '@backstage/errors';
import { deploymentDriversExtensionPoint } from '@model-platform/plugin-model-platform-node';
import {
  draftRequest,
  fileOf,
  TestPlatform,
} from '../../__testUtils__/TestPlatform';
import { TestCiIssuer } from '../../__testUtils__/TestCiIssuer';
import { MemoryDriver } from '../../deployment/__testUtils__/MemoryDriver';
import { WorkloadIdentities } from './WorkloadIdentities';

jest.setTimeout(120_000);

const PREFIX = 'account:';
const AUDIENCE = 'models';

/** An engine that names systems in its accounts, with the keys of a real issuer. */
function engineOf(issuer: () => TestCiIssuer) {
  const json = async (path: string) => {
    const response = await fetch(`${issuer().url}${path}`);
    if (!response.ok)
      throw new ServiceUnavailableError(`It answered ${response.status}`);
    return await response.json();
  };
  return new MemoryDriver({
    name: 'cluster',
    workloadTokens: {
      audience: AUDIENCE,
      isSubject: sub => sub.startsWith(PREFIX),
      issuer: async () =>
        (await json('/.well-known/openid-configuration')).issuer,
      keys: async () => await json('/jwks'),
      systemOf: async sub =>
        sub.endsWith(':stranger') ? undefined : sub.slice(PREFIX.length),
    },
  });
}

describe('what an engine runs, at the platform', () => {
  let engine: TestCiIssuer;
  let configured: TestCiIssuer;
  let platform: TestPlatform;

  beforeAll(async () => {
    [engine, configured] = await Promise.all([
      TestCiIssuer.start(),
      TestCiIssuer.start(),
    ]);
    platform = await TestPlatform.start(
      {
        ciIdentities: [AUDIENCE, 'jobs'].map((audience, index) => ({
          name: `by-hand-${index}`,
          issuer: index === 0 ? configured.url : engine.url,
          audience,
          grants: [
            {
              claims: { sub: `${PREFIX}plant-catalogue` },
              actions: ['publish'],
              systems: ['plant-catalogue'],
            },
          ],
        })),
      },
      [
        createBackendModule({
          pluginId: 'model-platform',
          moduleId: 'engines',
          register(env) {
            env.registerInit({
              deps: { drivers: deploymentDriversExtensionPoint },
              async init({ drivers }) {
                drivers.addDriver(engineOf(() => engine));
              },
            });
          },
        }),
      ],
    );
  });

  afterAll(async () => {
    await platform.stop();
    await Promise.all([engine.stop(), configured.stop()]);
  });

  const account = async (claims: object = {}) =>
    await engine.token({
      aud: AUDIENCE,
      sub: `${PREFIX}plant-catalogue`,
      ...claims,
    });

  it('reads what is of its system, and does nothing else', async () => {
    const files = [fileOf('model.onnx', 'weights')];
    await platform.publish(draftRequest('iris', { files }), files);
    const file = 'v1/models/iris/versions/1/files/model.onnx';
    const read = async (token: string) =>
      await platform.call('get', file, token);
    const { status, body } = await read(await account());
    expect([status, String(body)]).toEqual([200, 'weights']);

    const refused = async (claims: object) => {
      const { status: code, body: said } = await read(await account(claims));
      return [code, said.error.message];
    };
    expect(await refused({ sub: `${PREFIX}patient-care` })).toEqual([
      404,
      expect.stringContaining('There is no model iris'),
    ]);
    expect(await refused({ sub: `${PREFIX}a:stranger` })).toEqual([
      403,
      expect.stringContaining(`${PREFIX}a:stranger is none of what`),
    ]);
    expect(await refused({ aud: 'elsewhere' })).toEqual([
      401,
      expect.stringContaining('ask for one for models'),
    ]);
    expect(await refused({ exp: 1 })).toEqual([
      401,
      expect.stringContaining('expired'),
    ]);
    expect(await refused({ sub: 'job:plant-catalogue' })).toEqual([
      401,
      expect.stringContaining('another audience'),
    ]);

    const write = await platform
      .call('post', 'v1/models/iris/versions', await account())
      .send(draftRequest('iris'));
    expect(write.status).toBe(403);
    expect(write.body.error.message).toContain(
      `workload:cluster:${PREFIX}plant-catalogue has not`,
    );
    const making: Array<[string, object]> = [
      [
        'v1/publishers',
        {
          name: 'more',
          grants: [{ actions: ['read'], systems: ['plant-catalogue'] }],
        },
      ],
      [
        'v1/webhooks',
        {
          name: 'ci',
          system: 'plant-catalogue',
          url: 'https://hooks.example.org/models',
          events: ['model_version.created'],
        },
      ],
    ];
    for (const [path, wanted] of making) {
      const made = await platform
        .call('post', path, await account())
        .send(wanted);
      expect([path, made.status]).toEqual([path, 403]);
    }
    const own = await platform.call('get', 'v1/publishers', await account());
    expect(own.body).toEqual({ items: [] });
  });

  it('is held to what is configured for its tokens, where something is', async () => {
    const publish = async (token: string) =>
      await platform
        .call('post', 'v1/models/by-hand/versions', token)
        .send(draftRequest('by-hand'));
    const sub = `${PREFIX}plant-catalogue`;
    for (const token of [
      await configured.token({ aud: AUDIENCE, sub }),
      await account({ aud: 'jobs' }),
    ])
      expect((await publish(token)).status).toBe(201);
    expect((await publish(await account())).status).toBe(403);
  });

  it('gets 503 while the engine cannot be asked, and nobody else does', async () => {
    engine.state = 'down';
    const status = async (token: string) =>
      (await platform.call('get', 'v1/models', token)).status;
    expect(await status(await account())).toBe(503);
    expect(await status('user:default/mira')).toBe(200);
    expect(
      await status(
        await configured.token({
          aud: AUDIENCE,
          sub: `${PREFIX}plant-catalogue`,
        }),
      ),
    ).toBe(200);
    engine.state = 'up';
    expect(await status(await account())).toBe(200);
  });

  it('is known by new keys, and by none that another one has', async () => {
    const rotated = await TestCiIssuer.start();
    const identities = new WorkloadIdentities([engineOf(() => rotated)], {
      cooldownMs: 0,
    });
    const claims = {
      aud: AUDIENCE,
      sub: `${PREFIX}plant-catalogue`,
      iss: rotated.url,
    };
    const before = await rotated.token(claims);
    const caller = {
      kind: 'workload',
      actor: `workload:cluster:${PREFIX}plant-catalogue`,
      grants: [{ actions: ['read'], systems: ['plant-catalogue'] }],
    };
    expect(await identities.tryAuthenticate(before)).toEqual(caller);
    await rotated.rotate('ES256');
    expect(
      await identities.tryAuthenticate(await rotated.token(claims)),
    ).toEqual(caller);
    for (const token of [before, await engine.token(claims)])
      await expect(identities.tryAuthenticate(token)).rejects.toMatchObject({
        name: 'AuthenticationError',
      });
    expect(await identities.tryAuthenticate('a.b.c')).toBeUndefined();
    await rotated.stop();
  });
});
