import { promises as fs } from 'node:fs';
import path from 'node:path';
import { mockServices } from '@backstage/backend-test-utils';
import {
  WEBHOOK_EVENTS,
  WebhookDelivery,
} from '@model-platform/plugin-model-platform-common';
import { HookReceiver } from '../__testUtils__/HookReceiver';
import {
  draftRequest,
  fileOf,
  publisherToken,
  readerToken,
  TestPlatform,
} from '../__testUtils__/TestPlatform';
import { until } from '../__testUtils__/until';
import { loadEncryptionKey } from './loadEncryptionKey';
import { signatureOf } from './WebhookSender';

const mira = 'user:default/mira';
const pat = 'user:default/pat';
const mlflow = 'mlflow/api/2.0/mlflow/webhooks';

jest.setTimeout(60_000);

describe('webhooks', () => {
  let platform: TestPlatform;
  let receiver: HookReceiver;

  beforeAll(async () => {
    platform = await TestPlatform.start({
      webhooks: {
        allow: ['127.0.0.1'],
        allowHttp: true,
        encryptionKey: 'an encryption key of more than 32 characters',
        firstDelaySeconds: 0.01,
      },
    });
  });

  afterAll(async () => {
    await platform.stop();
  });

  beforeEach(async () => {
    receiver = await HookReceiver.start();
  });

  afterEach(async () => {
    await receiver.stop();
  });

  const publish = async (name: string, content: string, model: object = {}) => {
    const files = [fileOf('model.onnx', content)];
    return await platform.publish(draftRequest(name, { model, files }), files);
  };
  const make = async (spec: object = {}, as = mira) =>
    await platform.call('post', 'v1/webhooks', as).send({
      system: 'plant-catalogue',
      name: 'ci',
      url: receiver.url,
      events: WEBHOOK_EVENTS,
      ...spec,
    });
  const received = async (count: number) =>
    (await receiver.arrived(count)).map(({ body }) => JSON.parse(body));

  it('tells what happens in the words of MLflow, signed, without any loss', async () => {
    const { status, body: hook } = await make({ secret: 'shared secret' });
    expect(status).toBe(201);
    expect(hook).toMatchObject({
      system: 'plant-catalogue',
      status: 'ACTIVE',
      hasSecret: true,
      speaksFor: mira,
    });
    expect(JSON.stringify(hook)).not.toContain('shared secret');

    const told = async (count: number) =>
      (await received(count)).map(
        ({ entity, action }) => `${entity}.${action}`,
      );
    await publish('heard', 'one');
    await platform
      .call('put', 'v1/models/heard/aliases/stable', mira)
      .send({ version: 1 });
    await platform.call('delete', 'v1/models/heard/aliases/stable', mira);
    await publish('heard', 'two');
    await platform.call(
      'delete',
      'v1/models/heard/versions/1?reason=old',
      mira,
    );
    await platform.call(
      'delete',
      'v1/models/heard/versions/1?permanently',
      mira,
    );
    await platform
      .call('patch', 'v1/models/heard', mira)
      .send({ description: 'Better' });
    await platform.call('delete', 'v1/models/heard', mira);
    await platform.call('delete', 'v1/models/heard?permanently', mira);
    expect((await told(10)).sort()).toEqual(
      [
        'registered_model.created',
        'model_version.created',
        'model_version_alias.created',
        'model_version_alias.deleted',
        'model_version.created',
        'model_version.archived',
        'model_version.deleted',
        'registered_model.updated',
        'registered_model.archived',
        'registered_model.deleted',
      ].sort(),
    );
    const data = new Map(
      (await received(10)).map(message => [
        `${message.entity}.${message.action}`,
        message,
      ]),
    );
    expect(data.get('registered_model.created')).toEqual({
      entity: 'registered_model',
      action: 'created',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      workspace: 'plant-catalogue',
      data: {
        name: 'heard',
        tags: {},
        description: 'Tells species of iris by their measures',
      },
    });
    expect(data.get('model_version_alias.created').data).toEqual({
      name: 'heard',
      alias: 'stable',
      version: '1',
    });
    expect(data.get('model_version_alias.deleted').data).toEqual({
      name: 'heard',
      alias: 'stable',
    });
    expect(data.get('model_version.archived').data).toEqual({
      name: 'heard',
      version: '1',
      actor: mira,
      reason: 'old',
    });
    for (const { headers, body } of receiver.received) {
      expect(headers['x-mlflow-signature']).toBe(
        signatureOf(
          'shared secret',
          String(headers['x-mlflow-delivery-id']),
          String(headers['x-mlflow-timestamp']),
          body,
        ),
      );
    }
    await platform.call('delete', `v1/webhooks/${hook.id}`, mira);
    expect(
      (await platform.call('get', `v1/webhooks/${hook.id}`, mira)).status,
    ).toBe(404);
  });

  it('tells of prompts as prompts', async () => {
    await make({ name: 'prompts' });
    const files = [fileOf('prompt.txt', 'Say {{it}}')];
    await platform.publish(
      draftRequest('greeting', {
        model: { type: 'prompt' },
        version: { flavor: 'prompt' },
        metadata: {
          template: 'Say {{it}}',
          modelFamily: 'any',
          language: 'en',
          inputVariables: ['it'],
        },
        files,
      }),
      files,
    );
    const [first, second] = await received(2);
    expect([first, second].map(({ entity }) => entity).sort()).toEqual([
      'prompt',
      'prompt_version',
    ]);
    expect(
      [first, second].find(({ entity }) => entity === 'prompt_version').data,
    ).toEqual({
      name: 'greeting',
      version: '1',
      template: 'Say {{it}}',
      tags: {},
      description: null,
    });
  });

  it('lets a webhook hear only what its maker may read', async () => {
    const outsider = await HookReceiver.start();
    try {
      const events = ['registered_model.created'];
      // Whom the policy lets publish what she owns, but reads nothing of others.
      await make({ events, url: outsider.url }, 'user:default/dana');
      const { body: own } = await make({ events });
      await publish('secret', 'one', { sharedWith: [] });
      await receiver.arrived(1);
      await publish('told', 'one', {
        sharedWith: ['group:default/care-analytics'],
      });
      const [message] = await outsider.arrived(1);
      expect(JSON.parse(message.body).data.name).toBe('told');
      await receiver.arrived(2);
      expect(outsider.received).toHaveLength(1);
      // Not theirs who may not publish in the system.
      for (const as of [readerToken]) {
        expect(
          (await platform.call('get', `v1/webhooks/${own.id}`, as)).status,
        ).toBe(404);
        expect((await make({}, as)).status).toBe(403);
        expect(
          (await platform.call('get', 'v1/webhooks', as)).body.items,
        ).toEqual([]);
      }
      const foreign = await make({ system: 'patient-care' }, publisherToken);
      expect(foreign.status).toBe(403);
      expect(foreign.body.error.message).toMatch(
        /webhooks of system patient-care are made by those who may publish in it/,
      );
    } finally {
      await outsider.stop();
    }
  });

  const madeToken = async (grant: object) =>
    (
      await platform.call('post', 'v1/publishers', mira).send({
        name: 'narrow',
        grants: [
          {
            actions: ['publish'],
            systems: ['plant-catalogue'],
            owners: ['group:default/botany-ml'],
            ...grant,
          },
        ],
      })
    ).body;
  const deliveriesOf = async (id: string, as = mira) =>
    (await platform.call('get', `v1/webhooks/${id}/deliveries`, as)).body
      .items as WebhookDelivery[];

  it('is managed by who made it, else by who may publish throughout its system', async () => {
    const { body: hook } = await make({ secret: 'of mira' });
    const route = `v1/webhooks/${hook.id}`;
    const toy = await madeToken({ models: ['toy'] });
    for (const as of ['user:default/dana', toy.token, readerToken]) {
      const list = await platform.call('get', 'v1/webhooks', as);
      expect(JSON.stringify(list.body)).not.toContain(hook.id);
      const stranger = await HookReceiver.start();
      try {
        for (const refused of [
          platform.call('get', route, as),
          platform
            .call('patch', route, as)
            .send({ url: stranger.url, secret: '' }),
          platform.call('delete', route, as),
          platform.call('post', `${route}/test`, as),
          platform.call('get', `${route}/deliveries`, as),
          platform.call('post', `${route}/deliveries/x/redeliver`, as),
        ])
          expect((await refused).status).toBe(404);
        expect(stranger.received).toEqual([]);
      } finally {
        await stranger.stop();
      }
    }
    for (const as of [publisherToken, 'user:default/pat'])
      expect(
        JSON.stringify((await platform.call('get', 'v1/webhooks', as)).body),
      ).toContain(hook.id);
    const change = (body: object, as = publisherToken) =>
      platform.call('patch', route, as).send(body);
    // What somebody else changes goes on speaking for who made it.
    expect((await change({ description: 'Ours' })).body).toMatchObject({
      description: 'Ours',
      speaksFor: mira,
    });
    const url = `${receiver.url}/elsewhere`;
    const moved = await change({ url });
    expect(moved.status).toBe(400);
    expect(moved.body.error.message).toMatch(/a new secret/);
    expect((await change({ url: receiver.url })).status).toBe(200);
    expect((await change({ url, secret: 'another' })).body).toMatchObject({
      url,
      hasSecret: true,
    });
    expect(
      (await change({ url: receiver.url, secret: '' })).body,
    ).toMatchObject({ url: receiver.url, hasSecret: false });
    expect((await platform.call('delete', route, mira)).status).toBe(204);
  });

  it('sends only what who made it may still read', async () => {
    const events = ['registered_model.created'];
    receiver.answers.push(404);
    const { body: hook } = await make({ events }, 'user:default/dana');
    const share = (sharedWith: string[]) =>
      platform.call('patch', 'v1/models/shared', mira).send({ sharedWith });
    await publish('shared', 'one', {
      sharedWith: ['group:default/care-analytics'],
    });
    const last = async () =>
      (await deliveriesOf(hook.id, 'user:default/dana'))[0];
    await until(
      'the delivery to fail',
      async () => (await last())?.status === 'failed',
    );
    await share([]);
    const again = async () =>
      await platform.call(
        'post',
        `v1/webhooks/${hook.id}/deliveries/${(await last()).id}/redeliver`,
        'user:default/dana',
      );
    expect((await again()).status).toBe(202);
    await until(
      'the delivery to fail',
      async () => (await last()).status === 'failed',
    );
    expect((await last()).error).toMatch(/may not read the model any more/);
    expect(receiver.received).toHaveLength(1);
    await share(['group:default/care-analytics']);
    await again();
    await receiver.arrived(2);
  });

  it('ends with the token that made it', async () => {
    const { id, token } = await madeToken({});
    const silent = await HookReceiver.start();
    try {
      const { body: hook } = await make({ url: silent.url }, token);
      const { body: other } = await make();
      await publish('while-valid', 'one');
      await silent.arrived(2);
      await receiver.arrived(2);
      await platform.call('delete', `v1/publishers/${id}`, mira);
      await publish('when-revoked', 'one');
      await receiver.arrived(4);
      expect(silent.received).toHaveLength(2);
      const read = async () =>
        (await platform.call('get', `v1/webhooks/${hook.id}`, publisherToken))
          .body;
      expect(await read()).toMatchObject({
        status: 'DISABLED',
        disabledBecause: expect.stringMatching(
          /^token:narrow \(.*, made by user:default\/mira\) is not accepted any more: This token was revoked/,
        ),
      });
      expect(
        (await platform.call('get', `v1/webhooks/${other.id}`, mira)).body,
      ).toMatchObject({ status: 'ACTIVE' });
      // Whoever activates it, it speaks for nobody else.
      await platform
        .call('patch', `v1/webhooks/${hook.id}`, publisherToken)
        .send({ status: 'ACTIVE' });
      await publish('after-all', 'one');
      await receiver.arrived(6);
      expect(silent.received).toHaveLength(2);
      expect((await read()).status).toBe('DISABLED');
    } finally {
      await silent.stop();
    }
  });

  it('logs, retries and redelivers', async () => {
    receiver.answers.push(500, 404);
    const { body: hook } = await make({
      name: 'logged',
      events: ['registered_model.created'],
    });
    await publish('logged', 'one');
    const route = `v1/webhooks/${hook.id}/deliveries`;
    const log = async (): Promise<WebhookDelivery> =>
      (await platform.call('get', route, mira)).body.items[0];
    await until(
      'what becomes of the delivery',
      async () => (await log())?.status === 'failed',
    );
    const failed = await log();
    expect(failed).toMatchObject({
      event: 'registered_model.created',
      attempts: 2,
      responseStatus: 404,
      error: 'It answered 404',
    });
    expect(failed).not.toHaveProperty('body');
    const again = await platform.call(
      'post',
      `${route}/${failed.id}/redeliver`,
      mira,
    );
    expect(again.status).toBe(202);
    await until(
      'what becomes of the delivery',
      async () => (await log()).status === 'delivered',
    );
    expect(
      new Set(
        receiver.received.map(({ headers }) => headers['x-mlflow-delivery-id']),
      ),
    ).toEqual(new Set([failed.id]));
    expect(
      (await platform.call('post', `${route}/nothing/redeliver`, mira)).status,
    ).toBe(404);
  });

  it('refuses what is wrong, and addresses that are not public', async () => {
    for (const [spec, message] of [
      [{ name: '-x-' }, /Webhook name '-x-' is invalid/],
      [{ events: [] }, /must have events/],
      [{ events: ['model.exploded'] }, /no event 'model.exploded'/],
      [{ url: 'nowhere' }, /no address/],
      [{ url: 'ftp://127.0.0.1/' }, /Invalid webhook URL scheme: 'ftp'/],
      [{ url: 'http://169.254.169.254/' }, /not public/],
      [{ url: 'http://[::ffff:10.0.0.1]/' }, /not public/],
      [{ status: 'ASLEEP' }, /status/],
      [{ other: 1 }, /other/],
    ] as const) {
      const { status, body } = await make(spec);
      expect([spec, status]).toEqual([spec, 400]);
      expect(JSON.stringify(body.error)).toMatch(message);
    }
  });

  it('speaks the API of MLflow', async () => {
    const call = (
      method: 'get' | 'post' | 'patch' | 'delete',
      route = '',
      as = publisherToken,
    ) => platform.call(method, `${mlflow}${route}`, as);
    const created = await call('post').send({
      name: 'from-mlflow',
      url: receiver.url,
      events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
      secret: 'shared secret',
      description: 'A test',
    });
    expect(created.status).toBe(200);
    const { webhook } = created.body;
    expect(webhook).toEqual({
      webhook_id: expect.any(String),
      name: 'from-mlflow',
      description: 'A test',
      url: receiver.url,
      events: [{ entity: 'MODEL_VERSION_ALIAS', action: 'CREATED' }],
      status: 'ACTIVE',
      creation_timestamp: expect.any(Number),
      last_updated_timestamp: webhook.creation_timestamp,
    });
    const route = `/${webhook.webhook_id}`;
    expect((await call('get', route)).body).toEqual({ webhook });
    const ids: string[] = [];
    for (let token = ''; ; ) {
      const page = await call('get', `?max_results=1&page_token=${token}`);
      ids.push(
        ...page.body.webhooks.map((one: typeof webhook) => one.webhook_id),
      );
      token = page.body.next_page_token;
      if (!token) break;
    }
    expect(ids).toContain(webhook.webhook_id);
    expect(new Set(ids).size).toBe(ids.length);

    // What clients of MLflow have no word for, they neither see nor remove.
    await platform.call('patch', `v1/webhooks${route}`, pat).send({
      events: ['model_version_alias.created', 'model_version.archived'],
    });
    const changed = await call('patch', route).send({
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
      status: 'DISABLED',
    });
    expect(changed.body.webhook).toMatchObject({
      description: 'A test',
      status: 'DISABLED',
      events: [{ entity: 'MODEL_VERSION', action: 'CREATED' }],
    });
    expect(
      (await platform.call('get', `v1/webhooks${route}`, pat)).body.events,
    ).toEqual(['model_version.created', 'model_version.archived']);

    const basic = Buffer.from(`anybody:${publisherToken}`).toString('base64');
    const tested = await platform
      .call('post', `mlflow/ajax-api/2.0/mlflow/webhooks${route}/test`)
      .set('authorization', `Basic ${basic}`)
      .send({ event: { entity: 'MODEL_VERSION_TAG', action: 'SET' } });
    expect(tested.body).toEqual({
      result: {
        success: true,
        response_status: 200,
        response_body: 'thank you',
      },
    });
    const [message] = await received(1);
    expect(message).toMatchObject({
      entity: 'model_version_tag',
      action: 'set',
      data: {
        name: 'example_model',
        version: '1',
        key: 'example_key',
        value: 'example_value',
      },
    });

    const invalid = await call('post').send({
      name: 'x',
      url: receiver.url,
      events: [{ entity: 'REGISTERED_MODEL', action: 'DELETED' }],
    });
    expect(invalid.status).toBe(400);
    expect(invalid.body).toMatchObject({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining("Invalid action 'DELETED'"),
    });
    expect((await call('get', '?max_results=0')).body.error_code).toBe(
      'INVALID_PARAMETER_VALUE',
    );
    expect((await call('get', '/nothing')).body.error_code).toBe(
      'RESOURCE_DOES_NOT_EXIST',
    );
    expect((await call('get', '', 'wrong')).status).toBe(401);
    // A person names the system as the workspace.
    const spec = { name: 'x', url: receiver.url, events: webhook.events };
    expect((await call('post', '', pat).send(spec)).body.error_code).toBe(
      'INVALID_PARAMETER_VALUE',
    );
    expect(
      (
        await call('post', '', pat)
          .set('x-mlflow-workspace', 'patient-care')
          .send(spec)
      ).status,
    ).toBe(200);
    expect(
      (await platform.call('get', 'v1/webhooks?system=patient-care', pat)).body
        .items,
    ).toMatchObject([{ name: 'x', hasSecret: false }]);
    expect((await call('delete', route)).body).toEqual({});
    expect((await call('get', route)).status).toBe(404);
  });
});

