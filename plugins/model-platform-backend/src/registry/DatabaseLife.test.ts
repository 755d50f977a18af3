import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { draftRequest, fileOf } from '../__testUtils__/TestPlatform';
import { DatabaseApprovalStore } from './aliases/DatabaseApprovalStore';
import { DatabaseBlobReferences } from './artifacts/DatabaseBlobReferences';
import { DatabaseHistoryStore } from './DatabaseHistoryStore';
import { DatabaseModelStore } from './DatabaseModelStore';
import { DatabaseVersionStore } from './DatabaseVersionStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const directory = resolvePackagePath(
  '@model-platform/plugin-model-platform-backend',
  'migrations',
);
const mira = { actor: 'user:default/mira' };

async function createStores(id: TestDatabaseId) {
  const knex = await databases.init(id);
  await knex.migrate.latest({ directory });
  // A clock that never stands still, so that each entry has a time of its own.
  let ticks = Date.parse('2026-01-01T00:00:00.000Z');
  const clock = () => new Date((ticks += 1000));
  const store = DatabaseModelStore.create({ knex, clock });
  const versions = DatabaseVersionStore.create({ knex, clock });
  const publish = async (name: string, content: string) => {
    const request = draftRequest(name, {
      files: [fileOf('model.onnx', content)],
    });
    const record = await versions.openDraft({
      fields: {
        ...request.model,
        lifecycle: 'experimental',
        visibility: 'system',
        sharedWith: [],
        tags: ['one'],
      },
      given: ['name'],
      slug: name,
      spec: request.version,
      files: request.files,
      manifestDigest: `sha256:${'0'.repeat(64)}`,
      publisher: mira.actor,
      expiresAt: '2100-01-01T00:00:00.000Z',
    });
    await versions.completeDraft(record, { ...mira, action: 'published' });
    return record.version;
  };
  const move = async (modelId: string, alias: string, version?: number) =>
    await store.moveAlias(modelId, alias, version, undefined, {
      ...mira,
      action: version === undefined ? 'alias-removed' : 'alias-moved',
      details: { alias, version },
    });
  return {
    knex,
    store,
    versions,
    publish,
    move,
    history: DatabaseHistoryStore.create({ knex }),
    approvals: DatabaseApprovalStore.create({ knex, clock }),
  };
}

