import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { DatabaseDeploymentStore } from './DatabaseDeploymentStore';
import { NewDeployment } from './DeploymentStore';
import { DeploymentRecord } from './DeploymentRecord';
import { NewRevision } from '../revisions/RevisionStore';
import { LeaderLease } from '../lease/LeaderLease';
import { allModels } from '../../registry/ModelScope';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const revision: NewRevision = {
  actor: 'user:default/mira',
  reason: 'Applied',
  variants: [
    { name: 'main', modelId: 'm1', model: 'iris', version: 1, weight: 100 },
  ],
};

const revisionOf = (...modelIds: string[]): NewRevision => ({
  ...revision,
  variants: modelIds.map(modelId => ({ ...revision.variants[0], modelId })),
});

function deployment(name: string, modelId = 'm1'): NewDeployment {
  return {
    name,
    modelId,
    model: 'iris',
    modelSlug: 'iris',
    system: 'plant-catalogue',
    owner: 'group:default/botany-ml',
    environment: 'local',
    spec: { system: 'plant-catalogue', environment: 'local', model: 'iris' },
    source: 'api',
    watched: { [modelId]: { latest: 1 } },
  };
}

const applied = { actor: 'user:default/mira', action: 'applied' };

async function setup(id: Parameters<typeof databases.init>[0]): Promise<Knex> {
  const knex = await databases.init(id);
  await knex.migrate.latest({
    directory: join(__dirname, '../../../migrations'),
  });
  return knex;
}

