import { promises as fs } from 'node:fs';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import { Model } from '@model-platform/plugin-model-platform-common';
import { newDraft } from '../__testUtils__/newDraft';
import { fileOf } from '../__testUtils__/TestPlatform';
import { matchesFilter } from '../access/matchesFilter';
import { ModelFilter } from '../access/ModelFilter';
import { DatabaseBlobReferences } from './artifacts/DatabaseBlobReferences';
import { DatabaseHistoryStore } from './DatabaseHistoryStore';
import { DatabaseModelStore } from './DatabaseModelStore';
import { DatabaseVersionStore } from './DatabaseVersionStore';
import { ModelQuery } from './ModelStore';

jest.setTimeout(60_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const history = { actor: 'user:default/mira', action: 'published' };

function query(
  visible: ModelFilter,
  more: Partial<ModelQuery> = {},
): ModelQuery {
  return {
    visible,
    words: [],
    where: new Map(),
    sort: { by: 'name', descending: false },
    limit: 100,
    ...more,
  };
}

async function createStore(id: TestDatabaseId) {
  const knex = await databases.init(id);
  await knex.migrate.latest({
    directory: resolvePackagePath(
      '@model-platform/plugin-model-platform-backend',
      'migrations',
    ),
  });
  const store = DatabaseModelStore.create({ knex });
  const versions = DatabaseVersionStore.create({ knex });
  const publish = async (
    name: string,
    options: Parameters<typeof newDraft>[1] = {},
  ) => {
    const record = await versions.openDraft(newDraft(name, options));
    expect(await versions.completeDraft(record, history)).toMatchObject({
      status: 'ready',
    });
    return record.version;
  };
  return { knex, store, versions, publish };
}

describe.each(databases.eachSupportedId())('DatabaseModelStore, %s', id => {
  it('filters in SQL as in memory, in items, totals, facets and scopes', async () => {
    const { store, versions, publish, knex } = await createStore(id);
    await publish('one', {
      fields: { owner: 'group:default/a', system: 's1', tags: ['x'] },
    });
    await publish('two', {
      fields: {
        owner: 'group:default/b',
        system: 's1',
        visibility: 'everyone',
        tags: ['x', 'y'],
      },
    });
    await publish('three', {
      fields: {
        owner: 'group:default/a',
        system: 's2',
        sharedWith: ['group:default/c'],
      },
    });
    await publish('four', {
      fields: {
        owner: 'group:default/d',
        system: 'other/s1',
        sharedWith: ['group:default/b'],
      },
    });
    await versions.openDraft(
      newDraft('five', { fields: { owner: 'group:default/a' } }),
    );

    const owner = (...values: string[]) => ({ key: 'owner' as const, values });
    const system = (...values: string[]) => ({
      key: 'system' as const,
      values,
    });
    const shared = (...values: string[]) => ({
      key: 'sharedWith' as const,
      values,
    });
    const everyone = { key: 'visibility' as const, values: ['everyone'] };
    const filters: ModelFilter[] = [
      true,
      false,
      owner('group:default/a'),
      owner(),
      {
        anyOf: [owner('group:default/d'), shared('group:default/c'), everyone],
      },
      { allOf: [owner('group:default/a', 'group:default/b'), system('s1')] },
      { not: { anyOf: [system('s1'), shared('group:default/b')] } },
      {
        allOf: [
          { not: everyone },
          {
            anyOf: [
              system('s1', 'other/s1'),
              { allOf: [owner('group:default/a'), shared('group:default/c')] },
            ],
          },
        ],
      },
    ];
    const all = (await store.list(query(true))).items;
    expect(all.map(({ name }) => name)).toEqual([
      'four',
      'one',
      'three',
      'two',
    ]);
    for (const filter of filters) {
      const expected = all
        .filter(model => matchesFilter(filter, model))
        .map(({ name }) => name);
      const { items, totalItems } = await store.list(query(filter));
      expect(items.map(({ name }) => name)).toEqual(expected);
      expect(totalItems).toBe(expected.length);
      const facets = await store.facets(query(filter), [
        'archived',
        'theme',
        'system',
      ]);
      const sum = (key: string) =>
        facets[key].reduce((total, { count }) => total + count, 0);
      for (const key of ['archived', 'theme', 'system'])
        expect(sum(key)).toBe(expected.length);
      const scoped = knex('registry_versions').select('model_id');
      store.scope(filter)(scoped, 'registry_versions.model_id');
      // All versions of all models, where all may be seen: drafts are not what scopes are for.
      expect((await scoped).length).toBe(filter === true ? 5 : expected.length);
    }
    expect(await store.facets(query(true), ['tag'])).toEqual({
      tag: [
        { value: 'x', count: 2 },
        { value: 'y', count: 1 },
      ],
    });
    expect(
      (await store.list(query(true, { words: ['iris'] }))).totalItems,
    ).toBe(4);
    expect(
      (await store.list(query(true, { where: new Map([['tag', ['y']]]) })))
        .totalItems,
    ).toBe(1);
    const published = { visible: true, where: new Map([['system', ['s1']]]) };
    expect(
      await store.countPublished({
        ...published,
        from: '2000-01-01T00:00:00Z',
        to: '2100-01-01T00:00:00Z',
      }),
    ).toEqual({ models: 2, versions: 2 });
    expect((await store.lastPublished(published, 1))[0]).toMatchObject({
      name: 'two',
      number: 1,
    });
  });

  it('pages without losing or repeating a model', async () => {
    const { store, publish } = await createStore(id);
    for (let index = 0; index < 7; index += 1) await publish(`m${index}`);
    for (const sort of [
      { by: 'name' as const, descending: true },
      { by: 'createdAt' as const, descending: false },
    ]) {
      const seen: Model[] = [];
      for (;;) {
        const last = seen[seen.length - 1];
        const after = last && { value: String(last[sort.by]), id: last.id };
        const { items, totalItems } = await store.list(
          query(true, { sort, limit: 2, after }),
        );
        expect(totalItems).toBe(7);
        if (items.length === 0) break;
        seen.push(...items);
      }
      expect(new Set(seen.map(model => model.id)).size).toBe(7);
      expect(seen).toHaveLength(7);
    }
  });

  it('gives concurrent drafts numbers and slugs of their own', async () => {
    const { store, versions } = await createStore(id);
    const records = await Promise.all(
      Array.from(
        { length: 6 },
        async () => await versions.openDraft(newDraft('Busy Model')),
      ),
    );
    expect(records.map(({ version }) => version.number).sort()).toEqual([
      1, 2, 3, 4, 5, 6,
    ]);
    expect(new Set(records.map(({ version }) => version.modelId)).size).toBe(1);
    const keyed = await Promise.allSettled(
      [1, 2, 3].map(
        async () =>
          await versions.openDraft(newDraft('Busy Model', { key: 'k' })),
      ),
    );
    expect(keyed.filter(({ status }) => status === 'fulfilled')).toHaveLength(
      1,
    );
    expect(
      keyed.flatMap(one =>
        one.status === 'rejected' ? [one.reason.name] : [],
      ),
    ).toEqual(['ConflictError', 'ConflictError']);

    const similar = await Promise.all(
      ['Busy_Model', 'busy model', 'BUSY MODEL'].map(
        async name => await versions.openDraft(newDraft(name)),
      ),
    );
    const slugs = await Promise.all(
      [records[0], ...similar].map(
        async ({ version }) =>
          (
            await store.findById(version.modelId)
          )?.model.slug,
      ),
    );
    expect(new Set(slugs)).toEqual(
      new Set(['busy-model', 'busy-model-2', 'busy-model-3', 'busy-model-4']),
    );
    await expect(versions.openDraft(newDraft('busy-model-2'))).rejects.toThrow(
      'taken',
    );
  });

  it('completes once, whoever is faster', async () => {
    const { store, versions, knex } = await createStore(id);
    const first = await versions.openDraft(
      newDraft('raced', { fields: { description: 'First' } }),
    );
    const second = await versions.openDraft(
      newDraft('raced', { fields: { description: 'Second' } }),
    );
    const made = await Promise.all([
      versions.completeDraft(first, history),
      versions.completeDraft(first, history),
      versions.completeDraft(second, history),
    ]);
    expect(made.filter(Boolean)).toHaveLength(2);
    const model = (await store.find('raced'))?.model;
    expect(model?.latest?.number).toBe(2);
    expect(
      await DatabaseHistoryStore.create({ knex }).list(first.version.modelId, {
        limit: 10,
      }),
    ).toHaveLength(2);
    const elsewhere = await versions.openDraft(
      newDraft('raced', { fields: { system: 'elsewhere' } }),
    );
    await expect(versions.completeDraft(elsewhere, history)).rejects.toThrow(
      'another system',
    );
    expect(
      (await versions.findVersion(elsewhere.version.modelId, 3))?.version
        .status,
    ).toBe('draft');
  });

  it('moves an alias for one of those who expect the same', async () => {
    const { store, publish } = await createStore(id);
    const { modelId } = await publish('aliased');
    await publish('aliased', { content: 'two' });
    const move = async (version: number, expected?: { version?: number }) =>
      await store.moveAlias(modelId, 'champion', version, expected, history);
    expect(await move(1, {})).toEqual({ moved: true, from: undefined });
    const raced = await Promise.all([
      move(2, { version: 1 }),
      move(2, { version: 1 }),
      move(2, { version: 1 }),
    ]);
    expect(raced.filter(({ moved }) => moved)).toHaveLength(1);
    await expect(move(9)).rejects.toThrow('not ready');
    const record = await store.findById(modelId);
    await store.update(record!, { tags: ['b', 'a'] }, history);
    await expect(store.update(record!, { tags: [] }, history)).rejects.toThrow(
      'changed in the meantime',
    );
  });

  it('knows which files a model has itself', async () => {
    const { versions, publish } = await createStore(id);
    const { digest } = fileOf('x', 'shared content');
    const expiresAt = '2100-01-01T00:00:00.000Z';
    await publish('other', { content: 'shared content' });
    const first = await versions.openDraft(
      newDraft('own', { content: 'shared content' }),
    );
    const second = await versions.openDraft(
      newDraft('own', { content: 'shared content' }),
    );
    expect(await versions.ownDigests(first)).toEqual(new Set());
    await versions.noteUpload(second.version.id, `${digest}0`, expiresAt);
    expect(await versions.ownDigests(first)).toEqual(new Set());
    await versions.noteUpload(second.version.id, digest, expiresAt);
    for (const record of [first, second])
      expect(await versions.ownDigests(record)).toEqual(new Set([digest]));
    const elsewhere = await versions.openDraft(
      newDraft('own', {
        content: 'shared content',
        fields: { system: 'elsewhere' },
      }),
    );
    expect(await versions.ownDigests(elsewhere)).toEqual(new Set());
    expect(await versions.completeDraft(first, history)).toMatchObject({
      status: 'ready',
    });
    const later = '2200-01-01T00:00:00.000Z';
    await versions.removeDraft(second, later);
    const third = await versions.openDraft(
      newDraft('own', { content: 'shared content' }),
    );
    expect(await versions.ownDigests(third)).toEqual(new Set([digest]));
  });

  it('forgets expired drafts, with what nothing else uses', async () => {
    const { store, versions, publish, knex } = await createStore(id);
    await publish('kept', { content: 'shared content' });
    const later = '2200-01-01T00:00:00.000Z';
    const sharing = await versions.openDraft(
      newDraft('kept', { content: 'shared content' }),
    );
    const alone = await versions.openDraft(
      newDraft('gone', { content: 'own content' }),
    );
    const remove = versions.removeDraft.bind(versions);
    const unused = async (content: string) =>
      await DatabaseBlobReferences.create({ knex }).unused('plant-catalogue', [
        fileOf('x', content).digest,
      ]);
    expect(await remove(alone, '2000-01-01T00:00:00.000Z')).toBe(false);
    expect(
      (await versions.expiredDrafts(later, 10))
        .map(({ version }) => version.id)
        .sort(),
    ).toEqual([sharing.version.id, alone.version.id].sort());
    expect(await remove(sharing, later)).toBe(true);
    expect(await unused('shared content')).toEqual(new Set());
    expect(await remove(alone, later)).toBe(true);
    expect(await unused('own content')).toHaveProperty('size', 1);
    expect(await store.find('gone')).toBeUndefined();
    expect(await store.find('kept')).toBeDefined();
    expect(await knex('registry_files')).toHaveLength(1);
    // A name made anew is another model, and its numbers go on.
    const again = await versions.openDraft(newDraft('gone'));
    expect(again.version.number).toBe(2);
    expect(again.version.modelId).not.toBe(alone.version.modelId);
  });

  it('migrates up and down again', async () => {
    const knex = await databases.init(id);
    const directory = resolvePackagePath(
      '@model-platform/plugin-model-platform-backend',
      'migrations',
    );
    const files = (await fs.readdir(directory))
      .filter(name => name.endsWith('.js'))
      .sort();
    for (let round = 0; round < 2; round += 1) {
      for (const name of files) await knex.migrate.up({ directory, name });
      expect(await knex.schema.hasTable('registry_models')).toBe(true);
      for (const name of [...files].reverse())
        await knex.migrate.down({ directory, name });
      expect(await knex.schema.hasTable('registry_models')).toBe(false);
    }
  });
});
