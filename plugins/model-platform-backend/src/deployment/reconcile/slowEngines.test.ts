import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { DeploymentSpec } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { until } from '../../__testUtils__/until';
import { MemoryDriver } from '../__testUtils__/MemoryDriver';
import { TestModels } from '../__testUtils__/TestModels';
import { TestPortal } from '../__testUtils__/TestPortal';
import { platformActor } from '../access/DeploymentActor';

jest.setTimeout(120_000);

/** More than are looked at at a time. */
const MANY = Array.from({ length: 12 }, (_, index) => `many-${index}`);

describe('reconciling over engines that take their time', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let knex: Knex;
  let driver: MemoryDriver;
  let models: TestModels;
  let portal: TestPortal;
  let store: TestPortal['store'];
  let deployments: TestPortal['deployments'];
  let tokens: TestPortal['tokens'];

  beforeEach(async () => {
    knex = await databases.init('SQLITE_3');
    await knex.migrate.latest({
      directory: join(__dirname, '../../../migrations'),
    });
    models = new TestModels();
    models.add('churn');
    models.publish('churn', 1, { resources: { replicas: { min: 0, max: 2 } } });
    start([new MemoryDriver()]);
  });

  afterEach(async () => await portal.stop());

  function start(drivers: MemoryDriver[], environments?: object[]) {
    [driver] = drivers;
    portal = new TestPortal({ knex, models, drivers, environments });
    ({ store, deployments, tokens } = portal);
  }

  async function apply(name: string, change: Partial<DeploymentSpec> = {}) {
    return await deployments.apply(
      name,
      {
        system: 'customer-care',
        environment: 'local',
        model: 'churn',
        ...change,
      },
      platformActor,
    );
  }

  const ready = async (name: string) =>
    await until(`${name} is ready`, async () => {
      const found = await store.get(name);
      return found?.phase === 'Ready' && found;
    });

  const timesApplied = (name: string) =>
    driver.begun.filter(change => change === `apply ${name}`).length;

  /** Newest first. */
  const toldDegraded = async (name: string) =>
    (await store.history(await deployments.get(name), { limit: 100 }))
      .filter(({ action }) => action === 'degraded')
      .map(({ reason }) => reason);

  /** A token comes and goes, whatever else is under way. */
  async function expectTokensToMove(name: string) {
    const deployment = await deployments.get(name);
    const { id } = await tokens.create(deployment, {
      consumer: 'shop',
      createdBy: 'x',
    });
    const isLetIn = () =>
      driver.routes.get(name)?.tokens.some(token => token.id === id) ?? false;
    await until('it is let in', async () => isLetIn());
    await tokens.revoke(deployment, id, 'x');
    await until('it is refused', async () => !isLetIn());
  }

  it('refuses tokens that were revoked while others are removed, and leftovers go', async () => {
    for (const name of ['shop', ...MANY]) await apply(name);
    for (const name of ['shop', ...MANY]) await ready(name);
    await knex('deployments').where({ name: 'many-0' }).delete();
    const goOn = driver.hold('remove');
    for (const name of MANY.slice(1)) {
      await deployments.delete(name, platformActor);
    }
    await until('all of them are being removed', async () =>
      MANY.slice(1).every(name => driver.begun.includes(`remove ${name}`)),
    );
    await expectTokensToMove('shop');
    await until('the leftover is being removed', async () =>
      driver.begun.includes('remove many-0'),
    );
    await expectTokensToMove('shop');
    goOn();
    await until(
      'nothing is left of them',
      async () => (await driver.list()).length === 1,
    );
    await until(
      'their names are free',
      async () => (await store.all()).length === 1,
    );
    // Each was begun once, however often it was looked at.
    expect(new Set(driver.begun).size).toBe(driver.begun.length);
  });

  it('refuses tokens that were revoked while others are prepared', async () => {
    await apply('shop');
    await ready('shop');
    const goOn = driver.hold('apply');
    for (const name of MANY) await apply(name);
    await expectTokensToMove('shop');
    goOn();
    for (const name of MANY) {
      expect((await ready(name)).servingRevision).toBe(1);
    }
  });

  it('goes on with what was switched off, and on again, only once it is off', async () => {
    await apply('shop');
    await ready('shop');
    const goOn = driver.hold('switchOff');
    await deployments.setOff('shop', true, platformActor);
    await until('it is being switched off', async () =>
      driver.begun.includes('switchOff shop'),
    );
    await deployments.setOff('shop', false, platformActor);
    await apply('other');
    await ready('other');
    expect(timesApplied('shop')).toBe(1);
    goOn();
    await until('it runs again', async () => timesApplied('shop') === 2);
    await until(
      'it serves again',
      async () => driver.routes.get('shop')?.variants.length === 1,
    );
  });

  it('serves again what a person paused, where all of it is gone', async () => {
    const routed = () => driver.routes.get('shop')?.revision;
    const lose = async () => {
      await driver.remove({ name: 'shop' });
      portal.reconciler.wake('shop');
    };
    await apply('shop');
    await ready('shop');
    await deployments.pause('shop', platformActor);
    await lose();
    await until('it has its traffic again', async () => routed() === 1);
    expect(await ready('shop')).toMatchObject({ servingRevision: 1 });

    // What was under way gets none of it meanwhile.
    await deployments.resume('shop', platformActor);
    driver.unready = 2;
    await apply('shop', { resources: { cpu: '1' } });
    await until('the next one starts', async () =>
      (await store.get('shop'))?.runners.some(({ revision }) => revision === 2),
    );
    const follow = jest.spyOn(deployments, 'follow');
    await deployments.pause('shop', platformActor);
    // A look from before it was paused would let it have its traffic.
    await until('it is looked at as it is now', async () =>
      follow.mock.calls.some(([seen]) => seen.overrides.length > 0),
    );
    follow.mockRestore();
    driver.unready = undefined;
    const isHeld = async () =>
      (await store.get('shop'))?.conditions.some(
        ({ type, reason }) => type === 'Progressing' && reason === 'Paused',
      );
    await until('it is held', isHeld);
    await expect(
      deployments.promote('shop', platformActor, { variant: 'main' }),
    ).rejects.toThrow('resume shop');
    await lose();
    await until('the one before serves again', async () => routed() === 1);
    await until('it is held again', isHeld);
    await deployments.resume('shop', platformActor);
    await until('the next one serves', async () => routed() === 2);
  });

  it('keeps saying why a revision cannot be prepared, and tries it less and less', async () => {
    await apply('shop');
    await ready('shop');
    driver.failing.set('apply', { afterMs: 400, message: 'no such wheel' });
    await apply('shop', { resources: { replicas: { min: 1, max: 3 } } });
    await until('it was tried again', async () => timesApplied('shop') >= 4);
    expect(await toldDegraded('shop')).toEqual([
      expect.stringContaining('no such wheel'),
    ]);
    driver.failing.clear();
    await until(
      'it serves',
      async () => (await store.get('shop'))?.servingRevision === 2,
    );
  });

  it('goes on saying that the one before answers where the next one cannot be prepared, and gives that up', async () => {
    const verdicts = async () =>
      (await deployments.get('shop')).conditions.map(
        ({ type, status, reason }) => `${type} ${status} ${reason}`,
      );
    await apply('shop');
    await ready('shop');
    driver.failing.set('apply', { afterMs: 0, message: 'no such wheel' });
    await apply('shop', { resources: { replicas: { min: 1, max: 3 } } });
    const failing = await until('it says what failed', async () => {
      const found = await deployments.get('shop');
      return (
        JSON.stringify(found.conditions).includes('no such wheel') && found
      );
    });
    expect(await verdicts()).toEqual([
      'Available True Serving',
      'Progressing False Waiting',
      'Degraded True Error',
    ]);
    expect(failing).toMatchObject({
      ...{ phase: 'Degraded', servingRevision: 1 },
      rolloutStartedAt: expect.any(String),
    });
    expect(failing.conditions[0].message).toBe('Revision 1 answers');
    expect(failing.givenUp).toBeUndefined();

    // Engines out of reach are no fault of the revision.
    const unavailable = 'ServiceUnavailableError';
    driver.failing.set('apply', {
      ...{ afterMs: 0, message: 'no store', name: unavailable },
    });
    driver.readyTimeoutMs = 0;
    await until('it says what is away', async () =>
      (await verdicts()).includes(`Degraded True ${unavailable}`),
    );
    expect(await verdicts()).toContain('Available True Serving');
    expect((await deployments.get('shop')).givenUp).toBeUndefined();

    driver.failing.set('apply', { afterMs: 0, message: 'no such wheel' });
    const late = await until('it is given up', async () => {
      const found = await deployments.get('shop');
      return found.givenUp && found;
    });
    expect(late.givenUp).toEqual({
      ...{ revision: 2, servingRevision: 1 },
      couldNotBePrepared: 'no such wheel',
    });
    expect(await verdicts()).toEqual([
      'Available True Serving',
      'Progressing False DeadlineExceeded',
      'Degraded True NotReadyInTime',
    ]);
    const tries = timesApplied('shop');
    expect(portal.told.at(-1)).toMatchObject({
      action: 'degraded',
      deployment: {
        conditions: [
          {},
          {},
          {
            reason: 'NotReadyInTime',
            message: expect.stringContaining(
              'It could not be prepared: no such wheel',
            ),
          },
        ],
      },
    });
    // What is given up is tried no more, and the one before goes on.
    await expectTokensToMove('shop');
    expect(timesApplied('shop')).toBe(tries);
    expect(driver.routes.get('shop')?.revision).toBe(1);

    driver.failing.clear();
    await expectRollbackInPlaceOfPromote(2, 'was given up');
  });

  /** Each promise of traffic is kept: what is out of the running is served by `rollback`. */
  async function expectRollbackInPlaceOfPromote(revision: number, why: string) {
    for (const variant of ['main', undefined]) {
      const promoted = deployments.promote('shop', platformActor, { variant });
      await expect(promoted).rejects.toMatchObject({
        name: 'ConflictError',
        message: expect.stringMatching(
          `${why}.*rollback shop ${revision} --allow-unserved`,
        ),
      });
    }
    await deployments.rollback('shop', platformActor, {
      ...{ revision, allowUnserved: true },
    });
    await until(
      'it serves',
      async () => (await store.get('shop'))?.servingRevision === revision + 1,
    );
    const serving = await deployments.promote('shop', platformActor, {
      variant: 'main',
    });
    expect(serving.revision).toBe(revision + 1);
  }

  it('promotes nothing whose canary went back, and says what serves it', async () => {
    await apply('shop', {
      strategy: {
        type: 'canary',
        steps: [{ weight: 20, waitForPerson: true }],
      },
    });
    await ready('shop');
    models.publish('churn', 2, {});
    await until(
      'it is tried',
      async () => (await store.get('shop'))?.canary?.waitsFor === 'person',
    );
    await deployments.abort('shop', platformActor);
    await until(
      'it has gone back',
      async () => (await store.get('shop'))?.canary?.phase === 'rolled-back',
    );
    expect((await deployments.get('shop')).servingRevision).toBe(1);
    await expectRollbackInPlaceOfPromote(2, 'canary was rolled back');
  });

  it('tells that a revision was given up that was late before, while it was made anew', async () => {
    await apply('shop');
    await ready('shop');
    driver.unready = 2;
    await apply('shop', { resources: { cpu: '1' } });
    await until('the next one starts', async () =>
      (await store.get('shop'))?.runners.some(({ revision }) => revision === 2),
    );
    const goOn = driver.hold('apply');
    await driver.release({ name: 'shop' }, { keep: [1], newest: 2 });
    portal.reconciler.wake('shop');
    // A look from before that would find it late, and made, at once.
    await until('it is made anew', async () => timesApplied('shop') === 3);
    driver.readyTimeoutMs = 0;
    portal.reconciler.wake('shop');
    const degraded = async () => {
      const found = await store.get('shop');
      return found?.phase === 'Degraded' && found;
    };
    expect((await until('it is late', degraded)).givenUp).toBeUndefined();
    goOn();
    await until(
      'it is given up',
      async () => (await store.get('shop'))?.givenUp?.revision === 2,
    );
    expect(await toldDegraded('shop')).toEqual([
      expect.stringContaining('in time and was given up'),
      expect.stringContaining('in time; revision 1 goes on serving'),
    ]);
  });

  it('removes what is of an environment that is not configured any more', async () => {
    await portal.stop();
    start([new MemoryDriver()], [{ name: 'lab' }]);
    await apply('shop', { environment: 'lab' });
    await ready('shop');
    await portal.stop();
    start([driver]);
    await deployments.delete('shop', platformActor);
    await until(
      'its name is free',
      async () => (await store.get('shop')) === undefined,
    );
    expect(driver.begun).toContain('remove shop');
    expect(await driver.list()).toEqual([]);
    await apply('shop');
    await ready('shop');
  });

  it('says why something cannot be switched off', async () => {
    await apply('shop');
    await ready('shop');
    driver.failing.set('switchOff', { afterMs: 400, message: 'out of reach' });
    await deployments.setOff('shop', true, platformActor);
    const found = await until('it says so', async () => {
      const one = await store.get('shop');
      const said = JSON.stringify(one?.conditions);
      return said.includes('out of reach') && one;
    });
    expect(found.off).toBe(true);
    driver.failing.clear();
    await until(
      'it is off',
      async () => (await store.get('shop'))?.phase === 'Off',
    );
  });

  it('gives revisions the time that their engine takes, where nothing else is configured', async () => {
    await portal.stop();
    const drivers = [
      new MemoryDriver(),
      new MemoryDriver({ name: 'quick', readyTimeoutMs: 50 }),
    ];
    const both = [{ name: 'local' }, { name: 'lab', driver: 'quick' }];
    start(drivers, both);
    for (const environment of ['local', 'lab']) {
      await apply(environment, { environment });
      await ready(environment);
    }
    for (const one of drivers) one.unready = 2;
    const resources = { replicas: { min: 1, max: 3 } };
    for (const environment of ['local', 'lab'])
      await apply(environment, { environment, resources });
    const givenUp = async (name: string) =>
      await until(
        `${name} is given up`,
        async () => (await store.get(name))?.givenUp?.revision === 2,
      );
    await givenUp('lab');
    await until('the other one starts', async () => {
      const other = await store.get('local');
      return other?.revision === 2 && other.phase === 'Starting';
    });
    // What is configured holds for all.
    await portal.stop();
    portal = new TestPortal({
      ...{ knex, models, drivers, environments: both },
      readyTimeoutMs: 50,
    });
    ({ store } = portal);
    await givenUp('local');
    expect((await store.get('local'))?.servingRevision).toBe(1);
  });

  it('sends traffic to what runs as it must, whatever becomes of spares', async () => {
    driver.spares = ['failed', 'asleep'];
    await apply('shop');
    const degraded = await until('it lacks spares', async () => {
      const found = await store.get('shop');
      return found?.phase === 'Degraded' && found;
    });
    expect(degraded.servingRevision).toBe(1);
  });

  it('lets calls wait for runners only where these start for them', async () => {
    await apply('shop');
    await ready('shop');
    expect(driver.routes.get('shop')?.variants[0].sleeps).toBeUndefined();
    await portal.stop();
    start([new MemoryDriver({ scalesToZero: true })]);
    await until(
      'it sleeps',
      async () => driver.routes.get('shop')?.variants[0].sleeps === true,
    );
  });

  it('holds up no other engine where one does not answer', async () => {
    await apply('leftover');
    await ready('leftover');
    await portal.stop();
    await knex('deployments').delete();
    const stuck = new MemoryDriver({ name: 'stuck' });
    const goOn = [stuck.hold('list'), stuck.hold('observe')];
    start(
      [driver, stuck],
      [{ name: 'local' }, { name: 'far', driver: 'stuck' }],
    );
    try {
      for (const name of MANY) await apply(name, { environment: 'far' });
      await apply('shop');
      await ready('shop');
      await expectTokensToMove('shop');
      await until('what nobody wants is gone', async () => {
        const running = await driver.list();
        return running.length === 1;
      });
    } finally {
      for (const answer of goOn) answer();
    }
    for (const name of MANY) await ready(name);
    expect(new Set(await stuck.list())).toEqual(new Set(MANY));
  });

  it('looks at what is wanted by then, where a look has waited for its turn', async () => {
    for (const name of MANY) await apply(name);
    for (const name of MANY) await ready(name);
    const all = jest.spyOn(store, 'all');
    const lookedAround = async () => {
      const before = all.mock.calls.length;
      // One that had begun, one that sees it all, and it has ended.
      await until(
        'it has looked around',
        async () => all.mock.calls.length >= before + 3,
      );
    };
    const goOn = driver.hold('observe');
    portal.reconciler.wake();
    await until('all turns are taken', async () => driver.waiting.size >= 8);
    await lookedAround();
    const name = MANY.find(one => !driver.waiting.has(`observe ${one}`))!;
    await apply(name, { resources: { replicas: { min: 1, max: 3 } } });
    await lookedAround();
    const follow = jest.spyOn(deployments, 'follow');
    goOn();
    const looks = await until('it is looked at', async () => {
      const found = follow.mock.calls.filter(([seen]) => seen.name === name);
      return found.length > 0 && found;
    });
    expect(looks[0][0].revision).toBe(2);
    all.mockRestore();
    follow.mockRestore();
  });

  it('takes no change that comes during a look that fails for a fault', async () => {
    await apply('shop');
    await ready('shop');
    const goOn = driver.hold('observe');
    driver.failing.set('observe', { afterMs: 0, message: 'out of reach' });
    portal.reconciler.wake();
    await until('it is looked at', async () =>
      driver.waiting.has('observe shop'),
    );
    await apply('shop', { resources: { replicas: { min: 1, max: 3 } } });
    goOn();
    await until('it fails as it is now, too', async () => {
      const found = await store.get('shop');
      return JSON.stringify(found?.conditions).includes('out of reach');
    });
    driver.failing.clear();
    await until(
      'it serves',
      async () => (await store.get('shop'))?.servingRevision === 2,
    );
    expect(portal.logger.error).not.toHaveBeenCalled();
  });

  it('leaves nothing behind where an environment has moved to another driver', async () => {
    const moved = { name: 'local' };
    await portal.stop();
    start([driver], [moved, { name: 'gone' }]);
    await apply('shop');
    await apply('kept', { environment: 'gone' });
    await apply('stray');
    for (const name of ['shop', 'kept', 'stray']) await ready(name);
    await portal.stop();
    await knex('deployments').where({ name: 'stray' }).delete();
    const former = driver;
    const next = new MemoryDriver({ name: 'next' });
    next.unready = 1;
    start([next, former], [{ ...moved, driver: 'next' }]);
    await until('what nobody wants is removed', async () =>
      former.begun.includes('remove stray'),
    );
    await until('it starts at the other one', async () =>
      next.begun.includes('apply shop'),
    );
    // Who gave it the wrong one by mistake has lost nothing.
    expect(former.begun).not.toContain('remove shop');
    expect(former.routes.get('shop')?.variants).toHaveLength(1);
    next.unready = undefined;
    await until('it is with the other one alone', async () => {
      const [here, there] = [await driver.list(), await former.list()];
      return here.includes('shop') && !there.includes('shop');
    });
    await ready('shop');
    // Nobody knows whose it is, so it goes on.
    expect([...former.routes.keys()]).toEqual(['kept']);
    expect(await former.list()).toEqual(['kept']);
  });
});