describe.each(databases.eachSupportedId())('deployments in %p', id => {
  it('keeps desired state, immutable revisions and history, and notices that others were first', async () => {
    const store = DatabaseDeploymentStore.create({ knex: await setup(id) });
    const made = await store.create(deployment('iris'), revision, applied);
    expect(made).toMatchObject({
      name: 'iris',
      generation: 1,
      revision: 1,
      off: false,
      deleting: false,
      phase: 'Pending',
      watched: { m1: { latest: 1 } },
    });
    await expect(
      store.create(deployment('iris'), revision, applied),
    ).rejects.toThrow('The name iris is taken');

    const second = await store.change(made, {
      set: {
        spec: { ...made.spec, model: 'iris' },
        watched: { m1: { latest: 2 } },
      },
      revision: {
        ...revision,
        reason: 'Version 2 was published',
        variants: [{ ...revision.variants[0], version: 2 }],
      },
      history: {
        actor: 'platform',
        action: 'triggered',
        reason: 'Version 2 was published',
      },
    });
    expect(second).toMatchObject({ revision: 2, generation: 2, changes: 2 });
    await expect(
      store.change(made, {
        set: { overrides: [] },
        history: { actor: 'x', action: 'off' },
      }),
    ).rejects.toThrow('changed by someone else');

    const costs = {
      kind: 'off' as const,
      by: 'user:default/mira',
      since: '2026-01-01T00:00:00.000Z',
      reason: 'costs',
    };
    const off = await store.change(second, {
      set: { overrides: [costs] },
      history: { actor: 'user:default/mira', action: 'off', reason: 'costs' },
    });
    expect(off).toMatchObject({
      off: true,
      overrides: [costs],
      generation: 2,
    });
    const on = await store.change(off, {
      set: { overrides: [] },
      history: { actor: 'user:default/mira', action: 'on' },
    });
    expect(on).toMatchObject({ off: false, overrides: [] });

    expect(
      (await store.revisions.list(made.id, { limit: 10 })).map(
        ({ number }) => number,
      ),
    ).toEqual([2, 1]);
    expect(
      await store.revisions.list(made.id, { limit: 10, before: 2 }),
    ).toMatchObject([
      { number: 1, variants: [{ version: 1 }], reason: 'Applied' },
    ]);
    expect((await store.revisions.current([on])).get(made.id)).toMatchObject({
      number: 2,
    });
    const history = await store.history(on, { limit: 3 });
    expect(history.map(({ action }) => action)).toEqual([
      'on',
      'off',
      'triggered',
    ]);
    expect(
      await store.history(on, { limit: 3, before: history[2].id }),
    ).toMatchObject([
      {
        action: 'applied',
        actor: 'user:default/mira',
        details: { revision: 1 },
      },
    ]);
  });

  it('tells one of two who change it at once, whatever number each wants', async () => {
    const store = DatabaseDeploymentStore.create({ knex: await setup(id) });
    const made = await store.create(deployment('iris'), revision, applied);
    const asked = {
      ...{ actor: 'x', reason: 'Applied', requesters: ['x'], variants: [] },
      ...{ breaks: [], gates: [], standing: { gates: [], problems: [] } },
    };
    for (const wanted of [{ revision }, { request: asked }]) {
      const from = (await store.get('iris'))!;
      const again = () =>
        store.change(from, { set: {}, ...wanted, history: applied });
      const ends = await Promise.allSettled([again(), again(), again()]);
      const refused = ends.flatMap(end =>
        end.status === 'rejected' ? [String(end.reason)] : [],
      );
      expect(refused).toEqual([
        expect.stringContaining('changed by someone else'),
        expect.stringContaining('changed by someone else'),
      ]);
    }
    expect(await store.get('iris')).toMatchObject({
      id: made.id,
      revision: 2,
      waitingRequest: 1,
    });
  });

  it('lists page by page, of those models only that may be read', async () => {
    const knex = await setup(id);
    const store = DatabaseDeploymentStore.create({ knex });
    for (const name of ['a', 'b', 'c', 'd']) {
      const modelId = name === 'c' ? 'secret' : 'open';
      await store.create(
        deployment(name, modelId),
        revisionOf(modelId),
        applied,
      );
    }
    const mixed = await store.create(
      deployment('mixed', 'open'),
      revisionOf('open', 'secret'),
      applied,
    );
    const first = await store.list({ limit: 2 }, (query, column) =>
      query.whereIn(column, ['open']),
    );
    expect(first.items.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(first.totalItems).toBe(3);
    const second = await store.list({ limit: 2, after: 'b' }, (query, column) =>
      query.whereIn(column, ['open']),
    );
    expect(second.items.map(({ name }) => name)).toEqual(['d']);
    const all = await store.list({ limit: 9, modelId: 'secret' }, allModels);
    expect(all.items.map(({ name }) => name)).toEqual(['c']);

    const modelIds = async (record: DeploymentRecord) =>
      (await store.modelIds([record])).get(record.id);
    // What serves counts as much as what is wanted; what is past, no more.
    const listed = async () =>
      (
        await store.list({ limit: 9, after: 'd' }, (query, column) =>
          query.whereIn(column, ['open']),
        )
      ).items.map(({ name }) => name);
    const fencing = await LeaderLease.create({ knex }).hold();
    const serve = async (servingRevision: number) =>
      await store.saveStatus(
        (await store.get('mixed'))!,
        {
          ...{ servingRevision, phase: 'Ready', conditions: [], runners: [] },
          drift: [],
        },
        fencing!,
      );
    expect(await modelIds(mixed)).toEqual(['open', 'secret']);
    expect(await listed()).toEqual([]);
    await serve(1);
    const changed = await store.change(mixed, {
      set: { watched: { open: {} } },
      revision: revisionOf('open'),
      history: applied,
    });
    expect(await modelIds(changed)).toEqual(['open', 'secret']);
    expect(await listed()).toEqual([]);
    await serve(2);
    expect(await listed()).toEqual(['mixed']);
    expect(await modelIds((await store.get('mixed'))!)).toEqual(['open']);
    expect(
      (await store.list({ limit: 9 }, allModels)).items.map(({ name }) => name),
    ).toEqual(['a', 'b', 'c', 'd', 'mixed']);
  });

  it('keeps nothing of a look at what was changed meanwhile', async () => {
    const knex = await setup(id);
    const store = DatabaseDeploymentStore.create({ knex });
    const seen = await store.create(deployment('iris'), revision, applied);
    const fencing = (await LeaderLease.create({ knex }).hold())!;
    const late = {
      servingRevision: 1,
      rolloutStartedAt: '2026-01-01T00:00:00.000Z',
      phase: 'Degraded' as const,
      ...{ conditions: [], runners: [], drift: [] },
    };
    expect(await store.saveStatus(seen, late, fencing)).toBe(true);
    const overdue = (await store.get('iris'))!;
    expect(overdue.rolloutStartedAt).toBe(late.rolloutStartedAt);
    // A cure comes while it is looked at.
    await store.change(overdue, { set: {}, revision, history: applied });
    await expect(
      store.saveStatus(overdue, { ...late, phase: 'Failed' }, fencing, [
        { actor: 'platform', action: 'failed' },
      ]),
    ).rejects.toThrow('changed by someone else');
    const cured = (await store.get('iris'))!;
    expect(cured).toMatchObject({ revision: 2, phase: 'Degraded' });
    expect(cured.rolloutStartedAt).toBeUndefined();
    const told = await store.history(cured, { limit: 9 });
    expect(told.map(({ action }) => action)).not.toContain('failed');

    // Who lets it move again gives it its time.
    const pause = {
      ...{ kind: 'pause' as const, by: 'user:default/mira' },
      since: '2026-01-01T00:00:00.000Z',
    };
    const paused = await store.change(cured, {
      set: { overrides: [pause] },
      history: applied,
    });
    await store.saveStatus(paused, late, fencing);
    const resumed = await store.change((await store.get('iris'))!, {
      set: { overrides: [] },
      history: applied,
    });
    expect(resumed.rolloutStartedAt).toBeUndefined();
    expect(await store.saveStatus(resumed, late, fencing - 1)).toBe(false);
  });

  it('lets one process lead, and takes no writes from one that led before', async () => {
    const knex = await setup(id);
    const store = DatabaseDeploymentStore.create({ knex });
    const made = await store.create(deployment('iris'), revision, applied);
    const status = {
      servingRevision: 1,
      phase: 'Ready' as const,
      conditions: [],
      runners: [],
      drift: ['latest is 2, serving 1'],
      url: 'http://127.0.0.1:7080/iris',
    };
    let now = 1_000_000;
    const clock = () => now;
    const pass = async (milliseconds: number) => {
      now += milliseconds;
      await knex('deployment_leases').decrement('expires_at', milliseconds);
    };
    const told: Array<number | undefined> = [];
    const first = LeaderLease.create({
      knex,
      ttlMs: 15_000,
      clock,
      onChanged: fencing => told.push(fencing),
    });
    // Whose clock is an hour ahead: they go by the database's.
    const second = LeaderLease.create({
      knex,
      ttlMs: 15_000,
      clock: () => now + 3_600_000,
    });
    const led = await first.hold();
    expect(led).toBeDefined();
    expect(await second.hold()).toBeUndefined();
    const entry = (action: string) => [{ actor: 'platform', action }];
    expect(
      await store.saveStatus(made, status, led!, entry('canary-started')),
    ).toBe(true);
    // Who is killed after this line has told that it served: it can be gone back to.
    const served = await store.revisions.get(made.id, 1);
    expect(served?.firstServedAt).toBeDefined();

    expect(await second.hold()).toBeUndefined();
    await pass(10_000);
    expect(await first.hold()).toBe(led);
    await pass(10_000);
    expect(await second.hold()).toBeUndefined();
    await pass(6_000);
    const taken = await second.hold();
    expect(taken).toBeGreaterThan(led!);
    expect(await first.hold()).toBeUndefined();
    expect(
      await store.saveStatus(
        made,
        { ...status, phase: 'Failed' },
        led!,
        entry('failed'),
      ),
    ).toBe(false);
    expect(await store.revisions.get(made.id, 1)).toEqual(served);
    // What is told is in one transaction with what is so.
    expect(
      (await store.history(made, { limit: 9 })).map(({ action }) => action),
    ).toEqual(['canary-started', 'applied']);
    await expect(first.requireHeld(knex, led!)).rejects.toThrow('leads by now');
    await second.requireHeld(knex, taken!);
    expect(await store.get('iris')).toMatchObject({
      phase: 'Ready',
      drift: ['latest is 2, serving 1'],
    });

    // Nor does what it makes by itself come in late.
    const late = store.asLeader(led!);
    const standing = { gates: [], problems: ['late'] };
    const history = { actor: 'platform', action: 'late' };
    const source = {
      entityRef: 'modeldeployment:default/iris',
      location: 'url:https://git.example.org/iris.yaml',
      name: 'iris',
      state: 'applied' as const,
      updatedAt: '2026-01-01T00:00:00.000Z',
    };
    const asked = await store.change(made, {
      set: {},
      history: applied,
      request: {
        ...{ actor: 'platform', reason: 'Asked', requesters: [] },
        ...{ variants: revision.variants, breaks: [], gates: [] },
        standing: { gates: [], problems: [] },
      },
    });
    const [request] = (await store.requests.waiting([made.id])).values();
    await store.sources.save(source);
    const writes: Array<() => Promise<unknown>> = [
      () => late.create(deployment('late'), revision, history),
      () => late.change(asked, { set: { deleting: true }, history }),
      () => late.addHistory(asked, history),
      () => late.triggerStates.save(made.id, { metrics: {}, schedules: {} }),
      () => late.requests.saveStanding(request, standing),
      () => late.sources.save({ ...source, state: 'refused' }),
      () => late.sources.drop(source.entityRef),
    ];
    for (const write of writes) {
      await expect(write()).rejects.toThrow('leads by now');
    }
    expect((await store.all()).map(({ name }) => name)).toEqual(['iris']);
    expect((await store.get('iris'))?.deleting).toBe(false);
    expect((await store.history(asked, { limit: 1 }))[0].action).not.toBe(
      'late',
    );
    expect(await knex('deployment_trigger_states')).toEqual([]);
    expect((await store.requests.get(made.id, 1))?.standing.problems).toEqual(
      [],
    );
    expect(await store.sources.list()).toMatchObject([{ state: 'applied' }]);
    const leading = store.asLeader(taken!);
    await leading.requests.saveStanding(request, standing);
    expect((await store.requests.get(made.id, 1))?.standing).toEqual(standing);

    await second.release();
    const again = await first.hold();
    expect(again).toBeGreaterThan(taken!);
    await pass(16_000);
    const together = await Promise.all([first.hold(), first.hold()]);
    expect(together[0]).toBeGreaterThan(again!);
    expect(together[1]).toBe(together[0]);
    expect(told).toEqual([led, undefined, again, together[0]]);
    const exclusive = LeaderLease.create({ knex, exclusive: true, clock });
    expect(await exclusive.hold()).toBeDefined();
  });

  it('keeps tokens by their hash, and tells the gateway of those that live only', async () => {
    const knex = await setup(id);
    const store = DatabaseDeploymentStore.create({ knex });
    const made = await store.create(deployment('iris'), revision, applied);
    const token = (tokenId: string, expiresAt?: string) => ({
      id: tokenId,
      deploymentId: made.id,
      endpoint: 'iris',
      consumer: 'component:default/shop',
      createdBy: 'user:default/arun',
      createdAt: '2026-01-01T00:00:00.000Z',
      expiresAt,
    });
    const history = { actor: 'user:default/arun', action: 'token-made' };
    const add = async (tokenId: string, expiresAt?: string, maxLive = 9) =>
      await store.tokens.add(made, token(tokenId, expiresAt), {
        hash: tokenId.padEnd(64, '0'),
        maxLive,
        history,
      });
    const limits = {
      rate: { calls: 5, per: 'second' as const },
      mayChooseVariant: true,
    };
    await store.tokens.add(
      made,
      { ...token('forever'), ...limits },
      { hash: 'forever'.padEnd(64, '0'), maxLive: 9, history },
    );
    await add('short', '2026-01-01T00:05:00.000Z');
    await add('revoked');
    const revoke = async (tokenId: string) =>
      await store.tokens.revoke(made, tokenId, {
        at: '2026-01-01T00:01:00.000Z',
        actor: 'user:default/arun',
      });
    await revoke('revoked');
    await revoke('revoked');
    // Whoever comes at the same moment: no more than may live, and none without its history.
    const many = await Promise.all(
      ['a', 'b', 'c', 'd'].map(name =>
        add(name, '2026-01-01T00:01:30.000Z', 4),
      ),
    );
    expect(many.filter(Boolean)).toHaveLength(2);
    await expect(add('forever')).rejects.toThrow();
    const actions = (await store.history(made, { limit: 50 })).map(
      ({ action }) => action,
    );
    expect(actions.filter(action => action === 'token-made')).toHaveLength(5);
    expect(actions.filter(action => action === 'token-revoked')).toHaveLength(
      1,
    );
    const listed = async (limit: number) =>
      (
        await store.tokens.list(
          made.id,
          new Date('2026-01-01T00:06:00Z'),
          limit,
        )
      ).map(({ id: tokenId }) => tokenId);
    expect(await listed(1)).toEqual(['forever']);
    expect(await listed(9)).toHaveLength(5);
    const live = async (at: string) =>
      (await store.tokens.live(made.id, new Date(at))).map(
        ({ id: tokenId }) => tokenId,
      );
    expect(await live('2026-01-01T00:02:00Z')).toEqual(['forever', 'short']);
    expect(await live('2026-01-01T00:06:00Z')).toEqual(['forever']);
    const both = await store.tokens.live(
      made.id,
      new Date('2026-01-01T00:02:00Z'),
    );
    expect(both[0]).toMatchObject(limits);
    expect(both[1]).toMatchObject({
      rate: undefined,
      mayChooseVariant: undefined,
    });
    expect(await revoke('other')).toBeUndefined();
    expect(await store.tokens.dropExpired(new Date('2026-02-01'))).toBe(3);

    // Numbers go on counting when a name is used again.
    const fencing = await LeaderLease.create({ knex }).hold();
    const gone = await store.change(made, {
      set: { deleting: true },
      history: { actor: 'x', action: 'deleted' },
    });
    await store.erase(gone.id, fencing!);
    expect(await store.get('iris')).toBeUndefined();
    expect(await listed(9)).toEqual([]);
    await expect(add('late')).rejects.toThrow('was deleted in the meantime');
    const again = await store.create(deployment('iris'), revision, applied);
    expect(again.revision).toBe(2);
  });
});
