import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { TestDatabaseId, TestDatabases } from '@backstage/backend-test-utils';
import {
  Model,
  VersionSpec,
} from '@model-platform/plugin-model-platform-common';
import fc from 'fast-check';
import { Knex } from 'knex';
import { newDraft } from '../../__testUtils__/newDraft';
import { DatabaseModelStore } from '../DatabaseModelStore';
import { DatabaseVersionStore } from '../DatabaseVersionStore';
import { ModelFields, ModelQuery } from '../ModelStore';
import { parseModelsQuery } from '../parseModelsQuery';
import { filterExpressions } from './__testUtils__/filterExpressions';
import { matchesExpression } from './__testUtils__/matchesExpression';
import { ModelFinder } from './ModelFinder';
import { indexStaleModels } from './indexStaleModels';
import { searchTextOf } from './searchTextOf';
import { searchWords } from './searchWords';

jest.setTimeout(120_000);

const databases = TestDatabases.create({ ids: ['SQLITE_3', 'POSTGRES_18'] });
const history = { actor: 'user:default/mira', action: 'published' };

async function createStore(id: TestDatabaseId) {
  const knex = await databases.init(id);
  await knex.migrate.latest({
    directory: resolvePackagePath(
      '@model-platform/plugin-model-platform-backend',
      'migrations',
    ),
  });
  let now = Date.UTC(2026, 0, 1);
  // Each change a day later.
  const clock = () => new Date((now += 86_400_000));
  const store = DatabaseModelStore.create({ knex, clock });
  const versions = DatabaseVersionStore.create({ knex, clock });
  const publish = async (
    name: string,
    fields: Partial<ModelFields> = {},
    version: Partial<VersionSpec> = {},
  ) => {
    const record = await versions.openDraft(
      newDraft(name, {
        fields: { description: 'A model', ...fields },
        version: { metadata: {}, ...version },
      }),
    );
    await versions.completeDraft(record, history);
    return record.version;
  };
  const ask = async (
    query: Parameters<typeof parseModelsQuery>[0],
    more: Partial<ModelQuery> = {},
  ) =>
    await store.list({
      ...parseModelsQuery({ limit: 200, ...query }),
      visible: true,
      ...more,
    });
  const names = async (...args: Parameters<typeof ask>) =>
    (await ask(...args)).items.map(({ name }) => name);
  return { knex, store, publish, ask, names };
}

