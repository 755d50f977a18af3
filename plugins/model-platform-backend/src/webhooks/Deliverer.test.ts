import { resolvePackagePath } from '@backstage/backend-plugin-api';
import {
  mockServices,
  TestDatabaseId,
  TestDatabases,
} from '@backstage/backend-test-utils';
import { HookReceiver } from '../__testUtils__/HookReceiver';
import { until } from '../__testUtils__/until';
import { AddressGuard } from './AddressGuard';
import { DatabaseWebhookStore } from './DatabaseWebhookStore';
import { Deliverer } from './Deliverer';
import { SecretBox } from './SecretBox';
import { signatureOf, WebhookSender } from './WebhookSender';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const secrets = new SecretBox('a master key that nobody can guess at all');
const MINUTE_MS = 60_000;

async function createWorld(id: TestDatabaseId, receiver: HookReceiver) {
  const knex = await databases.init(id);
  await knex.migrate.latest({
    directory: resolvePackagePath(
      '@model-platform/plugin-model-platform-backend',
      'migrations',
    ),
  });
  let now = Date.parse('2026-01-01T00:00:00.000Z');
  const store = DatabaseWebhookStore.create({
    knex,
    clock: () => new Date(now),
  });
  const hook = async (name: string, url = receiver.url) => {
    await store.add({
      id: name,
      system: 's',
      name,
      url,
      events: ['model_version.created'],
      status: 'ACTIVE',
      secret: secrets.seal('shared secret', name),
      readable: true,
      speaksFor: 'user:default/mira',
      maker: 'user:default/mira',
      createdAt: '2026-01-01T00:00:00.000Z',
      updatedAt: '2026-01-01T00:00:00.000Z',
    });
  };
  const enqueue = async (webhookId: string, ...ids: string[]) =>
    await store.enqueue(
      ids.map((one, index) => ({
        id: one,
        webhookId,
        modelId: one,
        historyId: String(index + 1),
        event: 'model_version.created',
        body: `{"of":"${one}"}`,
      })),
    );
  const stops: Array<() => Promise<void>> = [];
  const deliver = (options: { isLeader?: () => boolean } = {}) => {
    const sender = new WebhookSender({
      guard: new AddressGuard({ allow: ['127.0.0.1'], allowHttp: true }),
      timeoutMs: 5000,
      now: () => now,
    });
    const stop = new AbortController();
    const deliverer = new Deliverer({
      store,
      // Nothing is planned here; of one model its maker lost the right to read.
      planner: {
        plan: async () => {},
        mayHear: async (_webhook, modelId) => modelId !== 'withheld',
      },
      sender,
      secrets,
      lease: {
        hold: async () => (options.isLeader?.() ?? true ? 1 : undefined),
      },
      logger: mockServices.logger.mock(),
      maxAttempts: 3,
      firstDelayMs: 10_000,
      claimMs: MINUTE_MS,
      pollMs: 20,
      now: () => now,
      random: () => 1,
    });
    const work = deliverer.run(stop.signal);
    const end = async () => {
      stop.abort();
      await work;
      await sender.close();
    };
    stops.push(end);
    return { deliverer, end };
  };
  const delivery = async (webhookId: string, one: string) =>
    (await store.getDelivery(webhookId, one))!;
  const finished = async (webhookId: string, one: string) => {
    await until(
      'what becomes of the delivery',
      async () => (await delivery(webhookId, one)).status !== 'pending',
    );
    return await delivery(webhookId, one);
  };
  return {
    store,
    hook,
    enqueue,
    deliver,
    delivery,
    finished,
    pass(ms: number) {
      now += ms;
    },
    async end() {
      for (const stop of stops) await stop();
    },
  };
}

