import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabases } from '@backstage/backend-test-utils';
import { PermissionCriteria } from '@backstage/plugin-permission-common';
import {
  Grant,
  Model,
  modelPlatformPermissions,
} from '@model-platform/plugin-model-platform-common';
import fc from 'fast-check';
import { draftRequest, fileOf } from '../__testUtils__/TestPlatform';
import { filterOfGrants } from '../access/filterOfGrants';
import { matchesFilter } from '../access/matchesFilter';
import { ModelCriterion, ModelFilter } from '../access/ModelFilter';
import { DatabaseModelStore } from './DatabaseModelStore';
import { DatabaseVersionStore } from './DatabaseVersionStore';
import { ModelFields } from './ModelStore';
import { toSlug } from './toSlug';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });

const owners = ['group:default/a', 'group:default/b', 'group:other/a'];
const systems = ['s1', 's2', 'other/s1'];
/** Those that a comparison in SQL could take for each other, or for code. */
const names = ['iris', 'Iris', "o'iris", 'iris%', 'ir_s', 'írís', '*', '$1'];
const sharing = [[], [owners[0]], ['system:default/s2', owners[1]]];

/** Every name, with owners, systems, visibility and sharing in turn. */
const models: ModelFields[] = names.flatMap((name, index) =>
  [0, 1].map(copy => ({
    ...draftRequest(copy === 0 ? name : `${name} two`).model,
    lifecycle: 'experimental' as const,
    owner: owners[(index + copy) % owners.length],
    system: systems[(index * 2 + copy) % systems.length],
    visibility: (index + copy) % 4 === 0 ? 'everyone' : ('system' as const),
    sharedWith: sharing[(index + copy * 2) % sharing.length],
    tags: index % 2 === 0 ? ['x'] : ['x', 'y'],
  })),
);

const some = (values: string[], minLength = 0) =>
  fc.subarray([...values, 'nothing like it'], { minLength });

const criterion: fc.Arbitrary<ModelCriterion> = fc.oneof(
  fc.record({ key: fc.constant('name' as const), values: some(names) }),
  fc.record({ key: fc.constant('owner' as const), values: some(owners) }),
  fc.record({ key: fc.constant('system' as const), values: some(systems) }),
  fc.record({
    key: fc.constant('sharedWith' as const),
    values: some([...owners, 'system:default/s2']),
  }),
  fc.record({
    key: fc.constant('visibility' as const),
    values: some(['everyone', 'system']),
  }),
);

const { criteria } = fc.letrec<{
  criteria: PermissionCriteria<ModelCriterion>;
}>(tie => {
  const list = fc
    .tuple(tie('criteria'), fc.array(tie('criteria'), { maxLength: 2 }))
    .map(
      ([first, rest]): [
        PermissionCriteria<ModelCriterion>,
        ...PermissionCriteria<ModelCriterion>[],
      ] => [first, ...rest],
    );
  return {
    criteria: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      criterion,
      list.map(allOf => ({ allOf })),
      list.map(anyOf => ({ anyOf })),
      tie('criteria').map(not => ({ not })),
    ),
  };
});

const grant: fc.Arbitrary<Grant> = fc.record(
  {
    actions: fc
      .subarray(
        ['read', 'publish', 'deploy', 'endpoint-token', 'archive'] as const,
        { minLength: 1 },
      )
      .map(actions => [...actions]),
    systems: some([...systems, '*'], 1),
    owners: some(owners, 1),
    models: some(names, 1),
  },
  { requiredKeys: ['actions', 'systems'] },
);

const filter: fc.Arbitrary<ModelFilter> = fc.oneof(
  criteria,
  fc
    .tuple(
      fc.array(grant, { maxLength: 3 }),
      fc.constantFrom(...modelPlatformPermissions),
    )
    .map(([grants, permission]) => filterOfGrants(grants, permission)),
);

describe.each(databases.eachSupportedId())('visible models, %s', id => {
  it('are the same in SQL as in memory, in lists, counts, facets, search and scopes', async () => {
    const knex = await databases.init(id);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@model-platform/plugin-model-platform-backend',
        'migrations',
      ),
    });
    const store = DatabaseModelStore.create({ knex });
    const versions = DatabaseVersionStore.create({ knex });
    for (const fields of models) {
      const { version } = draftRequest(fields.name);
      const files = [fileOf('model.onnx', fields.name)];
      const record = await versions.openDraft({
        fields,
        given: [],
        slug: toSlug(fields.name),
        spec: version,
        files,
        manifestDigest: files[0].digest,
        publisher: 'user:default/mira',
        expiresAt: '2100-01-01T00:00:00.000Z',
      });
      await versions.completeDraft(record, {
        actor: 'user:default/mira',
        action: 'published',
      });
    }
    const query = {
      sort: { by: 'name' as const, descending: false },
      limit: 100,
    };
    const namesOf = (items: Model[]) => items.map(({ name }) => name).sort();

    await fc.assert(
      fc.asyncProperty(
        filter,
        fc.constantFrom<string[][]>([], ['iris'], ['tells', 'two']),
        fc.constantFrom(
          {},
          { tag: ['y'] },
          { system: ['s1', 's2'], tag: ['x'] },
        ),
        async (visible, words, conditions) => {
          const where = new Map<string, string[]>(Object.entries(conditions));
          const asked = { words, where };
          const all = await store.list({ ...query, ...asked, visible: true });
          const expected = all.items.filter(model =>
            matchesFilter(visible, model),
          );
          const found = await store.list({ ...query, ...asked, visible });
          expect(namesOf(found.items)).toEqual(namesOf(expected));
          expect(found.totalItems).toBe(expected.length);
          const facets = await store.facets({ ...asked, visible }, [
            'archived',
          ]);
          expect(
            facets.archived.reduce((sum, { count }) => sum + count, 0),
          ).toBe(expected.length);
          const tagged = await store.facets({ ...asked, visible }, ['tag']);
          expect(
            tagged.tag.find(({ value }) => value === 'y')?.count ?? 0,
          ).toBe(expected.filter(({ tags }) => tags.includes('y')).length);
          const scoped = knex('registry_versions').select('model_id');
          store.scope(visible)(scoped, 'registry_versions.model_id');
          const everything = await store.list({
            ...query,
            words: [],
            where: new Map(),
            visible: true,
          });
          expect((await scoped).map(row => row.model_id).sort()).toEqual(
            everything.items
              .filter(model => matchesFilter(visible, model))
              .map(model => model.id)
              .sort(),
          );
        },
      ),
      { numRuns: 120, seed: 20261126 },
    );
  });
});
