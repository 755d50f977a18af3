import { promises as fs } from 'node:fs';
import path from 'node:path';
import { ModelPlatformClient } from '@model-platform/plugin-model-platform-common';
import {
  draftRequest,
  fileOf,
  publisherToken,
  TestPlatform,
} from '../__testUtils__/TestPlatform';

const mira = 'user:default/mira';
const arun = 'user:default/arun';
const sofia = 'user:default/sofia';
const dana = 'user:default/dana';

jest.setTimeout(120_000);

describe('the life of versions', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start({
      aliasRules: [
        {
          alias: 'champion',
          systems: ['plant-catalogue'],
          requires: {
            approval: { by: ['management', 'botany-ml'], notByPublisher: true },
            evaluation: { accuracy: { atLeast: 0.9 } },
          },
        },
        { alias: 'frozen', movedBy: ['group:default/greenhouse', 'token:ci'] },
      ],
    });
  });

  afterAll(async () => {
    await platform.stop();
  });

  const publish = async (
    name: string,
    content: string,
    version: object = {},
    as = mira,
  ) => {
    const files = [fileOf('model.onnx', content)];
    return await platform.publish(
      draftRequest(name, { version, files }),
      files,
      as,
    );
  };
  const get = (route: string, as = mira) =>
    platform.call('get', `v1/models/${route}`, as);
  const put = (route: string, version: number, as = mira) =>
    platform.call('put', `v1/models/${route}`, as).send({ version });
  const remove = (route: string, as = mira) =>
    platform.call('delete', `v1/models/${route}`, as);
  const blobs = async () => {
    const names = await fs.readdir(path.join(platform.directory, 'blobs'), {
      recursive: true,
    });
    return names.map(name => path.basename(name));
  };

  it('compares two versions by number or alias, for who may read', async () => {
    await publish('compared', 'one', { evaluation: { accuracy: 0.8 } });
    await publish('compared', 'three!', { evaluation: { accuracy: 0.9 } });
    expect((await put('compared/aliases/stable', 1)).status).toBe(200);
    const { status, body } = await get(
      'compared/versions/stable/compare/latest',
      sofia,
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      model: 'compared',
      before: { number: 1, aliases: ['stable'] },
      after: { number: 2, aliases: [] },
      metadata: [],
      files: [
        {
          path: 'model.onnx',
          change: 'changed',
          before: { sizeBytes: 3 },
          after: { sizeBytes: 6 },
        },
      ],
      evaluation: [{ name: 'accuracy', before: 0.8, after: 0.9 }],
    });
    for (const [route, as] of [
      ['compared/versions/1/compare/9', mira],
      ['compared/versions/1/compare/2', dana],
    ])
      expect((await get(route, as)).status).toBe(404);
  });

  it('knows which version an alias named when, and who did what from where', async () => {
    await publish('followed', 'one');
    await publish('followed', 'two');
    const before = new Date().toISOString();
    await put('followed/aliases/stable', 1).set('user-agent', 'Mozilla/5.0');
    const [first] = (await get('followed/history?action=alias-moved')).body
      .items;
    expect(first).toMatchObject({
      actor: mira,
      client: 'portal',
      details: { alias: 'stable', version: 1 },
    });
    // Times have milliseconds; the next move is to have another one.
    const after = new Date(Date.parse(first.at) + 1);
    while (Date.now() <= after.getTime())
      await new Promise(resolve => setTimeout(resolve, 1));
    await put('followed/aliases/stable', 2, publisherToken).set(
      'user-agent',
      'mlflow-python-client/3.17.2',
    );
    await remove('followed/aliases/other');
    const at = (time: string) =>
      get(`followed/aliases/stable?at=${encodeURIComponent(time)}`);
    expect((await at(before)).status).toBe(before === first.at ? 200 : 404);
    expect((await at(first.at)).body).toEqual({
      alias: 'stable',
      version: 1,
      at: first.at,
      since: first.at,
      actor: mira,
    });
    const zoned = new Date(Date.parse(first.at) + 7_200_000)
      .toISOString()
      .replace('Z', '+02:00');
    expect((await at(zoned)).body).toMatchObject({ version: 1, at: first.at });
    const last = (await at('2100-01-01')).body;
    expect(last.version).toBe(2);
    const byToken: string = last.actor;
    expect(byToken).toMatch(/^token:ci \(/);
    expect((await at('yesterday')).status).toBe(400);
    expect(
      (await get('followed/aliases?at=2100-01-01T00:00:00Z')).body.items,
    ).toMatchObject([{ alias: 'stable', version: 2 }]);

    await remove('followed/aliases/stable');
    expect((await at('2100-01-01')).status).toBe(404);
    expect((await get('followed/aliases?at=2100-01-01')).body.items).toEqual(
      [],
    );

    const history = async (query: string) =>
      (await get(`followed/history?${query}`)).body.items.map(
        (entry: { action: string; client?: string }) =>
          `${entry.action} ${entry.client ?? ''}`.trim(),
      );
    expect(await history(`actor=${encodeURIComponent(byToken)}`)).toEqual([
      'alias-moved mlflow',
    ]);
    expect(await history('action=alias-removed,alias-moved')).toEqual([
      'alias-removed',
      'alias-moved mlflow',
      'alias-moved portal',
    ]);
    expect(await history(`to=${first.at}&action=published`)).toHaveLength(2);
    expect(await history(`from=${after.toISOString()}`)).toEqual([
      'alias-removed',
      'alias-moved mlflow',
    ]);
    expect((await get('followed/history?from=soon')).status).toBe(400);
    expect((await get('followed/history', dana)).status).toBe(404);
  });

  it('lets a protected alias go only where the evidence is', async () => {
    await publish('ruled', 'weak', { evaluation: { accuracy: 0.8 } });
    await publish('ruled', 'good', { evaluation: { accuracy: 0.95 } });
    const refused = await put('ruled/aliases/champion', 1);
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toBe(
      'Version 1 of ruled may not be champion yet; it lacks an approval, which a member of group:default/management or group:default/botany-ml can give who did not publish it (modelPlatform.aliasRules[0].requires.approval); an evaluation with accuracy of at least 0.9, where it has 0.8; its publisher gives it with a new version (modelPlatform.aliasRules[0].requires.evaluation)',
    );

    const approvals = 'ruled/versions/2/approvals';
    const approve = (as: string, body: object = { reason: 'Looked at it' }) =>
      platform.call('post', `v1/models/${approvals}`, as).send(body);
    // Of the group, but the publisher; reads, but not of a group; may not even read; no person.
    const own = await approve(mira);
    expect(own.status).toBe(403);
    expect(own.body.error.message).toMatch(
      /approved by members of group:default\/management, group:default\/botany-ml who did not publish them/,
    );
    expect((await approve(arun)).status).toBe(403);
    expect((await approve(dana)).status).toBe(404);
    expect((await approve(publisherToken)).status).toBe(403);
    expect((await approve(sofia, {})).status).toBe(400);
    expect((await get(approvals)).body).toMatchObject({
      items: [],
      mayApprove: false,
      requirements: [{ alias: 'champion', notByPublisher: true, met: false }],
    });
    expect((await get(approvals, sofia)).body.mayApprove).toBe(true);
    expect((await put('ruled/aliases/champion', 2)).status).toBe(409);

    const given = await approve(sofia);
    expect(given.status).toBe(201);
    expect(given.body).toMatchObject({
      version: 2,
      approver: sofia,
      groups: ['group:default/management'],
      reason: 'Looked at it',
    });
    // Once is enough.
    expect((await approve(sofia)).body).toEqual(given.body);
    expect((await get(approvals, sofia)).body).toMatchObject({
      items: [given.body],
      mayApprove: false,
      requirements: [{ met: true }],
    });
    expect(
      (await get('ruled/history?action=approved')).body.items,
    ).toHaveLength(1);
    // Who decided once does not decide the other way.
    const late = await approve(sofia, { reason: 'No', decision: 'refused' });
    expect(late.status).toBe(409);
    // An approval is no right to move.
    expect((await put('ruled/aliases/champion', 2, sofia)).status).toBe(403);
    expect((await put('ruled/aliases/champion', 2)).status).toBe(200);
    // Removing puts nothing into service, so it asks for no evidence.
    expect((await remove('ruled/aliases/champion')).status).toBe(204);
    expect((await put('ruled/aliases/candidate', 1)).status).toBe(200);
  });

  it('takes no word of who published for the version, be it by a token of his', async () => {
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
    const good = { evaluation: { accuracy: 0.95 } };
    const byToken = await publish('two-eyes', 'one', good, made.token);
    expect(byToken.version).toMatchObject({
      publisher: `token:mine (${made.id}, made by ${mira})`,
      responsible: mira,
    });
    const approve = (number: number, as = mira) =>
      platform
        .call('post', `v1/models/two-eyes/versions/${number}/approvals`, as)
        .send({ reason: 'Looked at it' });
    const own = await approve(1);
    expect(own.status).toBe(403);
    expect(own.body.error.message).toMatch(/who did not publish them/);
    expect((await get('two-eyes/versions/1/approvals')).body).toMatchObject({
      mayApprove: false,
      requirements: [{ met: false }],
    });
    expect((await put('two-eyes/aliases/champion', 1)).status).toBe(409);
    expect((await approve(1, sofia)).status).toBe(201);
    expect((await put('two-eyes/aliases/champion', 1)).status).toBe(200);
    // Of a token of the configuration nobody is the maker.
    const byCi = await publish('two-eyes', 'two', good, publisherToken);
    expect(byCi.version).not.toHaveProperty('responsible');
    expect((await approve(2)).status).toBe(201);
  });

  it('lists what waits for whose word, until it is given', async () => {
    await publish('queued', 'one');
    await publish('queued', 'two', { evaluation: { accuracy: 0.9 } });
    const waiting = async (as: string) => {
      const { status, body } = await platform.call('get', 'v1/approvals', as);
      expect(status).toBe(200);
      return body.items.filter(
        ({ model }: { model: { name: string } }) => model.name === 'queued',
      );
    };
    expect(await waiting(sofia)).toMatchObject([
      {
        model: { slug: 'queued', system: 'plant-catalogue' },
        version: { number: 2, publisher: mira, evaluation: { accuracy: 0.9 } },
        aliases: [{ alias: 'champion' }],
      },
    ]);
    // Of a group that may, but its publisher; of no such group; no reader; no person.
    for (const other of [mira, arun, dana, publisherToken])
      expect(await waiting(other)).toEqual([]);

    const decide = (decision: string, reason: string, version = 2) =>
      platform
        .call('post', `v1/models/queued/versions/${version}/approvals`, sofia)
        .send({ decision, reason });
    const refused = await decide('refused', 'Unfair to small flowers');
    expect(refused.status).toBe(201);
    expect(refused.body).toMatchObject({
      decision: 'refused',
      groups: ['group:default/management'],
    });
    expect(await waiting(sofia)).toEqual([]);
    expect(
      (await get('queued/versions/2/approvals', sofia)).body,
    ).toMatchObject({
      mayApprove: false,
      mayRefuse: false,
      requirements: [{ alias: 'champion', met: false }],
    });
    const changed = await decide('approved', 'Fine after all');
    expect(changed.status).toBe(409);
    expect(changed.body.error.message).toContain(
      'was refused by user:default/sofia: Unfair to small flowers',
    );
    expect((await put('queued/aliases/champion', 2)).status).toBe(409);
    expect(
      (await get('queued/history?action=refused')).body.items,
    ).toMatchObject([
      { reason: 'Unfair to small flowers', details: { version: 2 } },
    ]);

    await publish('queued', 'three', { evaluation: { accuracy: 0.95 } });
    expect(await waiting(sofia)).toMatchObject([{ version: { number: 3 } }]);
    expect((await decide('approved', 'Mended', 3)).status).toBe(201);
    expect(await waiting(sofia)).toEqual([]);
    expect((await put('queued/aliases/champion', 3)).status).toBe(200);
  });

  it('lets those move an alias whom its rule names, and nobody else', async () => {
    await publish('guarded', 'one');
    const refused = await put('guarded/aliases/frozen', 1);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /moved only by group:default\/greenhouse, token:ci, as the rule modelPlatform.aliasRules\[1\] says/,
    );
    expect((await put('guarded/aliases/frozen', 1, arun)).status).toBe(200);
    expect((await remove('guarded/aliases/frozen')).status).toBe(403);
    // The token of the configuration, not one that somebody gave its name.
    const { body: made } = await platform
      .call('post', 'v1/publishers', mira)
      .send({
        name: 'ci',
        grants: [
          {
            actions: ['publish'],
            systems: ['plant-catalogue'],
            owners: ['group:default/botany-ml'],
          },
        ],
      });
    expect((await remove('guarded/aliases/frozen', made.token)).status).toBe(
      403,
    );
    expect(
      (await remove('guarded/aliases/frozen', publisherToken)).status,
    ).toBe(204);
    // Whom it names must still be able to read the model.
    expect((await put('guarded/aliases/frozen', 1, dana)).status).toBe(404);
  });

  it('archives, restores and deletes versions; numbers and history stay', async () => {
    const shared = 'bytes of two models';
    await publish('kept', shared);
    await publish('mortal', shared);
    await publish('mortal', 'bytes of its own');
    await publish('mortal', 'newest');
    const own = fileOf('x', 'bytes of its own').digest.slice(7);
    const common = fileOf('x', shared).digest.slice(7);
    expect(await blobs()).toEqual(expect.arrayContaining([own, common]));

    const version = 'mortal/versions/2';
    const early = await remove(`${version}?permanently`);
    expect(early.status).toBe(409);
    expect(early.body.error.message).toMatch(/archive it first/);
    await remove(`${version}?reason=old`);
    const restored = await platform
      .call('patch', `v1/models/${version}`, mira)
      .send({ archived: false, reason: 'needed again' });
    expect(restored.body).toMatchObject({ number: 2, status: 'ready' });
    expect(restored.body.archivedAt).toBeUndefined();
    await platform
      .call('patch', `v1/models/${version}`, mira)
      .send({ archived: true });

    // Who may archive may not delete.
    const foreign = await remove(`${version}?permanently=true`, publisherToken);
    expect(foreign.status).toBe(403);
    expect(foreign.body.error.message).toMatch(/the right to delete/);
    await remove('mortal/versions/1');
    for (const number of [1, 2])
      expect(
        (await remove(`mortal/versions/${number}?permanently=true&reason=gone`))
          .status,
      ).toBe(204);
    expect((await get(version)).status).toBe(404);
    expect((await remove(`${version}?permanently`)).status).toBe(404);
    expect(
      (await get('mortal/versions')).body.items.map(
        ({ number }: { number: number }) => number,
      ),
    ).toEqual([3]);
    expect(await blobs()).not.toContain(own);
    expect(await blobs()).toContain(common);
    expect(
      (await get('kept/versions/1/files/model.onnx')).body.toString(),
    ).toBe(shared);
    expect(
      (await get('mortal/history')).body.items.map(
        ({ action }: { action: string }) => action,
      ),
    ).toEqual([
      'version-deleted',
      'version-deleted',
      'version-archived',
      'version-archived',
      'version-restored',
      'version-archived',
      'published',
      'published',
      'published',
    ]);
    expect((await publish('mortal', 'again')).version.number).toBe(4);
  });

  it('deletes a model; its name goes on counting under another id', async () => {
    await publish('phoenix', 'first life');
    await put('phoenix/aliases/stable', 1);
    const { id } = (await get('phoenix')).body;
    expect((await remove('phoenix?permanently')).status).toBe(409);
    await remove('phoenix?reason=retired');
    expect(
      (await remove('phoenix?permanently').set('if-match', '"other"')).status,
    ).toBe(409);
    expect((await remove('phoenix?permanently')).status).toBe(204);
    expect((await get('phoenix')).status).toBe(404);
    expect(await blobs()).not.toContain(
      fileOf('x', 'first life').digest.slice(7),
    );
    const actions = async (ref: string, as?: string) =>
      (await get(`${ref}/history`, as)).body.items?.map(
        ({ action }: { action: string }) => action,
      );
    const whole = [
      'deleted',
      'alias-removed',
      'archived',
      'alias-moved',
      'published',
    ];
    expect(await actions('phoenix')).toEqual(whole);
    expect(await actions('phoenix', dana)).toBeUndefined();

    const again = await publish('phoenix', 'second life');
    expect(again.version).toMatchObject({ number: 2 });
    expect(again.version.modelId).not.toBe(id);
    expect((await get('phoenix')).body.slug).toBe('phoenix');
    expect(await actions('phoenix')).toEqual(['published']);
    expect(await actions(id)).toEqual(whole);
  });

  it('is all there for the typed client', async () => {
    const client = new ModelPlatformClient({
      baseUrl: platform.url,
      getToken: async () => publisherToken,
    });
    await publish('typed', 'one');
    await publish('typed', 'two');
    expect((await client.compareVersions('typed', 1, 'latest')).files).toEqual([
      expect.objectContaining({ change: 'changed' }),
    ]);
    await client.setAlias('typed', 'stable', { version: 2 });
    const at = '2100-01-01T00:00:00.000Z';
    expect(await client.getAliasAt('typed', 'stable', at)).toMatchObject({
      version: 2,
    });
    expect((await client.listAliasesAt('typed', at)).items).toHaveLength(1);
    await client.archiveVersion('typed', 1);
    await client.restoreVersion('typed', 1, { reason: 'needed' });
    const [{ actor }] = (await client.getHistory('typed', { limit: 1 })).items;
    expect(actor).toMatch(/^token:ci \(/);
    expect(
      (
        await client.getHistory('typed', {
          actor,
          actions: ['version-restored', 'version-archived'],
          limit: 1,
        })
      ).items,
    ).toMatchObject([{ action: 'version-restored', reason: 'needed' }]);
    expect(await client.listApprovals('typed', 1)).toMatchObject({
      mayApprove: false,
    });
    await expect(
      client.approveVersion('typed', 1, { reason: 'x' }),
    ).rejects.toThrow('403');
    await expect(client.deleteVersion('typed', 1)).rejects.toThrow('403');
    await expect(client.deleteModel('typed')).rejects.toThrow('403');
  });
});