describe.each(databases.eachSupportedId())('Deliverer over %s', id => {
  let receiver: HookReceiver;
  let world: Awaited<ReturnType<typeof createWorld>>;

  beforeEach(async () => {
    receiver = await HookReceiver.start();
    world = await createWorld(id, receiver);
    await world.hook('hook');
  });

  afterEach(async () => {
    await world.end();
    await receiver.stop();
  });

  it('tries again later and later, under one id, signed anew', async () => {
    receiver.answers.push(503, 'never');
    await world.enqueue('hook', 'one');
    const { deliverer } = world.deliver();
    const waiting = async (attempts: number) => {
      await until('what becomes of the delivery', async () => {
        const { nextAttemptAt, error } = await world.delivery('hook', 'one');
        return Boolean(
          error && nextAttemptAt && receiver.received.length === attempts,
        );
      });
      return await world.delivery('hook', 'one');
    };
    expect(await waiting(1)).toMatchObject({
      status: 'pending',
      attempts: 1,
      responseStatus: 503,
      error: 'It answered 503',
      nextAttemptAt: '2026-01-01T00:00:10.000Z',
    });
    world.pass(9_999);
    deliverer.wake();
    world.pass(1);
    deliverer.wake();
    await receiver.arrived(2);
    await until(
      'what becomes of the delivery',
      async () =>
        (await world.delivery('hook', 'one')).error === 'No answer within 5 s',
    );
    expect(await world.delivery('hook', 'one')).toMatchObject({
      attempts: 2,
      nextAttemptAt: '2026-01-01T00:00:30.000Z',
    });
    world.pass(20_000);
    deliverer.wake();
    expect(await world.finished('hook', 'one')).toMatchObject({
      status: 'delivered',
      attempts: 3,
      responseStatus: 200,
      finishedAt: '2026-01-01T00:00:30.000Z',
    });
    expect(receiver.received).toHaveLength(3);
    for (const { headers, body } of receiver.received) {
      expect(body).toBe('{"of":"one"}');
      expect(headers).toMatchObject({
        'content-type': 'application/json',
        'x-mlflow-delivery-id': 'one',
        'x-mlflow-signature': signatureOf(
          'shared secret',
          'one',
          String(headers['x-mlflow-timestamp']),
          body,
        ),
      });
    }
    expect(
      receiver.received.map(({ headers }) => headers['x-mlflow-timestamp']),
    ).toEqual(['1767225600', '1767225610', '1767225630']);
  });

  it('gives up on refusals and after its attempts, and follows nothing', async () => {
    receiver.answers.push(
      { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      400,
      { status: 429, headers: { 'retry-after': '100' } },
      500,
      500,
    );
    const { deliverer } = world.deliver();
    const send = async (one: string, historyId: string) => {
      await world.store.enqueue([
        {
          id: one,
          webhookId: 'hook',
          modelId: one,
          historyId,
          event: 'e',
          body: '{}',
        },
      ]);
      deliverer.wake();
    };
    await send('moved', '1');
    expect(await world.finished('hook', 'moved')).toMatchObject({
      status: 'failed',
      attempts: 1,
      responseStatus: 302,
      error: 'It answered 302; redirects are not followed',
    });
    await send('bad', '2');
    expect(await world.finished('hook', 'bad')).toMatchObject({
      status: 'failed',
      error: 'It answered 400',
    });
    await send('often', '3');
    await until(
      'what becomes of the delivery',
      async () =>
        (await world.delivery('hook', 'often')).nextAttemptAt ===
        '2026-01-01T00:01:40.000Z',
    );
    const fail = async () => {
      const { attempts } = await world.delivery('hook', 'often');
      world.pass(2 * MINUTE_MS);
      deliverer.wake();
      await until('what becomes of the delivery', async () => {
        const now = await world.delivery('hook', 'often');
        return now.attempts > attempts && now.error === 'It answered 500';
      });
    };
    await fail();
    await fail();
    expect(await world.finished('hook', 'often')).toMatchObject({
      status: 'failed',
      attempts: 3,
    });
    // One more, because somebody asked for it.
    expect(await world.store.redeliver('hook', 'often')).toBe(true);
    deliverer.wake();
    expect(await world.finished('hook', 'often')).toMatchObject({
      status: 'delivered',
      attempts: 4,
      error: undefined,
    });
  });

  it('sends again what a killed process was sending', async () => {
    receiver.answers.push('never');
    await world.enqueue('hook', 'cut');
    const killed = world.deliver();
    await receiver.arrived(1);
    // As a kill does, it leaves the claim and nothing else.
    await killed.end();
    expect(await world.delivery('hook', 'cut')).toMatchObject({
      status: 'pending',
      attempts: 1,
      error: undefined,
    });
    const { deliverer } = world.deliver();
    world.pass(MINUTE_MS);
    deliverer.wake();
    expect(await world.finished('hook', 'cut')).toMatchObject({
      status: 'delivered',
      attempts: 2,
    });
    expect(
      receiver.received.map(({ headers }) => headers['x-mlflow-delivery-id']),
    ).toEqual(['cut', 'cut']);
  });

  it('sends each once, however many look around, and only while it leads', async () => {
    let leads = false;
    const ids = Array.from({ length: 20 }, (_, index) => `d${index}`);
    await world.enqueue('hook', ...ids);
    // What is planned twice is there once.
    await world.enqueue('hook', ...ids.map(one => `${one} again`));
    const all = [1, 2, 3].map(() => world.deliver({ isLeader: () => leads }));
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(receiver.received).toEqual([]);
    leads = true;
    for (const { deliverer } of all) deliverer.wake();
    for (const one of ids) await world.finished('hook', one);
    expect(
      receiver.received
        .map(({ headers }) => String(headers['x-mlflow-delivery-id']))
        .sort(),
    ).toEqual([...ids].sort());
  });

  it('lets no dead receiver keep the others waiting', async () => {
    const dead = await HookReceiver.start();
    try {
      dead.answers.push(...Array.from({ length: 60 }, () => 'never' as const));
      await world.hook('dead', dead.url);
      await world.enqueue(
        'dead',
        ...Array.from({ length: 60 }, (_, index) => `dead${index}`),
      );
      world.pass(1);
      await world.enqueue('hook', 'alive');
      world.deliver();
      expect(await world.finished('hook', 'alive')).toMatchObject({
        status: 'delivered',
      });
      expect(dead.received.length).toBeLessThanOrEqual(2);
    } finally {
      await world.end();
      await dead.stop();
    }
  });

  it('tells what it may not connect to or send, and keeps what is disabled', async () => {
    await world.hook('inside', 'http://169.254.169.254/latest');
    await world.enqueue('inside', 'metadata');
    const { deliverer } = world.deliver();
    await world.store.enqueue([
      {
        id: 'of-withheld',
        webhookId: 'hook',
        modelId: 'withheld',
        historyId: '7',
        event: 'e',
        body: '{}',
      },
    ]);
    deliverer.wake();
    expect(await world.finished('hook', 'of-withheld')).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: 'Who made the webhook may not read the model any more',
    });
    expect(receiver.received).toEqual([]);
    expect(await world.finished('inside', 'metadata')).toMatchObject({
      status: 'failed',
      attempts: 1,
      error: expect.stringContaining('not public'),
    });
    const status = async (value: 'ACTIVE' | 'DISABLED') =>
      await world.store.update('hook', {
        status: value,
        updatedAt: '2026-01-01T00:00:00.000Z',
      });
    await status('DISABLED');
    await world.enqueue('hook', 'held');
    deliverer.wake();
    await world.enqueue('inside', 'x', 'y');
    deliverer.wake();
    await world.finished('inside', 'y');
    expect((await world.delivery('hook', 'held')).attempts).toBe(0);
    await status('ACTIVE');
    deliverer.wake();
    expect(await world.finished('hook', 'held')).toMatchObject({
      status: 'delivered',
    });
    expect(await world.store.removeFinished('2027-01-01')).toBe(4);
  });

  it('changes of a webhook what is given, and nothing else', async () => {
    const { store } = world;
    const before = (await store.get('hook'))!;
    const updatedAt = '2026-01-02T00:00:00.000Z';
    // Two that read it at once.
    await store.update('hook', { secret: 'sealed anew', updatedAt });
    await store.update('hook', { description: 'Ours', updatedAt });
    const changed = { ...before, secret: 'sealed anew', description: 'Ours' };
    expect(await store.get('hook')).toEqual({ ...changed, updatedAt });
    // Of what it was disabled for, somebody may have taken care meanwhile.
    await store.disable(before, 'gone');
    expect(await store.get('hook')).toMatchObject({ status: 'ACTIVE' });
    await store.disable({ ...changed, updatedAt }, 'gone');
    expect(await store.get('hook')).toMatchObject({
      status: 'DISABLED',
      disabledBecause: 'gone',
    });
    await store.update('hook', {
      secret: null,
      status: 'ACTIVE',
      disabledBecause: null,
      updatedAt,
    });
    expect(await store.get('hook')).toEqual({
      ...changed,
      secret: undefined,
      updatedAt,
    });
  });
});

describe('SecretBox', () => {
  it('opens only what it sealed, for whom it sealed it', () => {
    const sealed = secrets.seal('word', 'a');
    expect(sealed).not.toContain('word');
    expect(secrets.open(sealed, 'a')).toBe('word');
    expect(secrets.seal('word', 'a')).not.toBe(sealed);
    expect(() => secrets.open(sealed, 'b')).toThrow('cannot be read');
    expect(() =>
      new SecretBox('another key of enough characters').open(sealed, 'a'),
    ).toThrow('cannot be read');
    expect(() => secrets.open('word', 'a')).toThrow('format');
  });
});
