import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { draftRequest, fileOf } from '../__testUtils__/TestPlatform';
import { DatabaseApprovalStore } from './aliases/DatabaseApprovalStore';
import { DatabaseBlobReferences } from './artifacts/DatabaseBlobReferences';
import { DatabaseHistoryStore } from './DatabaseHistoryStore';
import { DatabaseModelStore } from './DatabaseModelStore';
import { DatabaseVersionStore } from './DatabaseVersionStore';
import { parseModelsQuery } from './parseModelsQuery';

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
  const draft = async (name: string, content: string) => {
    const request = draftRequest(name, {
      files: [fileOf('model.onnx', content)],
    });
    return await versions.openDraft({
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
  };
  const publish = async (name: string, content: string) => {
    const record = await draft(name, content);
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
    draft,
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

  it('finds what the tokens of a name did, and takes no name for a pattern', async () => {
    const { store, publish, history } = await createStores(id);
    const { modelId } = await publish('followed', 'one');
    const actors = [
      'token:ci (0f3c, made by user:default/mira)',
      'token:ci (77aa, made by configuration)',
      'token:ci two (12ef, made by user:default/mira)',
      'token:c_ (9b1d, made by user:default/mira)',
      'token:\u{1f600} % (4d2e, made by user:default/mira)',
    ];
    for (const actor of actors)
      await store.update(
        (await store.findById(modelId))!,
        {},
        {
          actor,
          action: 'updated',
        },
      );
    const by = async (actor: string) =>
      (await history.list(modelId, { limit: 10, actor }))
        .map(one => actors.indexOf(one.actor))
        .sort();
    expect(await by('token:ci')).toEqual([0, 1]);
    expect(await by(actors[1])).toEqual([1]);
    expect(await by('token:c_')).toEqual([3]);
    expect(await by('token:\u{1f600} %')).toEqual([4]);
    for (const none of ['token:%', 'token:c', 'TOKEN:CI', ''])
      expect(await by(none)).toEqual([]);
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

  it('fills in who answers for versions from before', async () => {
    const { knex, draft } = await createStores(id);
    const publishers = [
      'user:default/mira',
      'token:ci (0f3c, made by user:default/mira)',
      'token:ci (77aa, made by configuration)',
      'ci:github:acme/churn@refs/heads/main#1 (x, made by user:default/mira)',
    ];
    for (const [index, publisher] of publishers.entries()) {
      const { version } = await draft('older', `${index}`);
      await knex('registry_versions')
        .where({ id: version.id })
        .update({ publisher });
    }
    const name = '20261126120100_version_responsible.js';
    await knex.migrate.down({ directory, name });
    await knex.migrate.up({ directory, name });
    expect(
      await knex('registry_versions').orderBy('number').pluck('responsible'),
    ).toEqual(['user:default/mira', 'user:default/mira', null, null]);
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
    // As where MLflow's clients registered it: its row outlives its versions.
    await knex('mlflow_models').insert({ model_id: modelId });
    const listed = async () =>
      (
        await store.list({
          ...parseModelsQuery({ q: 'phoenix', filter: ['archived=true'] }),
          visible: true,
        })
      ).items.map(({ name }) => name);
    expect(await listed()).toEqual(['phoenix']);
    const deletions = await Promise.allSettled([
      store.deleteModel(archived, entry),
      store.deleteModel(archived, entry),
    ]);
    expect(deletions.map(({ status }) => status).sort()).toEqual([
      'fulfilled',
      'rejected',
    ]);
    expect(await listed()).toEqual([]);
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

  it('gives an archived model no version and no alias, whenever it was archived', async () => {
    const { knex, store, versions, publish, draft, move, history } =
      await createStores(id);
    const { modelId } = await publish('retired', 'one');
    await move(modelId, 'champion', 1);
    const open = await draft('retired', 'two');
    await store.update(
      (await store.findById(modelId))!,
      { archived: true },
      { ...mira, action: 'archived' },
    );
    const complete = async () =>
      await versions.completeDraft(open, { ...mira, action: 'published' });
    await expect(complete()).rejects.toThrow('The model retired is archived');
    await expect(move(modelId, 'challenger', 1)).rejects.toThrow(
      'retired is archived',
    );
    expect((await move(modelId, 'champion')).moved).toBe(true);
    expect(
      await knex('registry_versions').orderBy('number').pluck('status'),
    ).toEqual(['ready', 'draft']);
    expect(
      (await history.list(modelId, { limit: 10 })).map(one => one.action),
    ).toEqual(['alias-removed', 'archived', 'alias-moved', 'published']);
    await store.update(
      (await store.findById(modelId))!,
      { archived: false },
      { ...mira, action: 'restored' },
    );
    expect(await complete()).toMatchObject({ number: 2, status: 'ready' });
  });

  it('takes an approval once, and only of what is ready', async () => {
    const { publish, versions, approvals, history } = await createStores(id);
    const { modelId } = await publish('approved', 'one');
    const approver = 'user:default/sofia';
    const decide = async (groups: string[], decision: 'approved' | 'refused') =>
      await approvals.add(
        modelId,
        { version: 1, approver, groups, reason: 'ok', decision },
        { actor: approver, action: decision },
      );
    const approve = (groups: string[]) => decide(groups, 'approved');
    const raced = await Promise.all([approve(['a']), approve(['a'])]);
    expect(raced.filter(({ added }) => added)).toHaveLength(1);
    // A group more is a word more.
    expect((await approve(['a', 'b'])).added).toBe(true);
    expect((await approve(['b'])).added).toBe(false);
    expect(await approvals.list(modelId, 1)).toHaveLength(2);
    expect(
      await history.list(modelId, { limit: 10, actions: ['approved'] }),
    ).toHaveLength(2);
    // A group's word stands, whatever others of it say later.
    await expect(decide(['a', 'b'], 'refused')).rejects.toThrow(
      'was approved by user:default/sofia',
    );
    expect((await decide(['a', 'c'], 'refused')).approval.groups).toEqual([
      'c',
    ]);
    await expect(approve(['c'])).rejects.toThrow('was refused by');
    await versions.archiveVersion(modelId, 1, { ...mira, action: 'x' });
    await expect(approve(['d'])).rejects.toThrow('not ready');
  });

  it('finds the newest versions that a group has not decided on', async () => {
    const { publish, versions, approvals } = await createStores(id);
    const ids: Record<string, string> = {};
    for (const name of ['first', 'second', 'third', 'archived'])
      ids[name] = (await publish(name, name)).modelId;
    await publish('second', 'a newer one');
    await versions.archiveVersion(ids.archived, 1, { ...mira, action: 'x' });
    const undecided = async (query: object = {}) =>
      (
        await approvals.undecided({
          visible: true,
          groups: ['group:default/a_b'],
          limit: 10,
          ...query,
        })
      ).map(({ model, version }) => `${model.name} ${version.number}`);
    expect(await undecided()).toEqual(['first 1', 'third 1', 'second 2']);
    const decide = (name: string, version: number, group: string) =>
      approvals.add(
        ids[name],
        {
          version,
          approver: 'user:default/sofia',
          groups: [group],
          reason: 'ok',
          decision: 'approved',
        },
        { ...mira, action: 'approved' },
      );
    // An older version, another group, and one whose name a pattern would take for it.
    await decide('second', 1, 'group:default/a_b');
    await decide('third', 1, 'group:default/axb');
    await decide('first', 1, 'group:default/a_b');
    expect(await undecided()).toEqual(['third 1', 'second 2']);
    expect(
      await undecided({ groups: ['group:default/a_b', 'group:default/c'] }),
    ).toHaveLength(3);
    const [first] = await approvals.undecided({
      visible: true,
      groups: ['group:default/a_b'],
      limit: 1,
    });
    expect(
      await undecided({ after: { value: first.readyAt, id: first.model.id } }),
    ).toEqual(['second 2']);
    expect(await undecided({ systems: ['elsewhere'] })).toEqual([]);
    expect(await undecided({ visible: false })).toEqual([]);
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
