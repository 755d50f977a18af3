import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { Knex } from 'knex';
import { until } from '../../__testUtils__/until';
import { MemoryDriver } from '../__testUtils__/MemoryDriver';
import { TestModels } from '../__testUtils__/TestModels';
import { TestPortal } from '../__testUtils__/TestPortal';
import { platformActor } from '../access/DeploymentActor';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const spec = {
  system: 'customer-care',
  environment: 'local',
  model: 'churn',
};

/** Statements of this portal alone, without quotes. */
function statements(knex: Knex): string[] {
  const all: string[] = [];
  knex.on('query', ({ sql }: { sql: string }) =>
    all.push(sql.replace(/["`]/g, '')),
  );
  return all;
}

describe.each(databases.eachSupportedId())('two portals over one %p', id => {
  let knex: Knex;
  let driver: MemoryDriver;
  let leader: TestPortal;
  let other: TestPortal;
  let ofLeader: string[];
  let ofOther: string[];

  beforeEach(async () => {
    knex = await databases.init(id);
    await knex.migrate.latest({
      directory: join(__dirname, '../../../migrations'),
    });
    driver = new MemoryDriver();
    const models = new TestModels();
    models.add('churn');
    models.publish('churn', 1);
    // Each with its own events over the one pool.
    const [one, two] = [knex.withUserParams({}), knex.withUserParams({})];
    [ofLeader, ofOther] = [statements(one), statements(two)];
    const both = { models, drivers: [driver], exclusive: false };
    leader = new TestPortal({ ...both, knex: one });
    await until('one leads', async () => leader.lease.hold());
    other = new TestPortal({ ...both, knex: two });
    await leader.deployments.apply('shop', spec, platformActor);
    await until('it serves', async () => {
      const shop = await leader.store.get('shop');
      return shop?.phase === 'Ready';
    });
  });

  afterEach(async () => {
    await Promise.all([leader.stop(), other.stop()]);
  });

  /** How often the other one has asked to lead. */
  const holds = () =>
    ofOther.filter(sql => sql.includes('insert into deployment_leases')).length;
  const passes = () =>
    ofLeader.filter(sql => /^select \* from deployments order/.test(sql))
      .length;

  it('asks to lead now and then, whatever the one is told that does not', async () => {
    const [begin, holdsBefore, passesBefore] = [Date.now(), holds(), passes()];
    await until('the leader has looked again and again', async () => {
      other.reconciler.wake('shop');
      return passes() >= passesBefore + 4;
    });
    // Once a second at most, of so many times that it was woken.
    const seconds = (Date.now() - begin) / 1_000;
    expect(holds() - holdsBefore).toBeLessThan(seconds + 2);
    await leader.stop();
    await leader.lease.release();
    await other.deployments.setOff('shop', true, platformActor);
    await until('the other one leads', async () =>
      driver.begun.includes('switchOff shop'),
    );
  });

  it('asks a database that refuses now and then, and goes on', async () => {
    await knex.schema.renameTable('deployments', 'elsewhere');
    leader.reconciler.wake('shop');
    const before = holds();
    await until(
      'the other one has asked to lead again and again',
      async () => holds() >= before + 4,
    );
    expect(leader.logger.error.mock.calls.length).toBeGreaterThan(1);
    expect(leader.logger.error.mock.calls.length).toBeLessThan(15);
    await knex.schema.renameTable('elsewhere', 'deployments');
    await leader.deployments.setOff('shop', true, platformActor);
    await until('it is switched off', async () =>
      driver.begun.includes('switchOff shop'),
    );
  });

  it('does soon what the other one was told, also where a deployment is looked at less and less', async () => {
    const shop = await leader.deployments.get('shop');
    const consumer = { consumer: 'plant-guide', createdBy: 'x' };
    const one = await other.tokens.create(shop, consumer);
    const isLetIn = () =>
      driver.routes.get('shop')?.tokens.some(({ id: own }) => own === one.id);
    await until('the token is let in', async () => isLetIn());
    driver.failing.set('apply', { afterMs: 0, message: 'no such wheel' });
    await leader.deployments.apply(
      'shop',
      { ...spec, resources: { cpu: '500m' } },
      platformActor,
    );
    const tried = () =>
      driver.begun.filter(change => change === 'apply shop').length;
    // By then the next look is at least seven seconds away.
    await until('it was tried again', async () => tried() >= 6);
    let before = passes();
    await other.tokens.revoke(shop, one.id, 'x');
    await until('the token is refused', async () => !isLetIn());
    expect(passes() - before).toBeLessThan(4);

    before = passes();
    await other.deployments.setOff('shop', true, platformActor);
    await until('it is switched off', async () =>
      driver.begun.includes('switchOff shop'),
    );
    expect(passes() - before).toBeLessThan(4);
  });
});
