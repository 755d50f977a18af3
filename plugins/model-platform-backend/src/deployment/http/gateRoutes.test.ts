import { Deployment } from '@model-platform/plugin-model-platform-common';
import {
  draftRequest,
  fileOf,
  publisherToken,
  readerToken,
  TestPlatform,
} from '../../__testUtils__/TestPlatform';
import { until } from '../../__testUtils__/until';

jest.setTimeout(60_000);

const mira = 'user:default/mira';
const sofia = 'user:default/sofia';
const dana = 'user:default/dana';

describe('gates over HTTP', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    const files = [fileOf('model.onnx', 'weights')];
    await platform.publish(draftRequest('guarded', { files }), files);
  });

  afterAll(async () => {
    await platform.stop();
  });

  const spec = {
    system: 'plant-catalogue',
    environment: 'local',
    model: 'guarded',
    gates: [{ approval: { by: 'management' } }],
  };

  const decide = async (as: string, body: object) =>
    await platform
      .call('post', 'v1/deployments/guarded/decisions', as)
      .send(body);

  it('plans, waits, and is made once somebody who may has approved', async () => {
    const plan = await platform
      .call('put', 'v1/deployments/guarded?dryRun=true', mira)
      .send({ spec });
    expect([plan.status, plan.body]).toMatchObject([
      200,
      { action: 'create', revision: 'waits', gates: [{ holds: false }] },
    ]);
    const unclear = await platform
      .call('put', 'v1/deployments/guarded?dryRun=maybe', mira)
      .send({ spec });
    expect(unclear.status).toBe(400);
    expect(
      (await platform.call('get', 'v1/deployments/guarded', mira)).status,
    ).toBe(404);

    const applied = await platform
      .call('put', 'v1/deployments/guarded', mira)
      .send({ spec });
    expect(applied.body).toMatchObject({
      request: { number: 1, state: 'waiting', mayDecide: false },
    });
    expect(applied.body.revision).toBeUndefined();
    const listed = await platform.call('get', 'v1/deployments', sofia);
    expect(listed.body.items).toMatchObject([
      { request: { mayDecide: true }, conditions: expect.anything() },
    ]);

    const attempts: Array<[string, object, number]> = [
      [mira, { reason: 'Mine', request: 1 }, 403],
      [readerToken, { reason: 'A machine', request: 1 }, 403],
      [dana, { reason: 'Not to be seen', request: 1 }, 404],
      [sofia, { request: 1 }, 400],
      // Whatever waits: it may be another one than was looked at.
      [sofia, { reason: 'Unseen' }, 400],
      [sofia, { reason: 'Another', request: 2 }, 404],
    ];
    for (const [as, body, status] of attempts)
      expect([as, (await decide(as, body)).status]).toEqual([as, status]);
    const looked = { reason: 'Looked at', request: 1 };
    expect((await decide(sofia, looked)).status).toBe(200);

    const made: Deployment = await until('the revision is made', async () => {
      const { body } = await platform.call(
        'get',
        'v1/deployments/guarded',
        mira,
      );
      return body.revision && body;
    });
    expect(made.request).toBeUndefined();
    const requests = await platform.call(
      'get',
      'v1/deployments/guarded/requests',
      mira,
    );
    expect(requests.body.items).toMatchObject([
      {
        number: 1,
        state: 'made',
        revision: 1,
        decisions: [{ approver: sofia, reason: 'Looked at' }],
      },
    ]);
    expect((await decide(sofia, looked)).status).toBe(409);
  });

  it('knows the person behind a token that moved an alias', async () => {
    const publish = async (content: string) => {
      const files = [fileOf('model.onnx', content)];
      await platform.publish(
        draftRequest('moved', { files }),
        files,
        publisherToken,
      );
    };
    await publish('one');
    const move = async (as: string, version: number) =>
      await platform
        .call('put', 'v1/models/moved/aliases/champion', as)
        .send({ version });
    expect((await move(mira, 1)).status).toBe(200);
    const declared = {
      ...spec,
      model: 'moved',
      variants: [{ name: 'main', version: { alias: 'champion' } }],
      triggers: [{ onAlias: { alias: 'champion' } }],
    };
    for (const gates of [[], [{ approval: { by: 'botany-ml' } }]]) {
      const applied = await platform
        .call('put', 'v1/deployments/moved', mira)
        .send({ spec: { ...declared, gates } });
      expect(applied.body).toMatchObject({ revision: { number: 1 } });
    }
    const { body: made } = await platform
      .call('post', 'v1/publishers', mira)
      .send({
        name: 'mine',
        grants: [
          {
            actions: ['publish'],
            systems: ['plant-catalogue'],
            owners: ['group:default/botany-ml'],
          },
        ],
      });
    await publish('two');
    expect((await move(made.token, 2)).status).toBe(200);
    const { number } = await until('a revision waits', async () => {
      const { body } = await platform.call('get', 'v1/deployments/moved', mira);
      return body.request;
    });
    const own = await platform
      .call('post', 'v1/deployments/moved/decisions', mira)
      .send({ reason: 'My own', request: number });
    expect(own.status).toBe(403);
    expect(own.body.error.message).toMatch(/you asked for/);
  });

  it('gives its schema to editors, and declarations to who may see them', async () => {
    const schema = await platform.call(
      'get',
      'v1/model-deployment.schema.json',
    );
    expect([schema.status, JSON.parse(schema.text).$schema]).toEqual([
      200,
      'https://json-schema.org/draft/2020-12/schema',
    ]);
    const declared = await platform.call(
      'get',
      'v1/deployment-declarations',
      mira,
    );
    expect([declared.status, declared.body.items]).toEqual([200, []]);
  });
});
