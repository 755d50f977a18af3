import {
  draftRequest,
  fileOf,
  TestPlatform,
} from '../../__testUtils__/TestPlatform';
import { TestCiIssuer } from '../../__testUtils__/TestCiIssuer';

jest.setTimeout(120_000);

const PORTAL = 'https://portal.example.test';

describe('a CI job at the platform', () => {
  let issuer: TestCiIssuer;
  let platform: TestPlatform;

  beforeAll(async () => {
    issuer = await TestCiIssuer.start();
    platform = await TestPlatform.start({
      ciIdentities: [
        {
          name: 'github',
          issuer: issuer.url,
          audience: PORTAL,
          grants: [
            {
              claims: { repository: 'acme/iris', ref: 'refs/heads/main' },
              actions: ['publish'],
              systems: ['plant-catalogue'],
              owners: ['botany-ml'],
              models: ['iris of CI'],
            },
            {
              claims: { repository: 'acme/iris' },
              actions: ['read'],
              systems: ['plant-catalogue'],
            },
          ],
        },
        {
          name: 'down',
          issuer: 'http://127.0.0.1:1',
          audience: PORTAL,
          grants: [
            {
              claims: { repository: 'acme/iris' },
              actions: ['read'],
              systems: ['*'],
            },
          ],
        },
      ],
    });
  });

  afterAll(async () => {
    await platform.stop();
    await issuer.stop();
  });

  const job = async (claims: object = {}) =>
    await issuer.token({
      aud: PORTAL,
      repository: 'acme/iris',
      ref: 'refs/heads/main',
      run_id: '42',
      sha: 'c0ffee',
      ...claims,
    });

  it('publishes what it may, and the version says from where, whatever the client says', async () => {
    const files = [fileOf('model.onnx', 'weights')];
    const draft = draftRequest('iris of CI', {
      files,
      version: {
        provenance: { client: 'cli', commit: 'forged', repository: 'forged' },
      },
    });
    const { version } = await platform.publish(draft, files, await job());
    const actor = 'ci:github:acme/iris@refs/heads/main#42';
    expect(version).toMatchObject({
      publisher: actor,
      provenance: {
        client: 'cli',
        commit: 'c0ffee',
        repository: 'acme/iris',
        ciRun: '42',
      },
    });
    const history = await platform.call(
      'get',
      'v1/models/iris-of-ci/history',
      await job({ run_id: '43' }),
    );
    expect(history.body.items).toMatchObject([{ actor, action: 'published' }]);

    // Another branch may read, and is told what it would take to publish.
    const feature = await job({ ref: 'refs/heads/feature' });
    const refused = await platform
      .call('post', 'v1/models/iris%20of%20CI/versions', feature)
      .send({ ...draft, force: true });
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /right to publish in system plant-catalogue.*grant 1 of github is for ref refs\/heads\/main \(the job has refs\/heads\/feature\).*platform admin/,
    );
    // And main may publish no other model.
    const other = await platform
      .call('post', 'v1/models/other/versions', await job())
      .send(draftRequest('other'));
    expect(other.status).toBe(403);
  });

  it('is refused with the right status, and makes no tokens', async () => {
    const status = async (token: string) =>
      (await platform.call('get', 'v1/models', token)).status;
    expect(await status(await job())).toBe(200);
    expect(await status(await job({ aud: 'elsewhere' }))).toBe(401);
    expect(await status(await job({ repository: 'evil/x' }))).toBe(403);
    const unknown = await platform.call(
      'get',
      'v1/models',
      await job({ iss: `${issuer.url}/` }),
    );
    expect(unknown.status).toBe(401);
    expect(unknown.body.error.message).toContain(`${issuer.url}/`);
    const down = await platform.call(
      'get',
      'v1/models',
      await job({ iss: 'http://127.0.0.1:1' }),
    );
    expect(down.status).toBe(503);
    expect(down.body.error.message).toContain('http://127.0.0.1:1');
    const made = await platform
      .call('post', 'v1/publishers', await job())
      .send({
        name: 'more',
        grants: [{ actions: ['read'], systems: ['plant-catalogue'] }],
      });
    expect(made.status).toBe(403);
    expect(
      (await platform.call('get', 'v1/publishers', await job())).body,
    ).toEqual({ items: [] });
  });

  it('is listed to those who could give its grants', async () => {
    const listed = async (as: string) =>
      (await platform.call('get', 'v1/publishers', as)).body.identities;
    expect(await listed('user:default/pat')).toMatchObject([
      { name: 'github', grants: [{}, {}] },
      { name: 'down' },
    ]);
    expect(await listed('user:default/mira')).toEqual([
      {
        name: 'github',
        issuer: issuer.url,
        audience: [PORTAL],
        grants: [
          {
            claims: { repository: ['acme/iris'], ref: ['refs/heads/main'] },
            actions: ['publish'],
            systems: ['plant-catalogue'],
            owners: ['group:default/botany-ml'],
            models: ['iris of CI'],
          },
        ],
      },
    ]);
    expect(await listed('user:default/dana')).toEqual([]);
  });
});
