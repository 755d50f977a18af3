import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { LocalDriver } from '@model-platform/plugin-model-platform-backend-module-local';
import { Knex } from 'knex';
import { TestHost } from '../../__testUtils__/TestHost';
import { line, TestModels } from '../../__testUtils__/TestModels';
import { until } from '../../__testUtils__/until';
import { TestPortal } from '../__testUtils__/TestPortal';
import { platformActor } from '../access/DeploymentActor';
import { etagOf } from '../changes/deploymentEtag';
import { DeploymentRecord } from '../store/DeploymentRecord';

jest.setTimeout(120_000);

describe('reconciling with the local driver and its host', () => {
  const databases = TestDatabases.create({ ids: ['SQLITE_3'] });
  let dataDir: string;
  let knex: Knex;
  let host: TestHost;
  let models: TestModels;
  let driver: LocalDriver;
  let store: TestPortal['store'];
  let deployments: TestPortal['deployments'];
  let tokens: TestPortal['tokens'];
  let stop: () => Promise<void>;

  beforeAll(TestHost.build);

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'model-platform-reconciler-'));
    knex = await databases.init('SQLITE_3');
    await knex.migrate.latest({
      directory: join(__dirname, '../../../migrations'),
    });
    host = new TestHost(dataDir);
    models = new TestModels();
    await models.publish(1);
    driver = LocalDriver.fromConfig(
      new ConfigReader({ modelPlatform: { local: { dataDir } } }),
      { logger: mockServices.logger.mock() },
    );
    portal();
  });

  afterEach(async () => {
    await stop();
    await host.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  function portal(readyTimeoutMs?: number) {
    const started = new TestPortal({
      ...{ knex, models, readyTimeoutMs },
      drivers: [driver],
    });
    ({ store, deployments, tokens } = started);
    stop = () => started.stop();
  }

  async function ready(
    name: string,
    revision: number,
  ): Promise<DeploymentRecord> {
    try {
      return await until(`${name} serves revision ${revision}`, async () => {
        const found = await store.get(name);
        return (
          found?.phase === 'Ready' &&
          found.servingRevision === revision &&
          found
        );
      });
    } catch (error) {
      const found = await store.get(name);
      throw new Error(
        `${error}\n${JSON.stringify(found, undefined, 1)}\n${host.output}`,
      );
    }
  }

  async function predict(url: string, token: string) {
    const response = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ inputs: line }),
    });
    return {
      status: response.status,
      version: response.headers.get('x-model-version'),
      variant: response.headers.get('x-model-variant'),
      body: await response.json(),
    };
  }

  const spec = {
    system: 'plant-catalogue',
    environment: 'local',
    model: 'iris',
  };

  it('serves, follows new versions without a failed request, rolls back, switches off and on, and leaves nothing', async () => {
    await host.start();
    await deployments.apply('iris', spec, platformActor);
    const first = await ready('iris', 1);
    const { token, id } = await tokens.create(first, {
      consumer: 'shop',
      createdBy: 'user:default/arun',
    });
    const url = first.url ?? '';
    const answer = await until('the token is known', async () => {
      const found = await predict(url, token);
      return found.status === 200 && found;
    });
    expect(answer).toMatchObject({
      version: '1',
      variant: 'main',
      body: { outputs: { species: 'setosa' }, model: { name: 'iris' } },
    });

    // A runner's code cannot count for the model of somebody else.
    expect(await driver.scrapeTargets()).toContainEqual(
      expect.objectContaining({
        kind: 'runner',
        labels: {
          system: 'plant-catalogue',
          model: 'iris',
          endpoint: 'iris',
          variant: 'main',
          version: '1',
          revision: '1',
        },
      }),
    );

    // Calls all the time, while a new version takes over.
    const seen = new Map<string, number>();
    let calling = true;
    const caller = (async () => {
      while (calling) {
        const { status, version } = await predict(url, token);
        const key = `${status} v${version}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    })();
    await models.publish(2);
    await ready('iris', 2);
    await until(
      'version 2 answers',
      async () => (seen.get('200 v2') ?? 0) > 20,
    );
    calling = false;
    await caller;
    expect([...seen.keys()].sort()).toEqual(['200 v1', '200 v2']);
    await until('the old runner is gone', async () => {
      const { runners } = await driver.observe({ name: 'iris' });
      return runners.length === 1 && runners[0].revision === 2;
    });

    await deployments.rollback('iris', platformActor, { reason: 'worse' });
    await ready('iris', 3);
    expect((await predict(url, token)).version).toBe('1');
    // Rolled back is rolled back: version 2 does not come again by itself.
    await models.publish(4);
    const drifted = await until('it says so', async () => {
      const found = await store.get('iris');
      return found?.drift.includes('latest is 4, serving 1') && found;
    });
    expect(drifted.revision).toBe(3);
    expect(
      drifted.conditions.find(({ type }) => type === 'Progressing')?.message,
    ).toBe('Revision 3 has all traffic; latest is 4, serving 1');

    await tokens.revoke(first, id, 'user:default/arun');
    await until(
      'the token is refused',
      async () => (await predict(url, token)).status === 401,
    );

    await deployments.setOff('iris', true, platformActor, { reason: 'costs' });
    await until('nothing runs', async () => {
      const { runners, routedRevision } = await driver.observe({
        name: 'iris',
      });
      return runners.length === 0 && routedRevision === undefined;
    });
    await until(
      'it says so',
      async () => (await store.get('iris'))?.phase === 'Off',
    );
    expect((await store.get('iris'))?.overrides).toMatchObject([
      { kind: 'rollback', by: 'platform', reason: 'worse', revision: 1 },
      { kind: 'off', by: 'platform', reason: 'costs' },
    ]);
    // Who may call it is told so; who may not any more learns nothing.
    expect((await predict(url, token)).status).toBe(401);
    const other = await tokens.create(first, {
      consumer: 'shop',
      createdBy: 'user:default/arun',
    });
    const off = await until('a token made meanwhile is known', async () => {
      const found = await predict(url, other.token);
      return found.status === 503 && found;
    });
    expect(off.body.error.message).toContain("'iris' is switched off");
    await host.stop('SIGKILL');
    await host.start();
    await until(
      'it is still off after the host was killed',
      async () => (await predict(url, other.token)).status === 503,
    );
    await deployments.setOff('iris', false, platformActor);
    await ready('iris', 3);
    expect((await predict(url, other.token)).status).toBe(200);

    // What was put beside the spec is lifted: what it asks for is wanted again.
    const lifted = await deployments.lift('iris', platformActor);
    expect(lifted).toMatchObject({ overrides: [], revision: 4 });
    await ready('iris', 4);
    expect((await predict(url, other.token)).version).toBe('4');
    await until(
      'nothing differs any more',
      async () => (await store.get('iris'))?.drift.length === 0,
    );

    await deployments.delete('iris', platformActor);
    await until('the name is free', async () => !(await store.get('iris')));
    expect(await driver.list()).toEqual([]);
    const actions = (await store.history(first, { limit: 50 })).map(
      ({ action }) => action,
    );
    expect(actions).toEqual(
      expect.arrayContaining([
        'applied',
        'triggered',
        'rolled-back',
        'off',
        'on',
        'deleted',
        'serving',
      ]),
    );
  });

  it('keeps every change of those that are made at the same moment', async () => {
    const before = await deployments.apply('iris', spec, platformActor);
    const changed = { ...spec, resources: { cpu: '500m' } };
    await Promise.all([
      deployments.setOff('iris', true, platformActor),
      deployments.pause('iris', platformActor),
    ]);
    const both = await deployments.get('iris');
    expect(both.overrides.map(({ kind }) => kind).sort()).toEqual([
      'off',
      'pause',
    ]);
    // The same spec lifts nothing; another one lifts what was put beside the one before.
    await deployments.apply('iris', spec, platformActor);
    const same = await deployments.get('iris');
    expect([etagOf(same), same.overrides]).toEqual([
      etagOf(both),
      both.overrides,
    ]);
    await deployments.apply('iris', changed, platformActor);
    expect(await deployments.get('iris')).toMatchObject({
      overrides: [],
      spec: changed,
    });
    // Who says which state it must come from is told that it is another one.
    await expect(
      deployments.setOff('iris', false, platformActor, {
        ifMatch: etagOf(before),
      }),
    ).rejects.toMatchObject({ name: 'ConflictError' });
  });

  it('leaves the old revision serving where the new one does not become ready, and says why', async () => {
    await host.start();
    await stop();
    portal(3_000);
    await deployments.apply('iris', spec, platformActor);
    const first = await ready('iris', 1);
    const { token } = await tokens.create(first, {
      consumer: 'shop',
      createdBy: 'x',
    });
    await models.publish(2, { flavor: 'unheard-of' });
    const degraded = await until('it is degraded', async () => {
      const found = await store.get('iris');
      return found?.phase === 'Degraded' && found;
    });
    expect(degraded.servingRevision).toBe(1);
    const condition = degraded.conditions.find(
      ({ type }) => type === 'Degraded',
    );
    expect(condition).toMatchObject({
      status: 'True',
      reason: 'NotReadyInTime',
    });
    expect(condition?.message).toMatch(
      /revision 1 goes on serving.*The runner says: .*unheard-of/s,
    );
    await until(
      'its runners are gone',
      async () => (await driver.observe({ name: 'iris' })).runners.length === 1,
    );
    const givenUp = await until('it is given up', async () => {
      const found = await store.get('iris');
      return found?.givenUp && found;
    });
    // Newest first: it may have been told that it is late before.
    const told = (await store.history(first, { limit: 9 })).find(
      ({ action }) => action === 'degraded',
    );
    expect(told?.reason).toBe(
      givenUp.conditions.find(({ type }) => type === 'Degraded')?.message,
    );
    expect(told?.reason).toContain('was given up');
    expect(await predict(first.url ?? '', token)).toMatchObject({
      status: 200,
      version: '1',
    });

    // It has the time that it needs.
    await stop();
    portal();
    await models.publish(3);
    await ready('iris', 3);
    expect((await predict(first.url ?? '', token)).version).toBe('3');
  });

  it('gives up for good what is late beside one that serves, until it is asked for again', async () => {
    const isOpen = new Set<string>();
    const gates = createServer(({ url }, response) => {
      response.statusCode = isOpen.has(url ?? '') ? 200 : 503;
      response.end();
    });
    await once(gates.listen(0, '127.0.0.1'), 'listening');
    const { port } = gates.address() as AddressInfo;
    /** Loads once its gate is open. */
    const late = (gate: string) => `
import { setTimeout } from 'node:timers/promises';
const gate = 'http://127.0.0.1:${port}${gate}';
while ((await fetch(gate)).status !== 200) await setTimeout(20);
export async function predict(model, inputs) {
  return (await model.predict([inputs]))[0];
}
`;
    const bySteps = {
      ...spec,
      strategy: { type: 'canary', steps: [{ weight: 50 }] },
    };
    await host.start();
    await stop();
    portal(2_000);
    await models.publish(1, { code: late('/first') });
    await deployments.apply('iris', bySteps, platformActor);
    const found = async (
      what: string,
      probe: (record: DeploymentRecord) => boolean,
    ) =>
      await until(what, async () => {
        const record = await store.get('iris');
        return record && probe(record) && record;
      });
    const degradedOf = ({ conditions }: DeploymentRecord) =>
      conditions.find(({ type }) => type === 'Degraded');
    // With nothing to go back to, it is waited for.
    await found('it is late', ({ phase }) => phase === 'Failed');
    isOpen.add('/first');
    const serving = await ready('iris', 1);
    const made = await tokens.create(serving, {
      consumer: 'shop',
      createdBy: 'x',
    });
    const call = async () => await predict(serving.url ?? '', made.token);
    await until('it answers', async () => (await call()).status === 200);

    await models.publish(2, { code: late('/second') });
    const late2 = await found(
      'it is given up',
      record =>
        degradedOf(record)?.reason === 'NotReadyInTime' &&
        record.runners.every(({ revision }) => revision === 1),
    );
    expect(late2).toMatchObject({
      ...{ phase: 'Degraded', revision: 2, servingRevision: 1 },
      drift: ['latest is 2, serving 1'],
      givenUp: { revision: 2, servingRevision: 1 },
    });
    expect(
      late2.conditions.map(
        ({ type, status, reason }) => `${type} ${status} ${reason}`,
      ),
    ).toEqual([
      'Available True Serving',
      'Progressing False DeadlineExceeded',
      'Degraded True NotReadyInTime',
    ]);
    expect(degradedOf(late2)?.message).toContain('was given up');
    const { runners } = await driver.observe({ name: 'iris' });
    expect(runners.map(({ revision }) => revision)).toEqual([1]);
    isOpen.add('/second');

    // It is remembered by whoever looks next.
    await stop();
    portal(2_000);
    const other = await tokens.create(serving, {
      consumer: 'shop',
      createdBy: 'x',
    });
    await until(
      'the next portal looks',
      async () =>
        (await predict(serving.url ?? '', other.token)).status === 200,
    );
    await deployments.setOff('iris', true, platformActor);
    await found('it is off', ({ phase }) => phase === 'Off');
    await deployments.setOff('iris', false, platformActor);
    const on = await found(
      'it is on again',
      ({ phase, runners: all }) =>
        phase === 'Degraded' && all.some(one => one.phase === 'ready'),
    );
    expect(on.runners.map(({ revision }) => revision)).toEqual([1]);
    expect((await call()).version).toBe('1');
    await expect(
      deployments.promote('iris', platformActor, {}),
    ).rejects.toThrow('no canary under way');
    await expect(
      deployments.rollback('iris', platformActor, { revision: 2 }),
    ).rejects.toThrow('it did not become ready in time');

    // Asked for once more, it is another revision, which has the time that it needs.
    await stop();
    portal();
    await deployments.apply('iris', bySteps, platformActor);
    const again = await ready('iris', 3);
    expect(again.givenUp).toBeUndefined();
    expect((await call()).version).toBe('2');
    gates.close();
  });

  it('takes tokens back, and switches off, while a revision cannot be prepared', async () => {
    await host.start();
    await deployments.apply('iris', spec, platformActor);
    const first = await ready('iris', 1);
    const url = first.url ?? '';
    const create = () =>
      tokens.create(first, { consumer: 'shop', createdBy: 'x' });
    const [one, other] = [await create(), await create()];
    const answers = (token: string, status: number) =>
      until(
        `it answers ${status}`,
        async () => (await predict(url, token)).status === status,
      );
    await answers(other.token, 200);

    models.unreadable.set(2, () => new Readable({ read() {} }));
    await models.publish(2);
    await until('it says what it waits for', async () =>
      (
        await store.get('iris')
      )?.conditions.some(({ message }) =>
        message.includes('packages of revision 2 are being fetched'),
      ),
    );
    await tokens.revoke(first, one.id, 'x');
    await answers(one.token, 401);
    expect((await predict(url, other.token)).version).toBe('1');

    await deployments.setOff('iris', true, platformActor);
    await answers(other.token, 503);
    models.unreadable.set(2, () => Readable.from([]));
    await deployments.setOff('iris', false, platformActor);
    await until('it says what failed', async () =>
      (
        await store.get('iris')
      )?.conditions.some(({ message }) =>
        message.includes('nothing was started from it'),
      ),
    );
    models.unreadable.clear();
    await ready('iris', 2);
    expect(await predict(url, other.token)).toMatchObject({
      status: 200,
      version: '2',
    });

    models.unreadable.set(3, () => Readable.from([]));
    await models.publish(3);
    await until('it says what failed', async () =>
      (
        await store.get('iris')
      )?.conditions.some(({ message }) =>
        message.includes('nothing was started from it'),
      ),
    );
    await tokens.revoke(first, other.id, 'x');
    await answers(other.token, 401);
  });

  it('waits for a host that is not there, goes on after portal and host were killed, and clears leftovers', async () => {
    await deployments.apply('iris', spec, platformActor);
    const waiting = await until('it says what is missing', async () => {
      const found = await store.get('iris');
      return (
        found?.conditions.some(({ message }) =>
          message.includes('npm start'),
        ) && found
      );
    });
    expect(waiting.phase).toBe('Pending');
    await host.start();
    const first = await ready('iris', 1);
    const { token } = await tokens.create(first, {
      consumer: 'shop',
      createdBy: 'x',
    });
    await until(
      'it answers',
      async () => (await predict(first.url ?? '', token)).status === 200,
    );

    await stop();
    expect((await predict(first.url ?? '', token)).status).toBe(200);
    await host.stop('SIGKILL');
    await host.start();
    portal();
    await deployments.apply(
      'iris',
      {
        ...spec,
        variants: [
          { name: 'champion', version: { number: 1 }, weight: 50 },
          { name: 'challenger', version: { latest: true }, weight: 50 },
          { name: 'shadow', version: { latest: true }, shadow: 100 },
        ],
        strategy: { type: 'shadow' },
      },
      platformActor,
    );
    const second = await ready('iris', 2);
    const variants = new Set<string | null>();
    await until('both variants answer', async () => {
      variants.add((await predict(second.url ?? '', token)).variant);
      return variants.has('champion') && variants.has('challenger');
    });
    const shadows = (await driver.scrapeTargets()).filter(
      ({ isShadow }) => isShadow,
    );
    expect(shadows.map(({ id }) => id)).toEqual(['local/iris--r2-shadow-0']);
    await deployments.promote('iris', platformActor, { variant: 'shadow' });
    await ready('iris', 3);
    const promoted = (await driver.scrapeTargets()).find(
      ({ id }) => id === 'local/iris--r3-shadow-0',
    );
    expect(promoted).toMatchObject({ kind: 'runner' });
    expect(promoted?.isShadow).toBeUndefined();
    for (let call = 0; call < 20; call += 1) {
      expect((await predict(second.url ?? '', token)).variant).toBe('shadow');
    }

    await stop();
    await knex('deployments').delete();
    portal();
    await until(
      'what nothing wants is gone',
      async () => (await driver.list()).length === 0,
    );
  });

  it('takes nothing from a leader that hung while another one took over', async () => {
    await host.start();
    let goOn: () => void = () => {};
    const hung = new Promise<void>(resolve => {
      goOn = resolve;
    });
    // It hangs over the files of a revision, with its lease number in hand.
    let isAsked = false;
    models.unreadable.set(1, () => {
      isAsked = true;
      return Readable.from(
        (async function* late() {
          await hung;
          yield* createReadStream(models.file);
        })(),
      );
    });
    await deployments.apply('iris', spec, platformActor);
    await until('it hangs', async () => isAsked);
    const stopHung = stop;
    const hungDriver = driver;
    const before = (await knex('deployment_leases').first()).fencing;

    // Another process, which took the lease.
    models.unreadable.clear();
    await models.publish(2);
    driver = LocalDriver.fromConfig(
      new ConfigReader({ modelPlatform: { local: { dataDir } } }),
      { logger: mockServices.logger.mock() },
    );
    portal();
    await deployments.apply(
      'iris',
      { ...spec, variants: [{ name: 'next', version: { number: 2 } }] },
      platformActor,
    );
    const record = await until('the other one serves version 2', async () => {
      const found = await store.get('iris');
      return found?.phase === 'Ready' && found;
    });
    const after = (await knex('deployment_leases').first()).fencing;
    expect(Number(after)).toBeGreaterThan(Number(before));

    goOn();
    await stopHung();
    const ref = { name: 'iris' };
    const number = { fencing: Number(before) };
    const route = {
      revision: 1,
      environment: 'local',
      variants: [],
      tokens: [],
    };
    // Both go on asking for the lease, so that the number grows on.
    await expect(hungDriver.route(ref, route, number)).rejects.toThrow(
      new RegExp(`its number \\d+ was here, ${before} comes too late`),
    );
    await expect(hungDriver.remove(ref, number)).rejects.toThrow(
      'comes too late',
    );
    await expect(
      hungDriver.release(ref, { keep: [], newest: 99 }, number),
    ).rejects.toThrow('comes too late');
    expect(await driver.observe(ref)).toMatchObject({
      routedRevision: record.servingRevision,
      runners: [{ variant: 'next', phase: 'ready' }],
    });
    // The host remembers it over its own end.
    await host.stop('SIGKILL');
    await host.start();
    await until('the host is back', async () => {
      await driver.observe(ref);
      return true;
    });
    await expect(hungDriver.remove(ref, number)).rejects.toThrow(
      'comes too late',
    );
    // What a clock that was wrong has left there locks no leader out.
    const nothing = { name: 'nothing' };
    await hungDriver.remove(nothing, { fencing: 99_999_999_999 });
    const { fencing } = await knex('deployment_leases').first();
    await driver.remove(nothing, { fencing: Number(fencing) });
  });
});
