import { createHash } from 'node:crypto';
import { VersionSpec } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
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
import { Facet, facetsOf, MAX_VALUE_LENGTH } from './facetsOf';
import { searchTextOf } from './searchTextOf';

type ShownVersion = Pick<VersionRow, 'number' | 'status' | 'ready_at' | 'spec'>;

/** Brings up to date, from what is stored of a model, all by which it is found and listed. */
export async function indexModel(
  tx: Knex.Transaction,
  modelId: string,
): Promise<void> {
  const model = await tx<ModelRow>('registry_models')
    .where({ id: modelId })
    .first();
  if (!model) return;
  const aliases = await tx<AliasRow>('registry_aliases')
    .where({ model_id: modelId })
    .orderBy('alias');
  const champion = aliases.find(({ alias }) => alias === 'champion')?.version;
  const versions: ShownVersion[] = await tx<VersionRow>('registry_versions')
    .where({ model_id: modelId })
    .andWhere(part => {
      part.where('number', latestReady(tx, modelId));
      if (champion !== undefined) part.orWhere('number', champion);
    })
    .select('number', 'status', 'ready_at', 'spec');
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
  );
  const text = searchTextOf({ ...model, tags }, spec?.metadata);
  const digest = createHash('sha256')
    .update(JSON.stringify([facets, text]))
    .digest('hex');
  await tx<ModelRow>('registry_models')
    .where({ id: modelId })
    .update({
      latest_number: latest?.number ?? null,
      current_number: current?.number ?? null,
      metadata: spec ? JSON.stringify(spec.metadata) : null,
      theme: shortOf(listed.current?.theme),
      risk: shortOf(listed.current?.risk),
      listed: JSON.stringify(listed),
      index_digest: digest,
      indexed_changes: model.changes,
    });
  // Many a change, such as of an alias, changes nothing of what is looked for.
  if (digest === model.index_digest) return;
  await writeFacets(tx, modelId, facets);
  await createSearchIndex(tx).write(tx, modelId, text);
}

async function writeFacets(
  tx: Knex.Transaction,
  modelId: string,
  facets: Facet[],
): Promise<void> {
  await tx<FacetRow>('registry_facets').where({ model_id: modelId }).delete();
  const rows = facets.map(
    ({ key, value, number, date }): FacetRow => ({
      model_id: modelId,
      key,
      value,
      number_value: number ?? null,
      date_value: date ?? null,
    }),
  );
  for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
    await tx<FacetRow>('registry_facets').insert(
      rows.slice(start, start + INSERT_CHUNK),
    );
  }
}

function latestReady(tx: Knex.Transaction, modelId: string) {
  return tx('registry_versions')
    .where({ model_id: modelId, status: 'ready' })
    .max('number');
}

function shortOf(value: string | undefined): string | null {
  return value?.slice(0, MAX_VALUE_LENGTH) ?? null;
}
