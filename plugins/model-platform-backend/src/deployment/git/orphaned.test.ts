import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { ConfigReader } from '@backstage/config';
import { Entity } from '@backstage/catalog-model';
import { CatalogService } from '@backstage/plugin-catalog-node';
import { mira, TestDeployments } from '../__testUtils__/TestDeployments';
import { GitDeployments } from './GitDeployments';
import { LeaderLease } from '../lease/LeaderLease';
import { toApiDeployment } from '../http/toApiDeployment';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const MINUTE = 60_000;
const url = 'url:https://git.example.org/crm/churn/model-deployment.yaml';

function declaration(
  location = url,
  annotations: Record<string, string> = {},
): Entity {
  return {
    apiVersion: 'model-platform.io/v1alpha1',
    kind: 'ModelDeployment',
    metadata: {
      name: 'churn',
      annotations: {
        'backstage.io/managed-by-location': location,
        ...annotations,
      },
    },
    spec: {
      owner: 'crm',
      system: 'customer-care',
      environment: 'local',
      model: 'churn',
    },
  };
}

function declaredIn(namespace: string): Entity {
  const declared = declaration();
  return { ...declared, metadata: { ...declared.metadata, namespace } };
}

describe.each(databases.eachSupportedId())('deployments as code in %p', id => {
  async function setup(prune: boolean) {
    const knex = await databases.init(id);
    const test = await TestDeployments.create(knex);
    test.models.add('churn');
    test.models.publish('churn', 1);
    let entities = [declaration()];
    const config = new ConfigReader({
      modelPlatform: {
        deploymentSources: [
          {
            urlPrefix: 'https://git.example.org',
            systems: ['*'],
            environments: ['*'],
            prune,
          },
        ],
      },
    });
    const options = {
      store: test.store,
      deployments: test.deployments,
      lease: LeaderLease.create({ knex }),
      // What the catalog has changes from look to look.
      catalog: {
        getEntities: async () => ({ items: entities }),
      } as Partial<CatalogService> as CatalogService,
      auth: mockServices.auth(),
      logger: mockServices.logger.mock(),
      clock: () => test.now,
    };
    let git = GitDeployments.fromConfig(config, options);
    await git.sync(await test.lead());
    return {
      test,
      git,
      knex,
      /** The portal starts anew. */
      restart() {
        git = GitDeployments.fromConfig(config, options);
      },
      declare(...declared: Entity[]) {
        entities = declared;
      },
      async sync(...declared: Entity[]) {
        entities = declared;
        await git.sync(await test.lead());
        return await test.store.get('churn');
      },
    };
  }

  it('is changed where it is declared', async () => {
    const { test, sync } = await setup(false);
    await expect(test.apply({ resources: { cpu: '1' } })).rejects.toThrow(
      `The deployment churn is declared in ${url}; change or remove it there`,
    );
    expect(
      await test.deployments.plan('churn', test.spec(), mira),
    ).toMatchObject({ declaredIn: url, action: 'change' });
    await expect(
      test.deployments.delete('churn', mira, { source: 'api' }),
    ).rejects.toThrow('is declared in');
    await test.deployments.setOff('churn', true, mira);
    // A file that is moved is still the same declaration.
    const moved = url.replace('churn/', 'models/');
    expect(await sync(declaration(moved))).toMatchObject({
      source: moved,
      off: true,
    });
    // One of the same name elsewhere is not.
    await sync(declaration(moved), declaredIn('other'));
    expect(
      (await test.store.sources.list()).map(({ entityRef, state, message }) => [
        entityRef,
        state,
        message,
      ]),
    ).toEqual([
      ['modeldeployment:default/churn', 'applied', undefined],
      [
        'modeldeployment:other/churn',
        'refused',
        expect.stringContaining(`is declared in ${moved}`),
      ],
    ]);
  });

  it.each([
    ['is allowed later', true],
    ['is gone', false],
  ])('is moved, is refused there and %s', async (_what, isAllowed) => {
    const { test, sync } = await setup(false);
    const to = url.replace('churn/', 'models/');
    const moved = declaration(to);
    const variants = [{ name: 'main', version: { number: 2 } }];
    const wrong = { ...moved, spec: { ...moved.spec, variants } };
    // Once it was looked at, and once more.
    for (let look = 0; look < 2; look += 1) {
      expect(await sync(wrong)).toMatchObject({ source: url });
      expect(await test.store.sources.list()).toMatchObject([
        {
          location: to,
          state: 'refused',
          message: expect.stringContaining('has no such version'),
        },
      ]);
      test.pass(MINUTE);
    }
    if (isAllowed) test.models.publish('churn', 2);
    const { source, revision, orphanedAt } =
      (await (isAllowed ? sync(wrong) : sync())) ?? {};
    expect({ source, revision, isOrphaned: orphanedAt !== undefined }).toEqual(
      isAllowed
        ? { source: to, revision: 2, isOrphaned: false }
        : { source: url, revision: 1, isOrphaned: true },
    );
    expect(await test.store.sources.list()).toMatchObject([
      { state: isAllowed ? 'applied' : 'orphaned' },
    ]);
  });

  it.each([
    ['as it was', {}, 'applied'],
    ['and refused there at first', { model: 'nobody' }, 'refused'],
  ])('is the same in another namespace, %s', async (_what, wrong, state) => {
    const { test, sync } = await setup(true);
    const named = declaredIn('crm');
    const changed = { ...named, spec: { ...named.spec, ...wrong } };
    // Longer than what is gone would be left.
    for (let minute = 0; minute < 12; minute += 1) {
      expect(await sync(changed)).toMatchObject({
        orphanedAt: undefined,
        deleting: false,
        revision: 1,
      });
      test.pass(MINUTE);
    }
    expect(await test.store.sources.list()).toMatchObject([
      { entityRef: 'modeldeployment:crm/churn', state, appliedFrom: url },
    ]);
    expect(await sync()).toMatchObject({ orphanedAt: expect.any(String) });
    expect((await sync(named))?.orphanedAt).toBeUndefined();
  });

  it('is declared once in a file, whatever the namespaces', async () => {
    const { test, sync } = await setup(false);
    const resources = { cpu: '2' };
    const other = declaredIn('crm');
    const second = { ...other, spec: { ...other.spec, resources } };
    const states = async () =>
      (await test.store.sources.list())
        .map(({ entityRef, state, message }) => ({ entityRef, state, message }))
        .sort((a, b) => a.entityRef.localeCompare(b.entityRef));
    for (const declared of [
      [second, declaration()],
      [declaration(), second],
    ]) {
      expect((await sync(...declared))?.spec.resources).toBeUndefined();
      expect(await states()).toEqual([
        {
          entityRef: 'modeldeployment:crm/churn',
          state: 'refused',
          message: expect.stringContaining(
            'modeldeployment:default/churn in the same file',
          ),
        },
        { entityRef: 'modeldeployment:default/churn', state: 'applied' },
      ]);
      test.pass(MINUTE);
    }
    expect(await sync(second)).toMatchObject({
      ...{ orphanedAt: undefined, revision: 2, spec: { resources } },
    });
    expect(await states()).toEqual([
      { entityRef: 'modeldeployment:crm/churn', state: 'applied' },
    ]);
  });

  it('is applied from a place with a long address', async () => {
    const { test, sync } = await setup(false);
    const long = url.replace('churn/', `${'deep/'.repeat(60)}`);
    expect(long.length).toBeGreaterThan(300);
    expect(await sync(declaration(long))).toMatchObject({ source: long });
    const further = declaration(long);
    further.metadata.name = 'other';
    await sync(declaration(long), further);
    expect(await test.store.get('other')).toMatchObject({ source: long });
  });

  it('holds up no other one while a name is given up', async () => {
    const { test, sync } = await setup(false);
    const deployment = (await test.store.get('churn'))!;
    await test.store.change(deployment, {
      set: { deleting: true },
      history: { actor: 'user:default/mira', action: 'deleted' },
    });
    const looked = jest.spyOn(test.store, 'get');
    const changed = declaration();
    await sync({ ...changed, spec: { ...changed.spec, allowBreaking: true } });
    expect(looked.mock.calls.length).toBeLessThan(5);
    expect(await test.store.sources.list()).toMatchObject([
      {
        state: 'refused',
        message: expect.stringContaining('is still being removed'),
      },
    ]);
  });

  it('is changed by the leader alone', async () => {
    const { test, git, knex, declare } = await setup(true);
    const hung = await test.lead();
    await LeaderLease.create({ knex, exclusive: true }).hold();
    const before = await test.store.get('churn');
    const declared = declaration();
    declare({
      ...declared,
      spec: { ...declared.spec, resources: { cpu: '2' } },
    });
    await expect(git.sync(hung)).rejects.toThrow('leads by now');
    expect(await test.store.get('churn')).toEqual(before);
  });

  it('goes on where its declaration is gone, until a person decides', async () => {
    const { test, sync } = await setup(false);
    const orphaned = await sync(
      declaration(url, { 'backstage.io/orphan': 'true' }),
    );
    expect(orphaned).toMatchObject({
      orphanedAt: test.now.toISOString(),
      revision: 1,
    });
    expect(toApiDeployment(orphaned!, {}).conditions).toEqual([
      expect.objectContaining({
        type: 'Orphaned',
        status: 'True',
        message: expect.stringContaining(`${url} no longer declares it`),
      }),
    ]);
    test.pass(60 * MINUTE);
    expect(await sync()).toMatchObject({ deleting: false });
    // It is back.
    expect((await sync(declaration()))?.orphanedAt).toBeUndefined();
    await sync();
    // Or a person takes it over, and Git has no say in it any more.
    await test.apply({ resources: { cpu: '1' } });
    expect(await sync()).toMatchObject({
      source: 'api',
      orphanedAt: undefined,
    });
    expect(await test.store.sources.list()).toEqual([]);
  });

  it('is removed where its source is pruned, once it was gone for a while', async () => {
    const { test, sync, restart } = await setup(true);
    const look = async (minutes: number) => {
      for (let minute = 0; minute < minutes; minute += 1) {
        test.pass(MINUTE);
        await sync();
      }
      return await test.store.get('churn');
    };
    await sync();
    expect(await look(9)).toMatchObject({ deleting: false });
    // Time in which nobody looked says nothing of what was declared then.
    test.pass(15 * MINUTE);
    expect(await sync()).toMatchObject({ deleting: false });
    expect(await look(9)).toMatchObject({ deleting: false });
    restart();
    expect(await look(10)).toMatchObject({ deleting: false });
    expect(await look(1)).toMatchObject({ deleting: true });
    const [last] = await test.store.history((await test.store.get('churn'))!, {
      limit: 1,
    });
    expect(last).toMatchObject({
      action: 'deleted',
      actor: 'git:https://git.example.org/crm/churn/model-deployment.yaml',
    });
    expect(await test.store.sources.list()).toEqual([]);
  });
});