describe.each(databases.eachSupportedId())('ModelFinder, %s', id => {
  it('filters in SQL as it is written', async () => {
    const { knex, store, publish, ask, names } = await createStore(id);
    const evaluations = new Map<string, Record<string, number> | undefined>();
    const add = async (
      name: string,
      fields: Partial<ModelFields>,
      metadata: Record<string, unknown>,
      evaluation?: Record<string, number>,
    ) => {
      evaluations.set(name, evaluation);
      await publish(name, fields, { metadata, evaluation });
    };
    await add(
      'churn',
      { tags: ['tabular', '0.50'] },
      { theme: 'retention', risk: 'high', folds: 5, rate: 0.5 },
      { accuracy: 0.91, 'val/auc': 0.8 },
    );
    await add(
      'uplift',
      { type: 'optimization' },
      { theme: 'retention', folds: '10', rate: [0.1, 0.9] },
      { accuracy: 0.7 },
    );
    await add(
      'greeting',
      { type: 'prompt', tags: ['tabular'] },
      { trainedAt: '2026-03-01', "it's": 'a "quote" \\ %_' },
    );
    await add(
      'router',
      { type: 'process' },
      { trainedAt: '2026-05-01T12:00:00+02:00', folds: null, flag: true },
    );
    await add('bare', {}, {});
    await add('gone', { tags: ['tabular'] }, { folds: 1 }, { accuracy: 0.99 });
    const gone = await store.find('gone');
    await store.update(gone!, { archived: true }, history);

    const found = async (filter: string) => await names({ filter: [filter] });
    expect(await found('evaluation.accuracy>=0.7')).toEqual([
      'churn',
      'uplift',
    ]);
    expect(await found('evaluation."val/auc" < 0.9')).toEqual(['churn']);
    expect(await found('metadata.rate=0.50')).toEqual(['churn']);
    expect(await found('metadata.rate>0.6')).toEqual(['uplift']);
    expect(await found('metadata.folds > 5 or type in (prompt)')).toEqual([
      'greeting',
      'uplift',
    ]);
    expect(await found('metadata.trainedAt > 2026-05-01T09:59:59Z')).toEqual([
      'router',
    ]);
    expect(await found('theme!=retention and not type=process')).toEqual([
      'bare',
      'greeting',
    ]);
    expect(await found(`metadata."it's" = 'a "quote" \\\\ %_'`)).toEqual([
      'greeting',
    ]);
    expect(await found('archived=true or type=prompt')).toEqual([
      'gone',
      'greeting',
    ]);
    expect(await found('createdAt>2026-01-04')).not.toContain('churn');

    const { items: all } = await ask({
      filter: ['archived=true', 'archived=false'],
    });
    expect(all).toHaveLength(6);
    const otherWays = [0, 2].map(broad => new ModelFinder(knex, { broad }));
    const known = {
      keys: [
        ...['folds', 'rate', 'trainedAt', "it's", 'flag', 'none'].map(
          one => `metadata.${one}`,
        ),
        ...['accuracy', 'val/auc'].map(one => `evaluation.${one}`),
      ],
      values: [
        ...['ml', 'prompt', 'retention', 'high', 'tabular', 'churn', 'true'],
        ...['false', '5', '0.50', '0.5', '10', '2026-03-01', 'bare', ''],
      ],
      numbers: [0, 0.5, 0.7, 0.91, 1, 5, 10],
    };
    await fc.assert(
      fc.asyncProperty(filterExpressions(known), async filter => {
        const query = {
          visible: true,
          words: [],
          where: new Map(),
          filter,
          sort: { by: 'name', descending: false } as const,
          limit: 100,
        };
        const expected = all
          .filter(model =>
            matchesExpression(filter, model, evaluations.get(model.name)),
          )
          .map(({ name }) => name);
        const { items, totalItems } = await store.list(query);
        expect(items.map(({ name }) => name)).toEqual(expected);
        expect(totalItems).toBe(expected.length);
        for (const other of otherWays) {
          const through = await other.list(query);
          expect(through.items).toEqual(items);
          expect(through.totalItems).toBe(totalItems);
        }
        const { type } = await store.facets(query, ['type']);
        expect(type.reduce((sum, { count }) => sum + count, 0)).toBe(
          expected.length,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('finds words by their beginnings, and parts of names', async () => {
    const { store, publish, names } = await createStore(id);
    await publish('xgboost-churn', { tags: ['CRM'] });
    await publish('CustomerChurn2', {
      description: 'Wer kündigt? Größe und Übermaß',
    });
    await publish(
      'iris',
      {},
      { metadata: { method: 'churning random forest' } },
    );
    await publish(
      '漢字モデル',
      {},
      { metadata: { n: [{ deep: 'Zürich-West' }] } },
    );

    const found = async (q: string) => await names({ q });
    expect(await found('churn')).toEqual([
      'CustomerChurn2',
      'iris',
      'xgboost-churn',
    ]);
    expect(await found('Boost')).toEqual(['xgboost-churn']);
    expect(await found('orest')).toEqual([]);
    expect(await found('fore ran')).toEqual(['iris']);
    expect(await found('customer churn')).toEqual(['CustomerChurn2']);
    expect(await found('grosse')).toEqual(['CustomerChurn2']);
    expect(await found('GROẞE')).toEqual(['CustomerChurn2']);
    expect(await found('groß kundigt')).toEqual(['CustomerChurn2']);
    expect(await found('zurich')).toEqual(['漢字モデル']);
    expect(await found('字')).toEqual(['漢字モデル']);
    expect(await found('crm')).toEqual(['xgboost-churn']);
    expect(await found('%')).toEqual([]);
    expect(await found(`'" OR *`)).toEqual([]);

    // What changes is found by what it is now, in the same transaction.
    const record = await store.find('iris');
    await store.update(record!, { tags: ['herbarium'] }, history);
    expect(await found('herba')).toEqual(['iris']);
    await publish('iris', {}, { metadata: { method: 'logistic regression' } });
    expect(await found('forest')).toEqual([]);
    expect(await found('regres')).toEqual(['iris']);
  });

  it('finds the same as the rules in memory, whatever is written', async () => {
    const { knex, store, publish } = await createStore(id);
    const word = fc.oneof(
      fc.constantFrom(
        'iris',
        'Iris',
        'irisch',
        'CamelCase',
        'gpt4',
        'a',
        '漢字',
      ),
      fc.string({ unit: 'grapheme', maxLength: 6 }),
    );
    const text = fc
      .array(word, { maxLength: 5 })
      .map(words => words.join(' ').replace(/\0/g, ''));
    const models = new Map<string, ReturnType<typeof searchTextOf>>();
    const samples = fc.sample(fc.tuple(text, text), { seed: 7, numRuns: 40 });
    for (const [index, [description, method]] of samples.entries()) {
      const name = `m${index}`;
      await publish(name, { description }, { metadata: { method } });
      const { model } = (await store.find(name))!;
      models.set(name, searchTextOf(model, model.metadata));
    }
    await fc.assert(
      fc.asyncProperty(text, async q => {
        const words = searchWords(q).slice(0, 20);
        fc.pre(words.length > 0);
        const expected = [...models]
          .filter(([, { title, parts, text: rest }]) =>
            words.every(one =>
              [...title, ...parts, ...rest].some(other =>
                other.startsWith(one),
              ),
            ),
          )
          .map(([name]) => name)
          .sort();
        const { items } = await store.list({
          ...parseModelsQuery({ q, limit: 200 }),
          visible: true,
        });
        expect(items.map(({ name }) => name).sort()).toEqual(expected);
      }),
      { numRuns: 150 },
    );
    expect(await knex('registry_words')).toHaveLength(40);
  });

  it('puts what is named so first, and pages through all ranks', async () => {
    const { publish, ask, names } = await createStore(id);
    for (const name of ['b-churn', 'a-churn']) await publish(name);
    for (const name of ['z-churning', 'y-churning', 'prechurn'])
      await publish(name);
    for (const name of ['n2', 'n1', 'n3'])
      await publish(name, { description: 'about churn' });
    await publish('unrelated');
    const expected = [
      ...['a-churn', 'b-churn', 'prechurn', 'y-churning', 'z-churning'],
      ...['n1', 'n2', 'n3'],
    ];
    const query = { q: 'churn', sort: 'relevance' };
    expect(await names(query)).toEqual(expected);
    for (const limit of [1, 2, 3, 7]) {
      const seen: Model[] = [];
      let after: ModelQuery['after'];
      do {
        const page = await ask({ ...query, limit }, { after });
        expect(page.totalItems).toBe(8);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        seen.push(...page.items);
        after = page.next;
      } while (after);
      expect(seen.map(({ name }) => name)).toEqual(expected);
    }
    await expect(
      ask(query, { after: { value: 'a-churn', id: 'x' } }),
    ).rejects.toThrow('not of a list by relevance');
    expect(await names({ sort: 'relevance', limit: 2 })).toEqual([
      'a-churn',
      'b-churn',
    ]);
  });

  it('indexes what an older platform stored', async () => {
    const { knex, publish, ask } = await createStore(id);
    await publish('old', {}, { metadata: { theme: 'ancient' } });
    const before = (await ask({ q: 'ancient' })).items;
    expect(before).toHaveLength(1);
    await knex('registry_facets').delete();
    await knex('registry_words').delete();
    await knex('registry_title_words').delete();
    await knex('registry_models').update({
      listed: null,
      theme: null,
      index_digest: null,
      indexed_changes: null,
    });
    expect((await ask({ q: 'ancient' })).items).toEqual([]);
    expect(await indexStaleModels(knex)).toBe(1);
    expect(
      (await ask({ q: 'ancient', filter: ['theme=ancient'] })).items,
    ).toEqual(before);
    expect(await indexStaleModels(knex)).toBe(0);
  });
});

it('asks SQLite of each model, and not each time of all, where very many are found', async () => {
  const { knex, publish } = await createStore('SQLITE_3');
  for (const name of ['a-churn', 'b-churn'])
    await publish(
      name,
      {},
      { metadata: { personalData: 'none' }, evaluation: { accuracy: 0.9 } },
    );
  const asked: Knex.Sql[] = [];
  knex.on('query', (query: Knex.Sql) => asked.push(query));
  const { items } = await new ModelFinder(knex, { broad: 0 }).list({
    ...parseModelsQuery({
      q: 'churn',
      sort: 'relevance',
      filter: ['evaluation.accuracy>=0.5 and metadata.personalData=none'],
    }),
    visible: true,
  });
  expect(items).toHaveLength(2);
  const pages = asked.filter(({ sql }) => sql.includes('order by'));
  expect(pages).toHaveLength(3);
  for (const { sql, bindings } of pages) {
    const plan: Array<{ id: number; parent: number; detail: string }> =
      await knex.raw(
        `explain query plan ${sql}`,
        bindings as Knex.RawBinding[],
      );
    const details = plan.map(({ detail }) => detail);
    expect(details).toContainEqual(
      expect.stringMatching(
        /^(SCAN registry_models USING COVERING INDEX registry_models_by_name|SEARCH titled USING COVERING INDEX)/,
      ),
    );
    // By value, there are those of all models.
    expect(details).not.toContainEqual(
      expect.stringMatching(/registry_facets_(by_value|number_index)/),
    );
    // A list is made once; what is correlated, for each model.
    for (const { parent } of plan.filter(one =>
      one.detail.includes('VIRTUAL TABLE'),
    ))
      expect(plan.find(one => one.id === parent)?.detail).toMatch(
        /^LIST SUBQUERY/,
      );
  }
});
