import { join } from 'node:path';
import { TestDatabases } from '@backstage/backend-test-utils';
import { DatabaseDeploymentStore } from '../store/DatabaseDeploymentStore';
import { LeaderLease } from '../lease/LeaderLease';
import { versionsInUse } from './versionsInUse';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const revision = (version: number, modelId = 'm1') => ({
  actor: 'user:default/mira',
  reason: 'Applied',
  variants: [{ name: 'main', modelId, model: 'iris', version, weight: 100 }],
});

describe.each(databases.eachSupportedId())('versionsInUse in %p', id => {
  it('names what deployments serve or shall serve, as long as they are on', async () => {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: join(__dirname, '../../../migrations'),
    });
    const store = DatabaseDeploymentStore.create({ knex });
    const uses = versionsInUse(store);
    expect(await uses('m1', 1)).toEqual([]);

    const history = { actor: 'user:default/mira', action: 'applied' };
    const made = await store.create(
      {
        name: 'iris',
        modelId: 'm1',
        model: 'iris',
        modelSlug: 'iris',
        system: 'plant-catalogue',
        owner: 'group:default/botany-ml',
        environment: 'local',
        spec: {
          system: 'plant-catalogue',
          environment: 'local',
          model: 'iris',
        },
        source: 'api',
        watched: { m1: { latest: 1 } },
      },
      revision(1),
      history,
    );
    const text = (version: number) =>
      `the deployment iris serves version ${version}; change it or switch it off first`;
    expect(await uses('m1', 1)).toEqual([text(1)]);
    expect(await uses('m1')).toEqual([text(1)]);
    expect(await uses('m1', 2)).toEqual([]);
    expect(await uses('other')).toEqual([]);

    const lease = LeaderLease.create({ knex });
    const fencing = (await lease.hold())!;
    await store.saveStatus(made, { ...made, servingRevision: 1 }, fencing);
    // The old one still serves while the new one starts.
    const second = await store.change((await store.get('iris'))!, {
      set: {},
      revision: revision(2),
      history,
    });
    expect(await uses('m1')).toEqual([text(1), text(2)]);
    await store.saveStatus(second, { ...second, servingRevision: 2 }, fencing);
    expect(await uses('m1', 1)).toEqual([]);

    await store.change((await store.get('iris'))!, {
      set: {
        overrides: [
          { kind: 'off', by: 'x', since: '2026-01-01T00:00:00.000Z' },
        ],
      },
      history,
    });
    expect(await uses('m1')).toEqual([]);
  });
});
