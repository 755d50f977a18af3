import { createHash } from 'node:crypto';
import { VersionSpec } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { countChange } from '../countChange';
import { INSERT_CHUNK } from '../insertChunk';
import {
  AliasRow,
  FacetRow,
  ListedFacts,
  ModelRow,
  toSummary,
  VersionRow,
} from '../modelRows';
import { createSearchIndex } from './createSearchIndex';
import { facetsOf, MAX_COLUMN_LENGTH } from './facetsOf';
import { SearchText, searchTextOf } from './searchTextOf';
import { TitledModel, TitleWords } from './TitleWords';

type ShownVersion = Pick<
  VersionRow,
  'model_id' | 'number' | 'status' | 'ready_at' | 'spec'
>;

/** Brings up to date, from what is stored of models, all by which they are found and listed. */
export async function indexModels(
  tx: Knex.Transaction,
  modelIds: string[],
): Promise<void> {
  await indexRows(
    tx,
    await tx<ModelRow>('registry_models').whereIn('id', modelIds),
  );
}

/** The same, of rows as they are now but for this change, which is stored with it. */
export async function indexRows(
  tx: Knex.Transaction,
  models: ModelRow[],
  change: Partial<ModelRow> = {},
): Promise<void> {
  const modelIds = models.map(({ id }) => id);
  const aliases = groupByModel(
    await tx<AliasRow>('registry_aliases')
      .whereIn('model_id', modelIds)
      .orderBy('alias'),
  );
  const versions = groupByModel(await shownVersions(tx, modelIds));
  const facets: FacetRow[] = [];
  const texts = new Map<string, SearchText>();
  const titles: TitledModel[] = [];
  for (const model of models) {
    const { row, ...found } = indexOf(
      model,
      aliases.get(model.id) ?? [],
      versions.get(model.id) ?? [],
    );
    await tx<ModelRow>('registry_models')
      .where({ id: model.id })
      .update({ ...change, ...row });
    // Many a change, such as of an alias, changes nothing of what is looked for.
    if (row.index_digest === model.index_digest) continue;
    facets.push(...found.facets);
    texts.set(model.id, found.text);
    titles.push({ ...model, words: found.text.title });
  }
  if (texts.size > 0) await writeIndexes(tx, { facets, texts, titles });
  await countChange(
    tx,
    models.map(({ system }) => system),
  );
}

async function writeIndexes(
  tx: Knex.Transaction,
  {
    facets,
    texts,
    titles,
  }: {
    facets: FacetRow[];
    texts: Map<string, SearchText>;
    titles: TitledModel[];
  },
): Promise<void> {
  await tx<FacetRow>('registry_facets')
    .whereIn('model_id', [...texts.keys()])
    .delete();
  for (let start = 0; start < facets.length; start += INSERT_CHUNK) {
    await tx<FacetRow>('registry_facets').insert(
      facets.slice(start, start + INSERT_CHUNK),
    );
  }
  await createSearchIndex(tx).write(tx, texts);
  await TitleWords.write(tx, titles);
}

/** The champion and the newest ready one. */
async function shownVersions(
  tx: Knex.Transaction,
  modelIds: string[],
): Promise<ShownVersion[]> {
  const sameModel = (inner: Knex.QueryBuilder, column: string) =>
    inner.where(column, tx.ref('shown.model_id'));
  return await tx({ shown: 'registry_versions' })
    .whereIn('shown.model_id', modelIds)
    .andWhere(part =>
      part
        .where('shown.number', (inner: Knex.QueryBuilder) =>
          sameModel(inner, 'newest.model_id')
            .from({ newest: 'registry_versions' })
            .where('newest.status', 'ready')
            .max('newest.number'),
        )
        .orWhere('shown.number', (inner: Knex.QueryBuilder) =>
          sameModel(inner, 'registry_aliases.model_id')
            .from('registry_aliases')
            .where('registry_aliases.alias', 'champion')
            .select('registry_aliases.version'),
        ),
    )
    .select(
      'shown.model_id',
      'shown.number',
      'shown.status',
      'shown.ready_at',
      'shown.spec',
    );
}

function indexOf(
  model: ModelRow,
  aliases: AliasRow[],
  versions: ShownVersion[],
) {
  const champion = aliases.find(({ alias }) => alias === 'champion')?.version;
  const latest = versions
    .filter(({ status }) => status === 'ready')
    .sort((a, b) => b.number - a.number)[0];
  const current = versions.find(({ number }) => number === champion) ?? latest;
  const spec: VersionSpec | undefined = current && JSON.parse(current.spec);
  const listed: ListedFacts = {
    aliases: Object.fromEntries(
      aliases.map(({ alias, version }) => [alias, version]),
    ),
    current: current && toSummary(current),
    latest: latest && toSummary(latest),
  };
  const tags: string[] = JSON.parse(model.tags);
  const facets = facetsOf(
    { tags, sharedWith: JSON.parse(model.shared_with) },
    spec?.metadata,
    spec?.evaluation,
  ).map(
    ({ key, value, number, date }): FacetRow => ({
      model_id: model.id,
      key,
      value,
      number_value: number ?? null,
      date_value: date ?? null,
    }),
  );
  const text = searchTextOf({ ...model, tags }, spec?.metadata);
  const row: Partial<ModelRow> = {
    latest_number: latest?.number ?? null,
    current_number: current?.number ?? null,
    metadata: spec ? JSON.stringify(spec.metadata) : null,
    theme: shortOf(listed.current?.theme),
    risk: shortOf(listed.current?.risk),
    listed: JSON.stringify(listed),
    index_digest: createHash('sha256')
      .update(JSON.stringify([facets, text]))
      .digest('hex'),
    indexed_changes: model.changes,
  };
  return { row, facets, text };
}

function shortOf(value: string | undefined): string | null {
  return value?.slice(0, MAX_COLUMN_LENGTH) ?? null;
}

function groupByModel<T extends { model_id: string }>(
  rows: T[],
): Map<string, T[]> {
  const grouped = new Map<string, T[]>();
  for (const row of rows)
    grouped.set(row.model_id, [...(grouped.get(row.model_id) ?? []), row]);
  return grouped;
}