describe.each(databases.eachSupportedId())('life in %s', id => {
  it('answers from the history what aliases named', async () => {
    const { publish, move, history } = await createStores(id);
    const { modelId } = await publish('followed', 'one');
    const other = await publish('unrelated', 'x');
    await publish('followed', 'two');
    await move(modelId, 'champion', 1);
    await move(other.modelId, 'champion', 1);
    await move(modelId, 'challenger', 2);
    await move(modelId, 'champion', 2);
    await move(modelId, 'challenger');
    const [removed, second, challenger, first] = await history.list(modelId, {
      limit: 10,
    });
    const at = async (time: string, alias?: string) =>
      (await history.aliasesAt(modelId, time, alias)).map(
        one => `${one.alias} ${one.version} ${one.since}`,
      );
    expect(await at('2026-01-01T00:00:00.000Z')).toEqual([]);
    expect(await at(first.at)).toEqual([`champion 1 ${first.at}`]);
    expect(await at(challenger.at)).toEqual([
      `challenger 2 ${challenger.at}`,
      `champion 1 ${first.at}`,
    ]);
    expect(await at(second.at, 'champion')).toEqual([
      `champion 2 ${second.at}`,
    ]);
    expect(await at(removed.at)).toEqual([`champion 2 ${second.at}`]);
    expect(await at(removed.at, 'challenger')).toEqual([]);
  });

  it('fills in the aliases of entries from before', async () => {
    const { knex, publish, move, history } = await createStores(id);
    const { modelId } = await publish('older', 'one');
    await move(modelId, 'champion', 1);
    const name = '20261126080000_registry_life.js';
    await knex.migrate.down({ directory, name });
    await knex.migrate.up({ directory, name });
    expect(
      await history.aliasesAt(modelId, '2100-01-01T00:00:00.000Z'),
    ).toMatchObject([{ alias: 'champion', version: 1 }]);
  });

  it('deletes a version once, and frees what only it used, even if killed between', async () => {
    const { knex, versions, publish } = await createStores(id);
    const { modelId } = await publish('mortal', 'shared');
    await publish('mortal', 'own');
    await publish('mortal', 'shared');
    const entry = { ...mira, action: 'version-deleted' };
    await expect(versions.deleteVersion(modelId, 2, entry)).rejects.toThrow(
      'not archived',
    );
    for (const number of [1, 2])
      await versions.archiveVersion(modelId, number, {
        ...mira,
        action: 'version-archived',
      });
    const raced = await Promise.allSettled(
      [1, 2, 3].map(() => versions.deleteVersion(modelId, 2, entry)),
    );
    expect(raced.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
    ]);
    await versions.deleteVersion(modelId, 1, entry);
    // Here the process may die: nobody sees them any more, and the next round frees their files.
    for (const number of [1, 2])
      expect(await versions.findVersion(modelId, number)).toBeUndefined();
    expect(
      await versions.listVersions(modelId, { limit: 10, drafts: true }),
    ).toHaveLength(1);
    await versions.restoreVersion(modelId, 2, { ...mira, action: 'x' });
    const later = '2050-01-01T00:00:00.000Z';
    const files = [];
    for (const record of await versions.expiredDrafts(later, 10)) {
      await versions.removeDraft(record, later);
      files.push(...record.version.files.map(({ digest }) => digest));
    }
    expect(
      await DatabaseBlobReferences.create({ knex }).unused(
        'plant-catalogue',
        files,
      ),
    ).toEqual(new Set([fileOf('x', 'own').digest]));
    expect(await knex('registry_versions').pluck('number')).toEqual([3]);
  });

  it('deletes a model, keeps its files until they are freed, and its history', async () => {
    const { knex, store, versions, publish, move, history } =
      await createStores(id);
    const { modelId } = await publish('phoenix', 'one');
    await move(modelId, 'champion', 1);
    const entry = { ...mira, action: 'deleted' };
    const fresh = (await store.findById(modelId))!;
    await expect(store.deleteModel(fresh, entry)).rejects.toThrow('changed');
    await store.update(fresh, { archived: true }, entry);
    const archived = (await store.findById(modelId))!;
    const deletions = await Promise.allSettled([
      store.deleteModel(archived, entry),
      store.deleteModel(archived, entry),
    ]);
    expect(deletions.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    expect(await store.find('phoenix')).toBeUndefined();
    expect((await store.findById(modelId))?.published).toBe(false);
    expect(await history.findDeleted('phoenix')).toMatchObject({
      id: modelId,
      subject: { name: 'phoenix', system: 'plant-catalogue' },
    });
    // Its name is free before its files are.
    const again = await publish('phoenix', 'one');
    expect(again.number).toBe(2);
    const later = '2050-01-01T00:00:00.000Z';
    const [record] = await versions.expiredDrafts(later, 10);
    await versions.removeDraft(record, later);
    // The new one has the same file.
    expect(
      await DatabaseBlobReferences.create({ knex }).unused(
        'plant-catalogue',
        record.version.files.map(({ digest }) => digest),
      ),
    ).toEqual(new Set());
    expect(await knex('registry_models').pluck('id')).toEqual([again.modelId]);
    expect(
      (await history.list(modelId, { limit: 10 })).map(one => one.action),
    ).toEqual([
      'deleted',
      'alias-removed',
      'deleted',
      'alias-moved',
      'published',
    ]);
    expect(await history.aliasesAt(modelId, later)).toEqual([]);
  });

  it('takes an approval once, and only of what is ready', async () => {
    const { publish, versions, approvals, history } = await createStores(id);
    const { modelId } = await publish('approved', 'one');
    const approve = async (groups: string[]) =>
      await approvals.add(
        modelId,
        { version: 1, approver: 'user:default/sofia', groups, reason: 'ok' },
        { actor: 'user:default/sofia', action: 'approved' },
      );
    const raced = await Promise.all([approve(['a']), approve(['a'])]);
    expect(raced.filter(({ added }) => added)).toHaveLength(1);
    // A group more is a word more.
    expect((await approve(['a', 'b'])).added).toBe(true);
    expect((await approve(['b'])).added).toBe(false);
    expect(await approvals.list(modelId, 1)).toHaveLength(2);
    expect(
      await history.list(modelId, { limit: 10, actions: ['approved'] }),
    ).toHaveLength(2);
    await versions.archiveVersion(modelId, 1, { ...mira, action: 'x' });
    await expect(approve(['c'])).rejects.toThrow('not ready');
  });

  it('writes each entry of the history into the outbox with it', async () => {
    const { knex, publish, move } = await createStores(id);
    const { modelId } = await publish('heard', 'one');
    await move(modelId, 'champion', 1);
    await move(modelId, 'champion', 1);
    const ids = await knex('registry_history').orderBy('id').pluck('id');
    expect(ids).toHaveLength(2);
    expect(
      await knex('registry_outbox').orderBy('history_id').pluck('history_id'),
    ).toEqual(ids);
  });
});

describe('the plan of what an alias named', () => {
  it('goes by the index', async () => {
    const { knex } = await createStores('SQLITE_3');
    const { sql, bindings } = knex('registry_history')
      .where({ model_id: 'm' })
      .whereNotNull('alias')
      .andWhere('at', '<=', 't')
      .groupBy('alias')
      .max('id')
      .andWhere({ alias: 'champion' })
      .toSQL()
      .toNative();
    const plan = await knex.raw(`explain query plan ${sql}`, [...bindings]);
    expect(JSON.stringify(plan)).toContain('registry_history_alias');
  });
});
