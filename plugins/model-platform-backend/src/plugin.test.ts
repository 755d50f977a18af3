import { promises as fs } from 'node:fs';
import path from 'node:path';
import {
  FieldProblem,
  KpiOverview,
  Model,
  ModelPlatformClient,
} from '@model-platform/plugin-model-platform-common';
import {
  draftRequest,
  fileOf,
  publisherToken,
  readerToken,
  TestPlatform,
} from './__testUtils__/TestPlatform';
import { Response } from 'supertest';

const mira = 'user:default/mira';
const dana = 'user:default/dana';
const sofia = 'user:default/sofia';
const pat = 'user:default/pat';

jest.setTimeout(120_000);

describe('modelPlatformPlugin', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start({ limits: { tokensPerEndpoint: 2 } });
  });

  afterAll(async () => {
    await platform.stop();
  });

  const publishIris = async (
    name: string,
    content = `weights of ${name}`,
    options: { model?: object; metadata?: object } = {},
  ) => {
    const files = [fileOf('model.onnx', content)];
    return await platform.publish(
      draftRequest(name, { ...options, files }),
      files,
    );
  };

  const problemsOf = (body: { error: { problems: FieldProblem[] } }) =>
    body.error.problems;

  it('publishes: draft, upload, complete; invisible before, whole after', async () => {
    const files = [
      fileOf('model.onnx', 'some weights'),
      fileOf('lib/labels.txt', 'setosa\nversicolor'),
    ];
    const draft = draftRequest('Iris Flowers', { files });
    const route = 'v1/models/Iris%20Flowers';
    const opened = await platform
      .call('post', `${route}/versions`, mira)
      .set('idempotency-key', 'k1')
      .send(draft);
    expect(opened.status).toBe(201);
    expect(opened.body).toMatchObject({
      unchanged: false,
      missing: files.map(file => file.digest),
      version: { number: 1, status: 'draft', model: 'Iris Flowers' },
    });

    // Nobody sees it anywhere, not even who publishes it.
    for (const as of [mira, pat]) {
      expect((await platform.call('get', route, as)).status).toBe(404);
      expect(
        (await platform.call('get', 'v1/models?q=iris', as)).body,
      ).toMatchObject({ items: [], totalItems: 0 });
    }
    expect(
      (
        await platform
          .call('put', `${route}/aliases/champion`, mira)
          .send({ version: 1 })
      ).status,
    ).toBe(404);

    const lacking = await platform.call(
      'post',
      `${route}/versions/1/complete`,
      mira,
    );
    expect(lacking.status).toBe(409);
    expect(lacking.body.error.message).toMatch(
      /lacks 2 of 2 files: model.onnx, lib\/labels.txt/,
    );

    const blob = `${route}/versions/1/blobs`;
    const wrong = await platform
      .call('put', `${blob}/${files[0].digest}`, mira)
      .set('content-type', 'application/octet-stream')
      .send('other weights'.slice(0, 12));
    expect(wrong.status).toBe(400);
    expect(wrong.body.error.message).toMatch(/have the digest sha256:/);
    const short = await platform
      .call('put', `${blob}/${files[0].digest}`, mira)
      .set('content-type', 'application/octet-stream')
      .send('less');
    expect(short.status).toBe(400);
    // Without a length, so that only counting tells that it is too much.
    const stream = platform
      .call('put', `${blob}/${files[0].digest}`, mira)
      .set('content-type', 'application/octet-stream');
    stream.write('much more ');
    stream.write('than was announced');
    const chunked = await new Promise<Response>((resolve, reject) => {
      stream.end((error, answer) => (error ? reject(error) : resolve(answer)));
    });
    expect(chunked.status).toBe(400);
    expect(chunked.body.error.message).toMatch(/announced/);
    const foreign = await platform
      .call('put', `${blob}/${fileOf('x', 'x').digest}`, mira)
      .send('x');
    expect(foreign.status).toBe(400);
    expect(
      await fs.readdir(path.join(platform.directory, 'blobs/.uploads')),
    ).toEqual([]);

    for (const file of files) {
      // The type that a client says a file has does not matter.
      const put = await platform
        .call('put', `${blob}/${file.digest}`, mira)
        .set('content-type', 'application/json')
        .send(file.content);
      expect(put.status).toBe(201);
    }
    // The same key finds the same draft.
    const again = await platform
      .call('post', `${route}/versions`, mira)
      .set('idempotency-key', 'k1')
      .send(draft);
    expect(again.body).toMatchObject({ version: { number: 1 }, missing: [] });
    const other = await platform
      .call('post', `${route}/versions`, mira)
      .set('idempotency-key', 'k1')
      .send(draftRequest('Iris Flowers'));
    expect(other.status).toBe(409);

    for (let times = 0; times < 2; times += 1) {
      const done = await platform.call(
        'post',
        `${route}/versions/1/complete`,
        mira,
      );
      expect(done.status).toBe(200);
      expect(done.body).toMatchObject({
        status: 'ready',
        number: 1,
        publisher: mira,
      });
    }
    const model = await platform.call('get', 'v1/models/iris-flowers', mira);
    expect(model.body).toMatchObject({
      name: 'Iris Flowers',
      slug: 'iris-flowers',
      current: { number: 1, theme: 'species-recognition', risk: 'minimal' },
      actions: { publish: true, update: true, deploy: true },
    });
    expect(model.headers.etag).toBe(model.body.etag);

    const unchanged = await platform
      .call('post', `${route}/versions`, mira)
      .send(draft);
    expect(unchanged.status).toBe(200);
    expect(unchanged.body).toMatchObject({
      unchanged: true,
      version: { number: 1, status: 'ready' },
    });
    const forced = await platform
      .call('post', `${route}/versions`, mira)
      .send({ ...draft, force: true });
    expect(forced.body).toMatchObject({
      unchanged: false,
      missing: [],
      version: { number: 2 },
    });

    const history = await platform.call('get', `${route}/history`, mira);
    expect(history.body.items).toMatchObject([
      { action: 'published', actor: mira, details: { version: 1 } },
    ]);
  });

  it('takes no file of another model for who only knows its digest', async () => {
    const secret = fileOf('model.onnx', 'weights that only one group may have');
    await platform.publish(draftRequest('guarded', { files: [secret] }), [
      secret,
    ]);
    const route = 'v1/models/copied/versions';
    const draft = draftRequest('copied', {
      model: { owner: 'group:default/care-analytics' },
      files: [secret],
    });
    const open = () =>
      platform
        .call('post', route, dana)
        .set('idempotency-key', 'copy')
        .send(draft);
    const opened = await open();
    expect(opened.status).toBe(201);
    expect(opened.body.missing).toEqual([secret.digest]);
    const read = await platform.call('get', `${route}/1`, dana);
    expect(read.body.missing).toEqual([secret.digest]);
    const refused = await platform.call('post', `${route}/1/complete`, dana);
    expect(refused.status).toBe(409);
    expect(refused.body.error.message).toMatch(/lacks 1 of 1 files/);

    // Who has the file sends it, and need not send it twice.
    const put = await platform
      .call('put', `${route}/1/blobs/${secret.digest}`, dana)
      .set('content-type', 'application/octet-stream')
      .send(secret.content);
    expect(put.status).toBe(201);
    expect((await open()).body).toMatchObject({
      version: { number: 1 },
      missing: [],
    });
    expect(
      (await platform.call('post', `${route}/1/complete`, dana)).status,
    ).toBe(200);
    const next = await platform
      .call('post', route, dana)
      .send({ ...draft, force: true });
    expect(next.body).toMatchObject({ version: { number: 2 }, missing: [] });
  });

  it('refuses what the metadata schema asks for, every problem at once, and stores nothing', async () => {
    const fields = ['purpose', 'audience', 'method', 'data', 'theme', 'risk'];
    for (const field of fields) {
      const refused = await platform
        .call('post', 'v1/models/incomplete/versions', mira)
        .send(draftRequest('incomplete', { metadata: { [field]: undefined } }));
      expect(refused.status).toBe(400);
      expect(refused.body.error.name).toBe('InputError');
      expect(problemsOf(refused.body)).toEqual([
        expect.objectContaining({
          field: `metadata.${field}`,
          rule: expect.stringMatching(/^is missing/),
          example: expect.anything(),
          source: 'platform',
        }),
      ]);
    }
    const all = await platform
      .call('post', 'v1/models/incomplete/versions?dryRun=true', pat)
      .send(
        draftRequest('incomplete', {
          model: {
            owner: 'group:default/nobody',
            system: 'nowhere',
            type: 'ml',
          },
          metadata: {
            risk: 'high',
            data: { sources: [], personalData: 'maybe' },
          },
          version: {
            endpoint: 'endpoint.py',
            signature: { inputs: [], outputs: [{ name: 'a', type: 'tensor' }] },
            // What takes nothing would be held to nothing.
            resources: { cpu: '0m', memory: '0.0Gi' },
            metrics: [
              { name: 'suggestions_made_total', type: 'gauge', unit: 'euros' },
            ],
          },
          files: [
            fileOf('../escape', 'a'),
            fileOf('Model.onnx', 'b'),
            fileOf('model.onnx', 'c'),
            fileOf(`${'a/'.repeat(40)}deep`, 'd'),
          ],
        }),
      );
    expect(all.status).toBe(200);
    expect(
      all.body.problems.map(({ field }: FieldProblem) => field).sort(),
    ).toEqual(
      [
        'owner',
        'system',
        'metadata.riskReason',
        'metadata.data.sources',
        'metadata.data.personalData',
        'metadata.data.period',
        'signature.inputs',
        'signature.outputs[0].type',
        'resources.cpu',
        'resources.memory',
        'files[0].path',
        'files[3].path',
        'files[2].path',
      ].sort(),
    );
    const later = await platform
      .call('post', 'v1/models/incomplete/versions?dryRun=true', mira)
      .send(
        draftRequest('incomplete', {
          version: {
            endpoint: 'endpoint.py',
            example: { other: 1 },
            metrics: [
              { name: 'suggestions_made_total', type: 'gauge', unit: 'euros' },
            ],
          },
        }),
      );
    expect(later.body.problems.map(({ field }: FieldProblem) => field)).toEqual(
      [
        'example.petal_length',
        'example.other',
        'metrics[0].type',
        'metrics[0].unit',
        'endpoint',
      ],
    );
    // The name is not claimed: who comes next has it.
    const { version } = await publishIris('incomplete');
    expect(version.number).toBe(1);
  });

  it.each([
    ['/etc/passwd'],
    ['a/../../b'],
    ['a//b'],
    ['./a'],
    ['C:/a'],
    ['a\\b'],
    ['a\u0007b'],
  ])('refuses the path %j', async unsafe => {
    const refused = await platform
      .call('post', 'v1/models/unsafe/versions', mira)
      .send(draftRequest('unsafe', { files: [fileOf(unsafe, 'x')] }));
    expect(refused.status).toBe(400);
    expect(problemsOf(refused.body)).toMatchObject([
      { field: 'files[0].path', given: unsafe },
    ]);
  });

  it('answers bad requests with what is wrong', async () => {
    const malformed = await platform
      .call('post', 'v1/models/x/versions', mira)
      .set('content-type', 'application/json')
      .send('{"model": ');
    expect(malformed.status).toBe(400);
    expect(malformed.body.error).toMatchObject({
      name: 'InputError',
      message: expect.stringMatching(/not valid JSON/),
    });

    const oversize = await platform
      .call('post', 'v1/models/x/versions', mira)
      .send({ model: { name: 'x', description: 'x'.repeat(4_200_000) } });
    expect(oversize.status).toBe(413);
    expect(oversize.body.error.message).toMatch(/4 MB/);

    for (const body of [
      [],
      { model: 5, version: 'a', files: {} },
      { model: { name: ['x'] } },
    ]) {
      const refused = await platform
        .call('post', 'v1/models/x/versions', mira)
        .send(body);
      expect(refused.status).toBe(400);
    }
    for (const route of [
      'v1/models?limit=0',
      'v1/models?limit=x',
      'v1/models?sort=size',
      'v1/models?filter=nothing',
      'v1/models?filter=secret%3D1',
      'v1/models?facets=secret',
      'v1/models?cursor=zzz',
    ]) {
      expect((await platform.call('get', route, mira)).status).toBe(400);
    }
    for (const route of [
      'v1/models/unknown',
      'v1/models/unknown/versions',
      'v1/models/unknown/history',
      'v1/models/unknown/aliases/champion',
      'v1/metadata-schemas/unknown',
    ]) {
      expect((await platform.call('get', route, mira)).status).toBe(404);
    }
    const elsewhere = await platform
      .call('post', 'v1/models/one/versions', mira)
      .send(draftRequest('another'));
    expect(elsewhere.status).toBe(400);
  });

  it('refuses numbers and characters that no database takes', async () => {
    await publishIris('bounded');
    const huge = 2 ** 31;
    const cursor = (value: string) =>
      Buffer.from(JSON.stringify({ value, id: 'x' })).toString('base64url');
    for (const route of [
      'v1/models/bounded%00',
      'v1/models/bounded/versions/%00',
      'v1/models?q=a%00b',
      'v1/models?filter=tag%3D%00',
      'v1/deployments?system=%00',
      'v1/deployments/%00/revisions',
      `v1/models?cursor=${cursor('\0')}`,
      `v1/models/bounded/versions?cursor=${cursor(`${huge}`)}`,
      `v1/models/bounded/versions?cursor=${cursor('1e300')}`,
      `v1/models/bounded/history?cursor=${cursor('9'.repeat(19))}`,
      `v1/deployments?cursor=${Buffer.from('after:\0').toString('base64url')}`,
    ]) {
      const { status } = await platform.call('get', route, mira);
      expect([route, status]).toEqual([route, 400]);
    }
    for (const version of [huge, '9'.repeat(30)]) {
      const { status } = await platform.call(
        'get',
        `v1/models/bounded/versions/${version}`,
        mira,
      );
      expect(status).toBe(404);
    }
    const spec = {
      system: 'plant-catalogue',
      environment: 'local',
      model: 'bounded',
    };
    const deployed = await platform
      .call('put', 'v1/deployments/bounded', mira)
      .send({
        spec: {
          ...spec,
          variants: [{ name: 'main', version: { number: huge } }],
        },
      });
    expect(deployed.status).toBe(400);
    expect(problemsOf(deployed.body)).toMatchObject([
      { field: expect.stringMatching(/^spec\.variants\[0\]\.version/) },
    ]);
    const rolledBack = await platform
      .call('post', 'v1/deployments/bounded/rollback', mira)
      .send({ revision: huge });
    expect(rolledBack.status).toBe(400);

    const deep = `${'['.repeat(100_000)}"\\u0000"${']'.repeat(100_000)}`;
    for (const body of [
      '{"description": "a\\u0000b"}',
      '{"tags": [{"a\\u0000": 1}]}',
      `{"description": ${deep}}`,
    ]) {
      const refused = await platform
        .call('patch', 'v1/models/bounded', mira)
        .set('content-type', 'application/json')
        .send(body);
      expect(refused.status).toBe(400);
      expect(refused.body.error.message).toMatch(
        /character NUL .* in (description|the name of a field of tags)/,
      );
    }
  });

  it('keeps the drafts of two tokens of one name apart', async () => {
    const make = async (): Promise<string> => {
      const { body } = await platform.call('post', 'v1/publishers', pat).send({
        name: 'same name',
        grants: [
          {
            actions: ['read', 'publish'],
            systems: ['plant-catalogue'],
            owners: ['botany-ml'],
          },
        ],
      });
      return body.token;
    };
    const numbers: number[] = [];
    const tokens = [await make(), await make()];
    for (const token of [...tokens, ...tokens]) {
      const { body } = await platform
        .call('post', 'v1/models/keyed/versions', token)
        .set('idempotency-key', 'the same')
        .send(draftRequest('keyed'));
      numbers.push(body.version.number);
    }
    expect(numbers).toEqual([1, 2, 1, 2]);
  });

  it('shows and changes a deployment only for who may do so with each of its models', async () => {
    await publishIris('mixed-a');
    const files = [fileOf('model.onnx', 'weights of mixed-b')];
    await platform.publish(
      draftRequest('mixed-b', {
        model: { owner: 'group:default/care-analytics', sharedWith: [] },
        files,
      }),
      files,
      dana,
    );
    const route = 'v1/deployments/mixed';
    const spec = {
      system: 'plant-catalogue',
      environment: 'local',
      model: 'mixed-a',
    };
    const variants = [
      { name: 'a', version: { number: 1 }, weight: 50 },
      { name: 'b', model: 'mixed-b', version: { number: 1 }, weight: 50 },
    ];
    const foreign = await platform.call('put', route, mira).send({
      spec: { ...spec, owner: 'group:default/greenhouse' },
    });
    expect(foreign.status).toBe(400);
    expect(problemsOf(foreign.body)).toMatchObject([
      { field: 'spec.owner', given: 'group:default/greenhouse' },
    ]);
    const applied = await platform.call('put', route, pat).send({
      spec: { ...spec, owner: 'botany-ml', variants },
    });
    expect(applied.status).toBe(200);

    const statusOf = async (
      method: 'get' | 'put' | 'post' | 'delete',
      more: string,
      as: string,
      body?: object,
    ) => (await platform.call(method, more, as).send(body)).status;
    const changes: Array<['post' | 'delete', string, object?]> = [
      ['post', `${route}/off`, {}],
      ['post', `${route}/promote`, { variant: 'a' }],
      ['post', `${route}/rollback`, { revision: 1 }],
      ['post', `${route}/pause`, {}],
      ['post', `${route}/resume`, {}],
      ['post', `${route}/abort`, {}],
      ['delete', `${route}/override`],
      ['post', 'v1/endpoints/mixed/tokens', { consumer: 'component:x' }],
      ['delete', route],
    ];
    const seen = async (as: string) =>
      await Promise.all(
        ['v1/deployments', 'v1/endpoints'].map(async list => {
          const { body } = await platform.call('get', list, as);
          expect(body.totalItems).toBe(body.items.length);
          return JSON.stringify(body).includes('mixed');
        }),
      );
    /** By model, as far as the KPI page names it. */
    const inKpis = async (as: string) => {
      const { body } = await platform.call('get', 'v1/kpis/overview', as);
      const { models }: KpiOverview = body;
      return Object.fromEntries(
        models
          .filter(({ slug }) => slug.startsWith('mixed'))
          .map(({ slug, endpoints }) => [slug, endpoints]),
      );
    };
    expect(await inKpis(pat)).toEqual({
      'mixed-a': ['mixed'],
      'mixed-b': ['mixed'],
    });
    expect(await inKpis(mira)).toEqual({ 'mixed-a': [] });
    expect(await inKpis(dana)).toEqual({ 'mixed-b': [] });
    // Either owner sees one of the two models only.
    for (const as of [mira, dana, sofia]) {
      expect(await seen(as)).toEqual([false, false]);
      for (const read of [
        route,
        `${route}/revisions`,
        `${route}/history`,
        `${route}/logs`,
        'v1/endpoints/mixed',
        'v1/endpoints/mixed/openapi.json',
        'v1/endpoints/mixed/tokens',
      ])
        expect([read, await statusOf('get', read, as)]).toEqual([read, 404]);
      for (const [method, change, body] of changes)
        expect([change, await statusOf(method, change, as, body)]).toEqual([
          change,
          404,
        ]);
    }
    expect(await statusOf('put', route, mira, { spec })).toBe(409);

    const share = async (visibility: string) =>
      await platform
        .call('patch', 'v1/models/mixed-b', dana)
        .send({ visibility });
    await share('everyone');
    expect(await seen(mira)).toEqual([true, true]);
    expect((await platform.call('get', route, mira)).body.actions).toEqual({
      deploy: false,
      createEndpointToken: false,
    });
    for (const [method, change, body] of changes)
      expect([change, await statusOf(method, change, mira, body)]).toEqual([
        change,
        403,
      ]);
    expect(await statusOf('put', route, mira, { spec })).toBe(403);
    await share('system');

    // The file still names the other model, which may be wanted again.
    expect(
      await statusOf('post', `${route}/promote`, pat, { variant: 'a' }),
    ).toBe(200);
    expect(await statusOf('get', route, mira)).toBe(404);
    expect(
      await statusOf('put', route, pat, {
        spec: {
          ...{ ...spec, owner: 'botany-ml', resources: { cpu: '500m' } },
          variants: [{ ...variants[0], weight: 100 }],
        },
      }),
    ).toBe(200);
    const { body: past } = await platform.call(
      'get',
      `${route}/revisions`,
      mira,
    );
    expect(past.items).toMatchObject([
      { number: 3, variants: [{ model: 'mixed-a' }] },
      { number: 2, variants: [{ model: 'mixed-a' }] },
      { number: 1, variants: [{ model: 'mixed-a' }] },
    ]);
    expect(JSON.stringify(past)).not.toContain('mixed-b');
    const back = await platform
      .call('post', `${route}/rollback`, mira)
      .send({ revision: 1 });
    expect(back.status).toBe(403);
    expect(JSON.stringify(back.body.error)).not.toContain('mixed-b');
    expect(await statusOf('post', `${route}/off`, mira, {})).toBe(200);
    expect(await statusOf('delete', route, mira)).toBe(204);
  });

  it('lets an endpoint serve a further model only for who may open it to applications', async () => {
    await publishIris('open-a');
    await publishIris('open-b');
    const { body: ci } = await platform
      .call('post', 'v1/publishers', mira)
      .send({
        name: 'deployer',
        grants: [
          {
            actions: ['read', 'deploy'],
            systems: ['plant-catalogue'],
            owners: ['group:default/botany-ml'],
          },
        ],
      });
    const apply = async (as: string, variants: object[]) =>
      await platform.call('put', 'v1/deployments/open', as).send({
        spec: {
          system: 'plant-catalogue',
          environment: 'local',
          model: 'open-a',
          variants,
        },
      });
    const a = { name: 'a', version: { number: 1 } };
    const b = { name: 'b', model: 'open-b', version: { number: 1 } };
    const both = [
      { ...a, weight: 50 },
      { ...b, weight: 50 },
    ];
    expect((await apply(ci.token, [a])).status).toBe(200);
    const makeToken = async () =>
      await platform
        .call('post', 'v1/endpoints/open/tokens', mira)
        .send({ consumer: 'component:default/shop' });
    expect((await makeToken()).status).toBe(201);
    expect((await makeToken()).status).toBe(201);
    const oneMore = await makeToken();
    expect(oneMore.status).toBe(409);
    expect(oneMore.body.error.message).toMatch(
      /open has 2 tokens, as many as it may have.*revoke/,
    );
    const refused = await apply(ci.token, both);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /would call open-b too.*group:default\/botany-ml can give/,
    );
    expect((await apply(mira, both)).status).toBe(200);
    // What is open already stays so for everybody.
    expect(
      (
        await apply(ci.token, [
          { ...both[0], weight: 90 },
          { ...b, weight: 10 },
        ])
      ).status,
    ).toBe(200);
    expect((await apply(ci.token, [a])).status).toBe(200);
    const back = async (as: string) =>
      (
        await platform
          .call('post', 'v1/deployments/open/rollback', as)
          .send({ revision: 2, allowUnserved: true })
      ).status;
    expect(await back(ci.token)).toBe(403);
    expect(await back(mira)).toBe(200);
  });

  it('lets nobody in without a valid token, and nobody beyond its grants', async () => {
    const anonymous = await platform.call('get', 'v1/models');
    expect(anonymous.status).toBe(401);
    expect(anonymous.body.error.message).toMatch(/Nobody is signed in/);
    expect(
      (await platform.call('get', 'v1/models', 'mpt_0_unknown')).status,
    ).toBe(401);

    await publishIris('granted');
    expect(
      (await platform.call('get', 'v1/models/granted', readerToken)).status,
    ).toBe(200);
    const refused = await platform
      .call('post', 'v1/models/granted/versions', readerToken)
      .send(draftRequest('granted', { files: [fileOf('a', 'new')] }));
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /right to publish in system plant-catalogue.*a member of group:default\/botany-ml or a platform admin/,
    );
    const abroad = await platform
      .call('post', 'v1/models/abroad/versions', publisherToken)
      .send(
        draftRequest('abroad', {
          model: {
            system: 'patient-care',
            owner: 'group:default/care-analytics',
          },
        }),
      );
    expect(abroad.status).toBe(403);

    // People give only what they have.
    const greedy = await platform.call('post', 'v1/publishers', mira).send({
      name: 'greedy',
      grants: [{ actions: ['publish'], systems: ['*'] }],
    });
    expect(greedy.status).toBe(403);
    // Nor do they give a name that says whose it is in the place of the platform.
    const posing = await platform.call('post', 'v1/publishers', mira).send({
      name: 'ci (0f3c, made by user:default/pat)',
      grants: [{ actions: ['read'], systems: ['plant-catalogue'] }],
    });
    expect(posing.status).toBe(400);
    expect(posing.body.error.message).toMatch(/name: must have no parentheses/);
    const made = await platform.call('post', 'v1/publishers', mira).send({
      name: 'ci of mira',
      grants: [
        {
          actions: ['read', 'publish'],
          systems: ['plant-catalogue'],
          owners: ['botany-ml'],
        },
      ],
      expiresInSeconds: 60,
    });
    expect(made.status).toBe(201);
    expect(made.body.token).toMatch(/^mpt_[0-9a-f]+_[\w-]{40,}$/);
    const { token, id } = made.body;
    const files = [fileOf('model.onnx', 'by a machine')];
    const published = await platform.publish(
      draftRequest('granted', { files }),
      files,
      token,
    );
    expect(published.version.publisher).toBe(
      `token:ci of mira (${id}, made by ${mira})`,
    );
    expect(
      (await platform.call('post', 'v1/publishers', token).send({})).status,
    ).not.toBe(201);

    const listed = await platform.call('get', 'v1/publishers', mira);
    expect(JSON.stringify(listed.body)).not.toContain(token);
    expect(listed.body.items[0]).toMatchObject({ id, createdBy: mira });
    expect(
      (await platform.call('delete', `v1/publishers/${id}`, dana)).status,
    ).toBe(404);
    expect(
      (await platform.call('delete', `v1/publishers/${id}`, mira)).status,
    ).toBe(204);
    expect((await platform.call('get', 'v1/models', token)).status).toBe(401);
    const all = await platform.call('get', 'v1/publishers', pat);
    expect(all.body.items.length).toBeGreaterThan(listed.body.items.length);
  });

  it('shows the same models in items, totals and facets, each what may be seen', async () => {
    await publishIris('secret-rose', 'rose', {
      model: { sharedWith: [] },
      metadata: { theme: 'roses' },
    });
    await publishIris('shared-rose', 'rose 2', {
      metadata: { theme: 'roses' },
    });
    await publishIris('open-rose', 'rose 3', {
      model: { sharedWith: [], visibility: 'everyone' },
      metadata: { theme: 'roses' },
    });
    const see = async (as: string, more = '') => {
      const { body, status } = await platform.call(
        'get',
        `v1/models?q=rose&facets=theme,visibility,metadata.data.personalData${more}`,
        as,
      );
      expect(status).toBe(200);
      return { ...body, names: body.items.map(({ name }: Model) => name) };
    };
    expect(await see(mira)).toMatchObject({
      names: ['open-rose', 'secret-rose', 'shared-rose'],
      totalItems: 3,
      facets: {
        theme: [{ value: 'roses', count: 3 }],
        visibility: [
          { value: 'system', count: 2 },
          { value: 'everyone', count: 1 },
        ],
        'metadata.data.personalData': [{ value: 'none', count: 3 }],
      },
    });
    expect(await see(sofia)).toMatchObject({
      names: ['open-rose', 'shared-rose'],
      totalItems: 2,
      facets: { theme: [{ value: 'roses', count: 2 }] },
    });
    expect(await see(dana)).toMatchObject({
      names: ['open-rose'],
      totalItems: 1,
      facets: { theme: [{ value: 'roses', count: 1 }] },
    });
    expect((await see(mira, '&filter=visibility%3Deveryone')).names).toEqual([
      'open-rose',
    ]);
    expect(
      (
        await see(
          mira,
          '&filter=metadata.data.sources%3DHerbarium&filter=tag%3Dtabular',
        )
      ).names,
    ).toHaveLength(3);

    // What may not be seen answers as what is not there.
    const hidden = await platform.call('get', 'v1/models/secret-rose', dana);
    const absent = await platform.call('get', 'v1/models/secret-tulip', dana);
    expect(hidden.status).toBe(404);
    expect(hidden.body.error.message).toBe(
      absent.body.error.message.replace('tulip', 'rose'),
    );
    const taken = await platform
      .call('post', 'v1/models/secret-rose/versions', dana)
      .send(
        draftRequest('secret-rose', {
          model: {
            owner: 'group:default/care-analytics',
            system: 'patient-care',
          },
        }),
      );
    expect(taken.status).toBe(409);
    expect(taken.body.error.message).toBe('The name secret-rose is taken');

    // Pages hang together, in both directions.
    const names: string[] = [];
    let cursor = '';
    do {
      const page = await platform.call(
        'get',
        `v1/models?q=rose&sort=-updatedAt&limit=1${cursor}`,
        mira,
      );
      names.push(...page.body.items.map(({ name }: Model) => name));
      cursor = page.body.nextCursor ? `&cursor=${page.body.nextCursor}` : '';
    } while (cursor);
    expect(names).toEqual(['open-rose', 'shared-rose', 'secret-rose']);
  });

  it('gives concurrent publishers numbers of their own', async () => {
    const drafts = Array.from({ length: 8 }, (_, index) => [
      fileOf('model.onnx', `weights ${index}`),
    ]);
    const published = await Promise.all(
      drafts.map(
        async files =>
          await platform.publish(draftRequest('busy', { files }), files),
      ),
    );
    expect(published.map(({ version }) => version.number).sort()).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8,
    ]);
    const { body } = await platform.call('get', 'v1/models/busy', mira);
    expect(body.latest.number).toBe(8);
    const keyed = await Promise.all(
      [1, 2, 3].map(async () =>
        platform
          .call('post', 'v1/models/busy/versions', mira)
          .set('idempotency-key', 'same')
          .send(draftRequest('busy', { files: [fileOf('a', 'same')] })),
      ),
    );
    expect(new Set(keyed.map(answer => answer.body.version.number)).size).toBe(
      1,
    );
    const versions = await platform.call(
      'get',
      'v1/models/busy/versions?limit=5',
      readerToken,
    );
    expect(
      versions.body.items.map(({ number }: { number: number }) => number),
    ).toEqual([8, 7, 6, 5, 4]);
  });

  it('refuses what belongs to the model where a later publish differs, and changes it by PATCH', async () => {
    await publishIris('steady');
    const differing = await platform
      .call('post', 'v1/models/steady/versions', mira)
      .send(
        draftRequest('steady', {
          model: { description: 'Something else', lifecycle: 'production' },
        }),
      );
    expect(problemsOf(differing.body).map(({ field }) => field)).toEqual([
      'description',
      'lifecycle',
    ]);

    const read = await platform.call('get', 'v1/models/steady', mira);
    const { etag } = read.headers;
    expect(
      (
        await platform
          .call('patch', 'v1/models/steady', sofia)
          .send({ description: 'Mine' })
      ).status,
    ).toBe(403);
    expect(
      (
        await platform
          .call('patch', 'v1/models/steady', mira)
          .send({ system: 'x' })
      ).status,
    ).toBe(400);
    // Whether there is such a group learns who may give it the model, and nobody else.
    for (const owner of ['group:default/nobody', 'group:default/management']) {
      const given = await platform
        .call('patch', 'v1/models/steady', mira)
        .send({ owner });
      expect([owner, given.status]).toEqual([owner, 403]);
      expect(given.body.error.message).toContain(
        `the right to update in system plant-catalogue for models of ${owner}`,
      );
    }
    expect(
      (
        await platform
          .call('patch', 'v1/models/steady', pat)
          .send({ owner: 'group:default/nobody' })
      ).status,
    ).toBe(400);
    const patched = await platform
      .call('patch', 'v1/models/steady', mira)
      .set('if-match', etag)
      .send({
        description: 'Better words',
        lifecycle: 'production',
        tags: ['b', 'a'],
        reason: 'Because',
      });
    expect(patched.status).toBe(200);
    expect(patched.body).toMatchObject({
      description: 'Better words',
      lifecycle: 'production',
      tags: ['a', 'b'],
    });
    const stale = await platform
      .call('patch', 'v1/models/steady', mira)
      .set('if-match', etag)
      .send({ tags: [] });
    expect(stale.status).toBe(409);

    expect(
      (await platform.call('delete', 'v1/models/steady?reason=old', mira)).body
        .archivedAt,
    ).toBeDefined();
    expect(
      (await platform.call('get', 'v1/models?q=steady', mira)).body.totalItems,
    ).toBe(0);
    expect(
      (
        await platform.call(
          'get',
          'v1/models?q=steady&filter=archived%3Dtrue',
          mira,
        )
      ).body.totalItems,
    ).toBe(1);
    const closed = await platform
      .call('post', 'v1/models/steady/versions', mira)
      .send(
        draftRequest('steady', {
          model: { description: 'Better words', tags: ['a', 'b'] },
          files: [fileOf('a', 'b')],
        }),
      );
    expect(closed.status).toBe(409);
    expect(
      (
        await platform
          .call('patch', 'v1/models/steady', mira)
          .send({ archived: false })
      ).status,
    ).toBe(200);
    const history = await platform.call(
      'get',
      'v1/models/steady/history?limit=3',
      mira,
    );
    expect(history.body.items).toMatchObject([
      { action: 'restored' },
      { action: 'archived', reason: 'old' },
      { action: 'updated', reason: 'Because' },
    ]);
    expect(history.body.nextCursor).toBeDefined();

    // Each thing that happens is told, also where two happen at once, and what happens not is not.
    await platform.call('delete', 'v1/models/steady', mira);
    await platform
      .call('patch', 'v1/models/steady', mira)
      .send({ archived: false, description: 'Back', reason: 'Needed' });
    for (const nothing of [{}, { archived: false }, { reason: 'Why not' }])
      expect(
        (await platform.call('patch', 'v1/models/steady', mira).send(nothing))
          .body,
      ).toMatchObject({ description: 'Back' });
    expect(
      (await platform.call('get', 'v1/models/steady/history?limit=3', mira))
        .body.items,
    ).toMatchObject([
      { action: 'restored', reason: 'Needed' },
      {
        action: 'updated',
        reason: 'Needed',
        details: { changed: ['description'] },
      },
      { action: 'archived' },
    ]);
  });

  it('moves aliases only from where they are thought to be', async () => {
    await publishIris('aliased', 'one', { metadata: { theme: 'first' } });
    await publishIris('aliased', 'two', { metadata: { theme: 'second' } });
    const alias = 'v1/models/aliased/aliases/champion';
    const put = (body: object, headers: Record<string, string> = {}) =>
      platform.call('put', alias, mira).set(headers).send(body);
    for (const reserved of ['latest', 'v3', '3', 'a b']) {
      const refused = await platform
        .call(
          'put',
          `v1/models/aliased/aliases/${encodeURIComponent(reserved)}`,
          mira,
        )
        .send({ version: 1 });
      expect(refused.status).toBe(400);
    }
    for (const inherited of ['constructor', '__proto__', 'toString']) {
      expect(
        (
          await platform.call(
            'get',
            `v1/models/aliased/aliases/${inherited}`,
            mira,
          )
        ).status,
      ).toBe(404);
    }
    for (const owner of ['///', 'group:default/', 'a\u0000b', 'gr\u0085oup']) {
      const refused = await platform
        .call('patch', 'v1/models/aliased', pat)
        .send({ owner });
      expect([owner, refused.status]).toEqual([owner, 400]);
    }
    expect((await put({ version: 9 })).status).toBe(404);
    expect((await put({ version: '1' })).status).toBe(400);
    expect((await put({ version: 1 }, { 'if-match': '"2"' })).status).toBe(409);
    expect(
      (await put({ version: 1, expected: null, reason: 'First' })).body,
    ).toEqual({ alias: 'champion', version: 1 });
    expect((await put({ version: 2, expected: null })).status).toBe(409);
    const both = await Promise.all([
      put({ version: 2 }, { 'if-match': '"1"' }),
      put({ version: 2, expected: 1 }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    expect((await put({ version: 1 })).status).toBe(200);

    const { body } = await platform.call('get', 'v1/models/aliased', mira);
    expect(body).toMatchObject({
      aliases: { champion: 1 },
      current: { number: 1, theme: 'first' },
      latest: { number: 2, theme: 'second' },
    });
    expect(
      (await platform.call('get', 'v1/models/aliased/versions/champion', mira))
        .body.number,
    ).toBe(1);
    expect(
      (await platform.call('get', 'v1/models/aliased/versions/latest', mira))
        .body.number,
    ).toBe(2);
    expect(
      (await platform.call('delete', 'v1/models/aliased/versions/1', mira))
        .status,
    ).toBe(409);
    expect(
      (await platform.call('put', alias, sofia).send({ version: 2 })).status,
    ).toBe(403);
    expect((await platform.call('delete', alias, mira)).status).toBe(204);
    expect((await platform.call('get', alias, mira)).status).toBe(404);
    expect(
      (await platform.call('delete', 'v1/models/aliased/versions/2', mira)).body
        .status,
    ).toBe('archived');
    expect(
      (await platform.call('get', 'v1/models/aliased', mira)).body.latest
        .number,
    ).toBe(1);
  });

  it('serves files with ranges', async () => {
    const files = [fileOf('data/a b.bin', '0123456789')];
    await platform.publish(draftRequest('ranged', { files }), files);
    const route = 'v1/models/ranged/versions/1/files/data/a%20b.bin';
    const whole = await platform.call('get', route, mira).buffer(true);
    expect(whole.status).toBe(200);
    expect(whole.body.toString()).toBe('0123456789');
    expect(whole.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '10',
      etag: `"${files[0].digest}"`,
    });
    const part = await platform
      .call('get', route, mira)
      .set('range', 'bytes=2-4')
      .buffer(true);
    expect(part.status).toBe(206);
    expect(part.body.toString()).toBe('234');
    expect(part.headers['content-range']).toBe('bytes 2-4/10');
    expect(
      (
        await platform
          .call('get', route, mira)
          .set('range', 'bytes=-3')
          .buffer(true)
      ).body.toString(),
    ).toBe('789');
    expect(
      (await platform.call('get', route, mira).set('range', 'bytes=20-'))
        .status,
    ).toBe(416);
    expect(
      (
        await platform
          .call('get', route, mira)
          .set('if-none-match', `"${files[0].digest}"`)
      ).status,
    ).toBe(304);
    expect((await platform.call('get', route, dana)).status).toBe(404);
    expect(
      (
        await platform.call(
          'get',
          'v1/models/ranged/versions/1/files/..%2f..%2fdb',
          mira,
        )
      ).status,
    ).toBe(404);
  });

  it('speaks with the typed client', async () => {
    const client = new ModelPlatformClient({
      baseUrl: platform.url,
      getToken: async () => publisherToken,
    });
    const file = fileOf('model.onnx', 'sent by the client');
    const draft = draftRequest('of the client/1', { files: [file] });
    const refusal: unknown = await client
      .openDraft(draftRequest('of the client/1', { metadata: { theme: '' } }))
      .catch(error => error);
    expect(ModelPlatformClient.problemsOf(refusal)).toMatchObject([
      { field: 'metadata.theme' },
      { field: 'metadata.theme' },
    ]);
    const { version, missing } = await client.openDraft(draft, {
      idempotencyKey: 'client',
    });
    expect(missing).toEqual([file.digest]);
    await client.uploadBlob(version, { ...file, body: file.content });
    expect((await client.completeVersion(version)).status).toBe('ready');
    await client.setAlias(version.model, 'champion', { version: 1 });
    expect(await client.listAliases(version.model)).toEqual({
      items: [{ alias: 'champion', version: 1 }],
    });
    const listed = await client.listModels({
      q: 'client',
      filter: { theme: ['species-recognition', 'other'], type: 'ml' },
      facets: ['type'],
    });
    expect(listed).toMatchObject({
      totalItems: 1,
      items: [{ slug: 'of-the-client-1' }],
      facets: { type: [{ value: 'ml', count: 1 }] },
    });
    const content = await client.openFile(
      version.model,
      'champion',
      file.path,
      {
        range: { start: 5 },
      },
    );
    expect(await content.text()).toBe('by the client');
    expect((await client.getHistory(version.model)).items).toHaveLength(2);
    await expect(client.getModel('unknown')).rejects.toMatchObject({
      name: 'ResponseError',
      statusCode: 404,
    });
    await client.deleteAlias(version.model, 'champion');
  });

  it('serves without sign-in what needs none', async () => {
    const document = await platform.call('get', 'openapi.json');
    expect(document.body.openapi).toBe('3.1.0');
    expect(Object.keys(document.body.paths).length).toBeGreaterThan(25);
    const schema = await platform.call('get', 'v1/metadata-schemas/ml', mira);
    expect(schema.body).toMatchObject({
      type: 'ml',
      version: '2',
      schema: { required: expect.arrayContaining(['risk']) },
    });
    expect((await platform.call('get', 'v1/metadata-schemas/ml')).status).toBe(
      401,
    );
  });
});