describe('loadEncryptionKey', () => {
  it('keeps one key in the data folder, readable by nobody else', async () => {
    const folder = await fs.mkdtemp(path.join('/tmp', 'model-platform-key-'));
    const before = process.env.MODEL_PLATFORM_DATA_DIR;
    const load = async (webhooks: object = {}) =>
      await loadEncryptionKey(
        mockServices.rootConfig({ data: { modelPlatform: { webhooks } } }),
      );
    try {
      process.env.MODEL_PLATFORM_DATA_DIR = folder;
      const [one, two] = await Promise.all([load(), load()]);
      expect(one).toHaveLength(44);
      expect(two).toBe(one);
      expect(await load()).toBe(one);
      expect(await fs.readdir(folder)).toEqual(['webhooks.key']);
      const { mode } = await fs.stat(path.join(folder, 'webhooks.key'));
      expect(mode.toString(8)).toMatch(/600$/);
      await expect(load({ encryptionKey: 'short' })).rejects.toThrow(
        'at least 32 characters',
      );
      delete process.env.MODEL_PLATFORM_DATA_DIR;
      expect(await load()).toBeUndefined();
    } finally {
      if (before === undefined) delete process.env.MODEL_PLATFORM_DATA_DIR;
      else process.env.MODEL_PLATFORM_DATA_DIR = before;
      await fs.rm(folder, { recursive: true, force: true });
    }
  });
});
