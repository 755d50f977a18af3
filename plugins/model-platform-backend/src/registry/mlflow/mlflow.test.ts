import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import {
  draftRequest,
  fileOf,
  publisherToken,
  readerToken,
  TestPlatform,
} from '../../__testUtils__/TestPlatform';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const openToken = 'configured-open-token-of-tests';
const api = 'mlflow/api/2.0/mlflow';
const files = 'mlflow/api/2.0/mlflow-artifacts/artifacts';
const owner = { key: 'metadata.owner', value: 'group:default/botany-ml' };
const metadata = Object.entries({
  purpose: 'Tells species of iris by their measures',
  audience: 'Visitors of the greenhouse',
  method: 'Random forest',
  'data.sources': 'Herbarium',
  'data.personalData': 'none',
  'data.period': '1936',
  theme: 'species-recognition',
  risk: 'minimal',
  description: 'Tells species of iris',
}).map(([key, value]) => ({ key: `metadata.${key}`, value }));

const mlmodel = `
flavors:
  python_function: { loader_module: mlflow.sklearn }
  sklearn: { pickled_model: model.pkl }
signature:
  inputs: '[{"type": "double", "name": "petal_length", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
`;

describe.each(databases.eachSupportedId())("MLflow's API on %p", databaseId => {
  let platform: TestPlatform;
  let knex: Knex;

  beforeAll(async () => {
    knex = await databases.init(databaseId);
    platform = await TestPlatform.start(
      {
        mlflow: {
          systems: {
            'plant-catalogue': { incomplete: 'pending' },
            'patient-care': { open: true },
          },
        },
        aliasRules: [
          {
            alias: 'audited',
            requires: {
              approval: {
                by: ['greenhouse', 'botany-ml'],
                notByPublisher: true,
              },
            },
          },
          { alias: 'frozen', movedBy: ['group:default/greenhouse'] },
        ],
        publishers: [
          {
            name: 'ci',
            token: publisherToken,
            grants: [
              {
                actions: ['read', 'publish', 'archive'],
                systems: ['plant-catalogue'],
              },
            ],
          },
          {
            name: 'reader',
            token: readerToken,
            grants: [{ actions: ['read'], systems: ['plant-catalogue'] }],
          },
          {
            name: 'open',
            token: openToken,
            grants: [
              { actions: ['read', 'publish'], systems: ['patient-care'] },
            ],
          },
        ],
      },
      [mockServices.database.factory({ knex })],
    );
  });

  afterAll(async () => {
    await platform.stop();
  });

  const post = async (route: string, body: object, as = publisherToken) =>
    await platform.call('post', `${api}/${route}`, as).send(body);
  const get = async (
    route: string,
    query: Record<string, string> = {},
    as = publisherToken,
  ) => await platform.call('get', `${api}/${route}`, as).query(query);

  /** A logged model with these files; answers its id. */
  const logModel = async (
    content: Record<string, string> = { MLmodel: mlmodel, 'model.pkl': 'N.' },
  ) => {
    const experiment = await post('experiments/create', {
      name: `e-${Math.random()}`,
    });
    const made = await post('logged-models', {
      experiment_id: experiment.body.experiment_id,
      name: 'model',
    });
    const { model_id: id, artifact_uri: uri } = made.body.model.info;
    const root = uri.replace('mlflow-artifacts:/', '');
    for (const [name, text] of Object.entries(content)) {
      const put = await platform
        .call('put', `${files}/${root}/${name}`, publisherToken)
        .set('content-type', 'application/json')
        .send(text);
      expect(put.status).toBe(200);
    }
    return { id, root };
  };

  it('has the same answers below both prefixes, and its own shape of errors', async () => {
    for (const prefix of ['api', 'ajax-api']) {
      const missing = await platform.call(
        'get',
        `mlflow/${prefix}/2.0/mlflow/registered-models/get?name=nope`,
        publisherToken,
      );
      expect(missing.status).toBe(404);
      expect(missing.body).toEqual({
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: 'Registered Model with name=nope not found',
        sqlstate: 'KAM00',
        error_class: 'RESOURCE_NOT_FOUND',
      });
    }
    const nobody = await platform.call(
      'get',
      `${api}/registered-models/search`,
    );
    expect(nobody.status).toBe(401);
    expect(nobody.body.error_code).toBe('UNAUTHENTICATED');
    const nowhere = await get('nope/nope');
    expect(nowhere.status).toBe(404);
    expect(nowhere.body.error_code).toBe('ENDPOINT_NOT_FOUND');
    // Nobody can say what these addresses name, whoever asks.
    for (const address of [`${files}/%E0%A4`, `${files}/a%`]) {
      const unreadable = await platform.call('get', address);
      expect(unreadable.status).toBe(400);
      expect(unreadable.body).toMatchObject({
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining('Failed to decode param'),
      });
    }
    const text = await platform
      .call('post', `${api}/registered-models/create`, publisherToken)
      .set('content-type', 'text/plain')
      .send('{}');
    expect(text.body).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: "Bad Request. Content-Type must be one of ['application/json'].",
    });
    for (const [body, message] of [
      [{}, "Missing value for required parameter 'name'. See the API docs"],
      [
        { name: 5 },
        "Invalid value 5 for parameter 'name' supplied:  Hint: Value was of type 'int'.",
      ],
      [
        { name: 'a/b' },
        "Invalid model name 'a/b'. Names cannot contain '/' or ':'.",
      ],
      [{ name: 'q', tags: 5 }, "Invalid value 5 for parameter 'tags' supplied"],
      [{ name: 'a\0b' }, 'NUL'],
    ] as const) {
      const refused = await post('registered-models/create', body);
      expect(refused.status).toBe(400);
      expect(refused.body.message).toContain(message);
    }
    const broken = await platform
      .call('post', `${api}/registered-models/create`, publisherToken)
      .set('content-type', 'application/json')
      .send('{"name":');
    expect(broken.body.message).toMatch(/^Missing value for .*'name'/);
    const many = await get('registered-models/search', { max_results: '1001' });
    expect(many.body.message).toContain(
      `Invalid value "1001" for parameter 'max_results' supplied:  Hint: Value was of type 'str'.`,
    );
  });

  it('keeps a model without versions, its name and numbers, and lets nobody else take them', async () => {
    const made = await post('registered-models/create', {
      name: 'empty',
      tags: [owner],
    });
    expect(made.status).toBe(200);
    expect(made.body.registered_model).toEqual({
      name: 'empty',
      creation_timestamp: expect.any(Number),
      last_updated_timestamp: expect.any(Number),
      tags: [owner],
    });
    // It is in no other list before it has a ready version.
    expect(
      (await platform.call('get', 'v1/models/empty', publisherToken)).status,
    ).toBe(404);
    const taken = await platform
      .call('post', 'v1/models/empty/versions', 'user:default/dana')
      .send(
        draftRequest('empty', {
          model: {
            owner: 'group:default/care-analytics',
            system: 'patient-care',
          },
        }),
      );
    expect(taken.status).toBe(409);
    expect(taken.body.error.message).toMatch(/taken/);
    // By another door, whoever may publish it adds to it.
    const draft = draftRequest('empty');
    await platform.publish(draft, [fileOf('model.onnx', 'weights of empty')]);
    const found = await get('registered-models/get', { name: 'empty' });
    expect(found.body.registered_model).toMatchObject({
      description: 'Tells species of iris by their measures',
      latest_versions: [
        { version: '1', status: 'READY', current_stage: 'None' },
      ],
    });
  });

  it('makes a version ready when the last thing is there, with history and no way back', async () => {
    await post('registered-models/create', { name: 'waits', tags: [owner] });
    const { id, root } = await logModel();
    const [risk, ...others] = [...metadata].reverse();
    const made = await post('model-versions/create', {
      name: 'waits',
      source: `models:/${id}`,
      model_id: id,
      tags: others,
    });
    expect(made.body.model_version).toMatchObject({
      version: '1',
      status: 'PENDING_REGISTRATION',
      status_message: expect.stringMatching(/is missing.*tags metadata\./),
    });
    // Only who may publish there sees it.
    for (const [as, status] of [
      [publisherToken, 200],
      [readerToken, 404],
    ] as const) {
      const seen = await get(
        'model-versions/get',
        { name: 'waits', version: '1' },
        as,
      );
      expect(seen.status).toBe(status);
    }
    await post('model-versions/set-tag', {
      name: 'waits',
      version: '1',
      ...risk,
    });
    const ready = await get('model-versions/get', {
      name: 'waits',
      version: '1',
    });
    expect(ready.body.model_version).toMatchObject({ status: 'READY' });
    expect(ready.body.model_version.status_message).toBeUndefined();

    const native = await platform.call(
      'get',
      'v1/models/waits/versions/1',
      publisherToken,
    );
    expect(native.body).toMatchObject({
      status: 'ready',
      flavor: 'sklearn',
      runtime: 'python',
      signature: {
        inputs: [{ name: 'petal_length', type: 'number' }],
        outputs: [{ name: 'prediction', type: 'integer' }],
      },
      metadata: { risk: 'minimal', data: { sources: ['Herbarium'] } },
    });
    const history = await platform.call(
      'get',
      'v1/models/waits/history',
      publisherToken,
    );
    expect(
      history.body.items.map((entry: { action: string }) => entry.action),
    ).toEqual([
      'published',
      'version-tag-set',
      'version-registered',
      'registered',
    ]);

    const frozen = await post('model-versions/set-tag', {
      name: 'waits',
      version: '1',
      key: 'metadata.risk',
      value: 'high',
    });
    expect(frozen.status).toBe(400);
    // What it was made from may go; the version keeps its files.
    await platform.call('delete', `${files}/${root}`, publisherToken).send({});
    const uri = await get('model-versions/get-download-uri', {
      name: 'waits',
      version: '1',
    });
    const path = uri.body.artifact_uri.replace('mlflow-artifacts:/', '');
    const list = await platform.call(
      'get',
      `${files}?path=${path}`,
      readerToken,
    );
    expect(list.body.files).toEqual([
      { path: 'MLmodel', is_dir: false, file_size: mlmodel.length },
      { path: 'model.pkl', is_dir: false, file_size: 2 },
    ]);
    const file = await platform.call(
      'get',
      `${files}/${path}/MLmodel`,
      readerToken,
    );
    expect(file.text).toBe(mlmodel);
    expect(
      (await platform.call('get', `${files}/${path}/MLmodel`, openToken))
        .status,
    ).toBe(404);
  });

  it('keeps the text of a prompt that is ready', async () => {
    const tag = (key: string, value: string) => ({ key, value });
    const isPrompt = tag('mlflow.prompt.is_prompt', 'true');
    await post('registered-models/create', {
      name: 'greeting',
      tags: [owner, isPrompt],
    });
    const made = await post('model-versions/create', {
      name: 'greeting',
      source: 'prompt-template',
      tags: [
        isPrompt,
        tag('mlflow.prompt.text', 'Greet {{ name }}'),
        tag('_mlflow_prompt_type', 'text'),
        tag('metadata.modelFamily', 'Llama 3'),
        tag('metadata.language', 'en'),
        ...metadata,
      ],
    });
    expect(made.body.model_version).toMatchObject({ status: 'READY' });
    const version = { name: 'greeting', version: '1' };
    for (const key of [
      'mlflow.prompt.text',
      '_mlflow_prompt_type',
      'mlflow.prompt.is_prompt',
    ]) {
      const changed = await post('model-versions/set-tag', {
        ...version,
        ...tag(key, 'Insult {{ name }}'),
      });
      expect(changed.status).toBe(400);
      expect(changed.body.message).toMatch(/is READY, so its tag .* never/);
      const removed = await platform
        .call('delete', `${api}/model-versions/delete-tag`, publisherToken)
        .send({ ...version, key });
      expect(removed.status).toBe(400);
    }
    const other = await post('model-versions/set-tag', {
      ...version,
      ...tag('reviewed', 'yes'),
    });
    expect(other.status).toBe(200);
    const loaded = await get('model-versions/get', version);
    expect(loaded.body.model_version.tags).toContainEqual(
      tag('mlflow.prompt.text', 'Greet {{ name }}'),
    );
  });

  it('makes what is served of a prompt with a format and settings', async () => {
    const tag = (key: string, value: unknown) => ({
      key,
      value: typeof value === 'string' ? value : JSON.stringify(value),
    });
    const isPrompt = tag('mlflow.prompt.is_prompt', 'true');
    await post('registered-models/create', {
      name: 'judging',
      tags: [owner, isPrompt],
    });
    const messages = [
      { role: 'system', content: 'You judge plants.' },
      { role: 'user', content: 'Judge {{ plant }}' },
    ];
    const schema = {
      type: 'object',
      required: ['verdict'],
      $defs: { Verdict: { type: 'string', enum: ['good', 'bad'] } },
      properties: {
        verdict: { $ref: '#/$defs/Verdict' },
        reasons: { type: 'array', items: { type: 'string' } },
        score: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
      },
    };
    const made = await post('model-versions/create', {
      name: 'judging',
      source: 'prompt-template',
      tags: [
        isPrompt,
        tag('mlflow.prompt.text', messages),
        tag('_mlflow_prompt_type', 'chat'),
        tag('_mlflow_prompt_response_format', schema),
        tag('_mlflow_prompt_model_config', {
          model_name: 'any',
          temperature: 0.1,
          max_tokens: 90,
        }),
        tag('metadata.modelFamily', 'Llama 3'),
        tag('metadata.language', 'en'),
        ...metadata,
      ],
    });
    expect(made.body.model_version).toMatchObject({ status: 'READY' });
    const version = await platform.call(
      'get',
      '/v1/models/judging/versions/1',
      publisherToken,
    );
    expect(version.body).toMatchObject({
      flavor: 'prompt',
      runtime: 'node',
      files: [{ path: 'prompt.json' }],
      signature: {
        inputs: [{ name: 'plant', type: 'string' }],
        outputs: [
          { name: 'verdict', type: 'string', optional: true },
          { name: 'reasons', type: 'string', shape: [-1], optional: true },
          { name: 'completed', type: 'boolean' },
          { name: 'rendered', type: 'object' },
        ],
      },
    });
    const file = await platform.call(
      'get',
      '/v1/models/judging/versions/1/files/prompt.json',
      publisherToken,
    );
    const content = Buffer.isBuffer(file.body)
      ? JSON.parse(file.body.toString())
      : file.body;
    expect(content).toEqual({
      messages,
      parameters: { temperature: 0.1, maxTokens: 90 },
      outputSchema: schema,
    });
  });

  /** A version of a prompt without its risk, so that it waits. */
  const waitingPrompt = async (name: string, as: string) => {
    const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' };
    const tags = [
      isPrompt,
      { key: 'mlflow.prompt.text', value: 'Greet {{ name }}' },
      { key: 'metadata.modelFamily', value: 'Llama 3' },
      { key: 'metadata.language', value: 'en' },
      ...metadata.filter(({ key }) => key !== 'metadata.risk'),
    ];
    await post(
      'registered-models/create',
      {
        name,
        tags: [
          owner,
          isPrompt,
          { key: 'metadata.system', value: 'plant-catalogue' },
        ],
      },
      as,
    );
    const made = await post(
      'model-versions/create',
      { name, source: 'prompt-template', tags },
      as,
    );
    expect(made.body.model_version.status).toBe('PENDING_REGISTRATION');
    return { name, version: String(made.body.model_version.version) };
  };
  const risk = { key: 'metadata.risk', value: 'minimal' };

  it('keeps who registered a version from approving it, whoever completes it', async () => {
    const mira = 'user:default/mira';
    const byVersion = await waitingPrompt('asked', mira);
    await post('model-versions/set-tag', { ...byVersion, ...risk });
    await waitingPrompt('asked-by-model', mira);
    await post('registered-models/set-tag', {
      name: 'asked-by-model',
      ...risk,
    });
    for (const name of ['asked', 'asked-by-model']) {
      const route = `v1/models/${name}/versions/1`;
      const version = await platform.call('get', route, mira);
      expect(version.body).toMatchObject({
        status: 'ready',
        responsible: mira,
        publisher: expect.stringMatching(/^token:ci /),
      });
      const own = await platform
        .call('post', `${route}/approvals`, mira)
        .send({ reason: 'It is mine' });
      expect(own.status).toBe(403);
      const other = await platform
        .call('post', `${route}/approvals`, 'user:default/arun')
        .send({ reason: 'Looked at it' });
      expect(other.status).toBe(201);
    }
  });

  it('says why a version was refused at the last, and tries anew', async () => {
    await post('registered-models/create', { name: 'garbled', tags: [owner] });
    const { id } = await logModel({
      MLmodel: 'flavors:\n  onnx: { data: model.onnx }\n',
      'model.onnx': 'no ONNX at all',
    });
    const made = await post('model-versions/create', {
      name: 'garbled',
      source: `models:/${id}`,
      model_id: id,
      tags: metadata,
    });
    const refused = {
      status: 'PENDING_REGISTRATION',
      status_message: expect.stringMatching(/model\.onnx cannot be read/),
    };
    expect(made.body.model_version).toMatchObject(refused);
    const version = { name: 'garbled', version: '1' };
    const changed = await post('model-versions/set-tag', {
      ...version,
      key: 'metadata.risk',
      value: 'high',
    });
    expect(changed.status).toBe(200);
    expect(
      (await get('model-versions/get', version)).body.model_version,
    ).toMatchObject({
      ...refused,
      status_message: expect.not.stringMatching(/Idempotency/),
    });
  });

  it('tells of what waits only who may publish there', async () => {
    // Published, so that readers have its history.
    const name = 'told';
    const { version: first } = await waitingPrompt(name, publisherToken);
    await post('model-versions/set-tag', { name, version: first, ...risk });
    const second = await waitingPrompt(name, publisherToken);
    const secret = { key: 'plan', value: 'secret' };
    await post('model-versions/set-tag', { ...second, ...secret });
    await platform
      .call('delete', `${api}/model-versions/delete-tag`, publisherToken)
      .send({ ...second, key: secret.key });
    await platform
      .call('delete', `${api}/model-versions/delete`, publisherToken)
      .send(second);
    const told = async (as: string) => {
      const { body } = await platform.call(
        'get',
        `v1/models/${name}/history`,
        as,
      );
      return body.items.map(
        ({ action, details }: { action: string; details?: object }) =>
          [action, details] as const,
      );
    };
    const waits = { version: 2, state: 'pending' };
    expect((await told(publisherToken)).slice(0, 4)).toEqual([
      ['version-deleted', waits],
      ['version-tag-deleted', { ...waits, key: 'plan' }],
      ['version-tag-set', { ...waits, ...secret }],
      ['version-registered', waits],
    ]);
    expect(
      (await told(readerToken)).map(([action]: readonly [string]) => action),
    ).toEqual(['published', 'registered']);
  });

  it('is not held up by what a killed process left of its attempt', async () => {
    const waiting = await waitingPrompt('cut-off', publisherToken);
    const [model] = await knex('registry_models').where({ name: 'cut-off' });
    const [pattern] = await knex('registry_versions').whereNotNull('fields');
    await knex('registry_versions').insert({
      ...pattern,
      id: 'left-behind',
      model_id: model.id,
      number: 1,
      status: 'draft',
      ready_at: null,
      expires_at: '2100-01-01T00:00:00.000Z',
      idempotency_key: 'mlflow-version-1',
    });
    await post('model-versions/set-tag', { ...waiting, ...risk });
    const ready = await get('model-versions/get', waiting);
    expect(ready.body.model_version.status).toBe('READY');
    expect(
      await knex('registry_versions').where({ model_id: model.id }).pluck('id'),
    ).toEqual([expect.not.stringMatching('left-behind')]);
  });

  it('tries each waiting version by itself, for who may publish', async () => {
    const name = 'many-waiting';
    await post('registered-models/create', { name, tags: [owner] });
    const register = async () => {
      const { id, root } = await logModel();
      const made = await post('model-versions/create', {
        name,
        source: `models:/${id}`,
        model_id: id,
        tags: metadata.filter(({ key }) => key !== risk.key),
      });
      return { root, version: String(made.body.model_version.version) };
    };
    const whole = await register();
    const broken = await register();
    await platform
      .call('put', `${files}/${broken.root}/MLmodel`, publisherToken)
      .send('flavors: [');
    const changed = await post('registered-models/set-tag', { name, ...risk });
    expect(changed.status).toBe(200);
    const found = async ({ version }: { version: string }) =>
      (await get('model-versions/get', { name, version })).body.model_version;
    expect(await found(whole)).toMatchObject({ status: 'READY' });
    expect(await found(broken)).toMatchObject({
      status: 'PENDING_REGISTRATION',
      status_message: expect.stringMatching(/MLmodel cannot be read/),
    });
  });

  it('removes bytes only when nothing uses them', async () => {
    const content = `only here ${Math.random()}`;
    const blobs = async () =>
      await knex('mlflow_artifacts')
        .where({ size_bytes: content.length })
        .select('digest');
    const one = await logModel({ 'a.bin': content, 'folder/b.bin': content });
    expect(await blobs()).toHaveLength(2);
    const readBack = async (name: string) =>
      (
        await platform.call(
          'get',
          `${files}/${one.root}/${name}`,
          publisherToken,
        )
      ).status;
    await platform
      .call('delete', `${files}/${one.root}/a.bin`, publisherToken)
      .send({});
    expect(await readBack('a.bin')).toBe(404);
    expect(await readBack('folder/b.bin')).toBe(200);
    // Overwritten: the old bytes go, those of the new file stay.
    await platform
      .call('put', `${files}/${one.root}/folder/b.bin`, publisherToken)
      .send('other');
    const [{ digest }] = await knex('mlflow_artifacts')
      .where({ owner_id: one.root.split('/')[0] })
      .select('digest');
    const stored = await platform.call(
      'get',
      `${files}/${one.root}/folder/b.bin`,
      publisherToken,
    );
    expect(stored.headers.etag).toBe(`"${digest}"`);
    for (const path of ['../x', 'a/../../b', '%2e%2e/x']) {
      const out = await platform.call(
        'get',
        `${files}?path=${path}`,
        publisherToken,
      );
      expect(out.body.message).toBe('Invalid path');
    }
  });

  it('lets an open system register anything, and keeps what is bare from being deployed', async () => {
    const create = async (name: string, body: object = {}) =>
      await post('registered-models/create', { name, ...body }, openToken);
    expect((await create('bare')).status).toBe(200);
    const made = await post(
      'model-versions/create',
      { name: 'bare', source: 's3://bucket/model' },
      openToken,
    );
    expect(made.body.model_version).toMatchObject({
      status: 'READY',
      source: 's3://bucket/model',
    });
    const alias = { name: 'bare', alias: 'champion', version: '1' };
    expect(
      (await post('registered-models/alias', alias, openToken)).body,
    ).toEqual({});
    const found = await get(
      'registered-models/alias',
      { name: 'bare', alias: 'champion' },
      openToken,
    );
    expect(found.body.model_version).toMatchObject({
      version: '1',
      aliases: ['champion'],
    });
    expect(
      (await platform.call('get', 'v1/models/bare', openToken)).status,
    ).toBe(404);
    // Of another system: not there.
    expect((await get('registered-models/get', { name: 'bare' })).status).toBe(
      404,
    );
    expect(
      (await get('registered-models/search', {}, openToken)).body
        .registered_models,
    ).toHaveLength(1);

    const gone = await platform
      .call('delete', `${api}/registered-models/delete`, openToken)
      .send({ name: 'bare' });
    expect(gone.body).toEqual({});
    // Where another door has a draft, its number stays its own.
    await create('drafted');
    const model = {
      owner: 'group:default/care-analytics',
      system: 'patient-care',
    };
    await post(
      'registered-models/set-tag',
      { name: 'drafted', key: 'metadata.owner', value: model.owner },
      openToken,
    );
    const draft = await platform
      .call('post', 'v1/models/drafted/versions', openToken)
      .send(draftRequest('drafted', { model }));
    expect(draft.body.version.number).toBe(1);
    await platform
      .call('delete', `${api}/registered-models/delete`, openToken)
      .send({ name: 'drafted' });
    const next = await platform
      .call('post', 'v1/models/drafted/versions', openToken)
      .send(draftRequest('drafted', { model }));
    expect(next.body.version.number).toBe(2);

    await create('bare');
    const again = await post(
      'model-versions/create',
      { name: 'bare', source: 's3://bucket/model' },
      openToken,
    );
    expect(again.body.model_version.version).toBe('1');
  });

  it('has each alias once, by the rules of aliases, whichever door moves it', async () => {
    const name = 'aliased';
    const model = {
      owner: 'group:default/care-analytics',
      system: 'patient-care',
    };
    await post('registered-models/create', { name }, openToken);
    const bare = async () =>
      (
        await post(
          'model-versions/create',
          { name, source: 's3://bucket/model' },
          openToken,
        )
      ).body.model_version.version;
    const set = async (alias: string, version: string) =>
      await post(
        'registered-models/alias',
        { name, alias, version },
        openToken,
      );
    const named = async (alias: string) => [
      (await get('registered-models/alias', { name, alias }, openToken)).body
        .model_version?.version,
      ...(
        (await get('registered-models/get', { name }, openToken)).body
          .registered_model.aliases ?? []
      )
        .filter((one: { alias: string }) => one.alias === alias)
        .map((one: { version: string }) => one.version),
    ];
    expect(await bare()).toBe('1');
    // The rules hold before the model is in the registry too.
    const unproved = await set('audited', '1');
    expect(unproved.status).toBe(409);
    expect(unproved.body.message).toMatch(
      /not in the registry.*aliasRules\[0\]/,
    );
    expect((await set('frozen', '1')).status).toBe(403);
    const removal = await platform
      .call('delete', `${api}/registered-models/alias`, openToken)
      .send({ name, alias: 'frozen' });
    expect(removal.status).toBe(403);
    expect((await set('champion', '1')).status).toBe(200);

    const owned = { key: 'metadata.owner', value: model.owner };
    await post('registered-models/set-tag', { name, ...owned }, openToken);
    const content = [fileOf('model.onnx', 'weights of aliased')];
    await platform.publish(
      draftRequest(name, { model, files: content }),
      content,
      openToken,
    );
    const native = platform
      .call('put', `v1/models/${name}/aliases/champion`, openToken)
      .send({ version: 2 });
    expect((await native).status).toBe(200);
    expect(await named('champion')).toEqual(['2', '2']);
    expect(await knex('mlflow_aliases').where({ alias: 'champion' })).toEqual(
      [],
    );
    expect((await set('audited', '1')).status).toBe(409);
    expect((await set('champion', '1')).status).toBe(200);
    expect(await named('champion')).toEqual(['1', '1']);
    const inRegistry = await platform.call(
      'get',
      `v1/models/${name}/aliases/champion`,
      openToken,
    );
    expect(inRegistry.status).toBe(404);
    const history = await platform.call(
      'get',
      `v1/models/${name}/history?action=alias-moved`,
      openToken,
    );
    expect(
      history.body.items
        .filter(({ action }: { action: string }) => action === 'alias-moved')
        .map(({ details }: { details: object }) => details),
    ).toEqual([
      { alias: 'champion', version: 1, from: 2 },
      { alias: 'champion', version: 2, from: 1 },
      { alias: 'champion', version: 1 },
    ]);
    const gone = await platform.call(
      'delete',
      `v1/models/${name}/aliases/champion`,
      openToken,
    );
    expect(gone.status).toBe(204);
    expect(await named('champion')).toEqual([undefined]);
  });

  /** How many rows of a table the work reads. */
  const rowsRead = async (table: string, work: () => Promise<unknown>) => {
    let rows = 0;
    const count = (answer: unknown, { sql }: { sql: string }) => {
      if (sql.includes(table)) rows += [answer].flat().filter(Boolean).length;
    };
    knex.on('query-response', count);
    try {
      await work();
    } finally {
      knex.off('query-response', count);
    }
    return rows;
  };

  it('lists a folder by what is directly in it, and reads no more for it', async () => {
    const { root } = await logModel({
      'a.txt': 'a',
      'both/one.txt': '1',
      'both/deeper/two.txt': '22',
      'both/deeper/three.txt': '333',
      'Both/other.txt': 'x',
      'b_th/%25/four.txt': '4444',
      '\u{1f33f}leaf/five.txt': '55555',
      '\u{1f33f}leaf/six/x.txt': 'x',
    });
    const list = async (folder: string) =>
      (
        await platform
          .call('get', files, publisherToken)
          .query({ path: folder === '' ? root : `${root}/${folder}` })
      ).body.files?.map(
        (file: { path: string; is_dir: boolean; file_size?: number }) => [
          file.path,
          file.is_dir ? 'folder' : file.file_size,
        ],
      );
    let listed;
    const read = await rowsRead('mlflow_artifacts', async () => {
      listed = await list('');
    });
    expect(listed).toEqual([
      ['Both', 'folder'],
      ['a.txt', 1],
      ['b_th', 'folder'],
      ['both', 'folder'],
      ['\u{1f33f}leaf', 'folder'],
    ]);
    expect(read).toBe(5);
    expect(await list('both')).toEqual([
      ['deeper', 'folder'],
      ['one.txt', 1],
    ]);
    expect(await list('both/deeper')).toEqual([
      ['three.txt', 3],
      ['two.txt', 2],
    ]);
    expect(await list('b_th/%')).toEqual([['four.txt', 4]]);
    expect(await list('\u{1f33f}leaf')).toEqual([
      ['five.txt', 5],
      ['six', 'folder'],
    ]);
    for (const nothing of ['BOTH', 'bot', 'a.txt'])
      expect(await list(nothing)).toBeUndefined();
    const find = (path: string) =>
      platform.call('get', `${files}/${root}/${path}`, publisherToken);
    for (const [path, status, message, rows] of [
      ['both', 400, /refers to a directory/, 1],
      ['bot', 404, /No such artifact/, 0],
    ] as const) {
      let refused;
      const found = await rowsRead('mlflow_artifacts', async () => {
        refused = await find(path);
      });
      expect(refused).toMatchObject({
        status,
        body: { message: expect.stringMatching(message) },
      });
      expect([path, found]).toEqual([path, rows]);
    }
  });

  it('serves one file of a version and reads no other, and none of a draft', async () => {
    const content = ['a', 'b', 'c', 'deep/d'].map(name =>
      fileOf(`${name}.txt`, `content of ${name}`),
    );
    await platform.publish(draftRequest('wide', { files: content }), content);
    await platform
      .call('post', 'v1/models/wide/versions', publisherToken)
      .send(draftRequest('wide', { files: content.slice(1) }))
      .expect(201);
    const { artifact_uri: uri } = (
      await get('model-versions/get-download-uri', {
        name: 'wide',
        version: '1',
      })
    ).body;
    const root = uri.replace('mlflow-artifacts:/', '');
    const fetch = async (path: string) =>
      await platform.call('get', `${files}/${path}`, publisherToken);
    let served;
    const read = await rowsRead('registry_files', async () => {
      served = await fetch(`${root}/deep/d.txt`);
    });
    expect(served).toMatchObject({ status: 200, text: 'content of deep/d' });
    expect(read).toBe(1);
    const latest = await fetch(root.replace(/1$/, 'latest/a.txt'));
    expect(latest).toMatchObject({ status: 200, text: 'content of a' });
    for (const missing of [
      `${root}/deep`,
      `${root}/e.txt`,
      root,
      root.replace(/1$/, '2/b.txt'),
      root.replace(/1$/, '3/b.txt'),
      root.replace(/1$/, 'champion/b.txt'),
    ]) {
      const { status, body } = await fetch(missing);
      expect([missing, status]).toEqual([missing, 404]);
      expect(body.error_code).toBe('RESOURCE_DOES_NOT_EXIST');
    }
  });

  it('gives a model and all its versions, whoever published them', async () => {
    const content = [fileOf('model.onnx', 'by another door')];
    await platform.publish(draftRequest('native', { files: content }), content);
    const found = await get('model-versions/search', {
      filter: "name = 'native'",
    });
    expect(found.body.model_versions).toEqual([
      expect.objectContaining({
        version: '1',
        status: 'READY',
        source: expect.stringMatching(/^mlflow-artifacts:\/registry\//),
      }),
    ]);
    await post('model-versions/set-tag', {
      name: 'native',
      version: '1',
      key: 'k',
      value: 'v',
    });
    await post('model-versions/transition-stage', {
      name: 'native',
      version: '1',
      stage: 'production',
    });
    await post('registered-models/alias', {
      name: 'native',
      alias: 'champion',
      version: '1',
    });
    const by = await get('registered-models/alias', {
      name: 'native',
      alias: 'champion',
    });
    expect(by.body.model_version).toMatchObject({
      current_stage: 'Production',
      tags: [{ key: 'k', value: 'v' }],
      aliases: ['champion'],
    });
    const tagged = await get('model-versions/search', {
      filter: "tags.k = 'v' AND version_number < 2",
    });
    expect(tagged.body.model_versions).toHaveLength(1);
    // Aliases are the registry's own: an alias keeps its version.
    const kept = await platform
      .call('delete', `${api}/model-versions/delete`, publisherToken)
      .send({ name: 'native', version: '1' });
    expect(kept.status).toBe(409);
    await platform
      .call('delete', `${api}/registered-models/delete`, publisherToken)
      .send({ name: 'native' });
    expect(
      (await get('registered-models/get', { name: 'native' })).status,
    ).toBe(404);
    const archived = await platform.call(
      'get',
      'v1/models/native',
      publisherToken,
    );
    expect(archived.body.archivedAt).toEqual(expect.any(String));
  });

  it('refuses what databases cannot hold, and sources that lead elsewhere', async () => {
    const long = 'x'.repeat(300);
    await post('registered-models/create', { name: 'edges', tags: [owner] });
    const source = { name: 'edges', source: 's3://bucket/model' };
    const { id } = await logModel();
    for (const [route, body] of [
      ['model-versions/create', { ...source, run_id: long }],
      ['model-versions/create', { ...source, source: 'models:/%E0%A4%A' }],
      ['model-versions/create', { ...source, source: 's3://b/%2e%2e/c' }],
      ['model-versions/create', { ...source, source: 'runs:/abc/m' }],
      ['model-versions/create', { ...source, source: `models:/${id}` }],
      ['model-versions/create', { ...source, source: 'file:///etc/passwd' }],
      ['runs/create', { experiment_id: '0', run_name: long }],
      ['experiments/create', { name: long }],
      ['registered-models/create', { name: long }],
      ['registered-models/set-tag', { name: 'edges', key: long, value: '' }],
    ] as const) {
      const refused = await post(route, body);
      expect([route, body, refused.status]).toEqual([route, body, 400]);
      expect(refused.body.error_code).toBe('INVALID_PARAMETER_VALUE');
    }
    const far = await get('model-versions/search', {
      filter: 'version_number < 99999999999999',
    });
    expect(far.status).toBe(200);
    const none = await get('registered-models/search', { max_results: '0' });
    expect(none.status).toBe(200);
    expect(none.body.registered_models).toBeUndefined();
  });

  it('keeps the numbers of versions apart when they are registered at once', async () => {
    await post('registered-models/create', { name: 'at-once', tags: [owner] });
    const { id } = await logModel();
    const made = await Promise.all(
      Array.from(
        { length: 6 },
        async () =>
          await post('model-versions/create', {
            name: 'at-once',
            source: `models:/${id}`,
            model_id: id,
            tags: metadata,
          }),
      ),
    );
    expect(made.map(({ body }) => body.model_version?.status)).toEqual(
      Array(6).fill('READY'),
    );
    expect(
      made.map(({ body }) => Number(body.model_version.version)).sort(),
    ).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
