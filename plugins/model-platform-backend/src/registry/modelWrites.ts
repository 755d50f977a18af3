import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { facetsOf, searchTextOf } from './facetsOf';
import {
  AliasRow,
  FacetRow,
  HistoryRow,
  ModelRow,
  VersionRow,
} from './modelRows';
import { HistoryDraft } from './ModelStore';

/** Rows of one statement: databases bound the number of values in it. */
export const INSERT_CHUNK = 100;

/** Announcing and removing files of a system take turns. */
export async function lockScope(
  tx: Knex.Transaction,
  system: string,
): Promise<void> {
  await tx('registry_scopes')
    .insert({ system, turns: 0 })
    .onConflict('system')
    .ignore();
  await tx('registry_scopes').where({ system }).update({ turns: 0 });
}

/** One change of a model at a time; the row of its name outlives the model's. */
export async function lockModel(
  tx: Knex.Transaction,
  modelId: string,
): Promise<void> {
  await tx('registry_names')
    .whereIn(
      'name',
      tx.select('name').from('registry_models').where({ id: modelId }),
    )
    .update({ last_number: tx.ref('last_number') });
}

/** Brings up to date what lists show of a model, and counts the change. */
export async function refreshModel(
  tx: Knex.Transaction,
  modelId: string,
  now: string,
): Promise<void> {
  const newest = await tx<VersionRow>('registry_versions')
    .where({ model_id: modelId, status: 'ready' })
    .max({ number: 'number' })
    .first<{ number: number | null }>();
  const champion = await tx<AliasRow>('registry_aliases')
    .where({ model_id: modelId, alias: 'champion' })
    .first();
  const latest = newest?.number ?? null;
  const current = champion?.version ?? latest;
  const row =
    current === null
      ? undefined
      : await tx<VersionRow>('registry_versions')
          .where({ model_id: modelId, number: current })
          .first('spec');
  const metadata: Record<string, unknown> | undefined =
    row && JSON.parse(row.spec).metadata;
  const model = await tx<ModelRow>('registry_models')
    .where({ id: modelId })
    .first();
  if (!model) {
    throw new ConflictError('The model is not there any more');
  }
  const tags: string[] = JSON.parse(model.tags);
  const sharedWith: string[] = JSON.parse(model.shared_with);
  await tx<ModelRow>('registry_models')
    .where({ id: modelId })
    .update({
      latest_number: latest,
      current_number: current,
      metadata: metadata ? JSON.stringify(metadata) : null,
      search_text: searchTextOf({ ...model, tags }, metadata),
      updated_at: now,
      changes: model.changes + 1,
    });
  await tx<FacetRow>('registry_facets').where({ model_id: modelId }).delete();
  const facets = facetsOf({ tags, sharedWith }, metadata).map(
    ([key, value]) => ({
      model_id: modelId,
      key,
      value,
    }),
  );
  for (let start = 0; start < facets.length; start += INSERT_CHUNK) {
    await tx<FacetRow>('registry_facets').insert(
      facets.slice(start, start + INSERT_CHUNK),
    );
  }
}

/** What is kept for ever, and handed on to those who listen. */
export async function insertHistory(
  tx: Knex.Transaction,
  modelId: string,
  entry: HistoryDraft,
  now: string,
): Promise<void> {
  const alias = entry.details?.alias;
  const [inserted] = await tx<HistoryRow>('registry_history')
    .insert({
      model_id: modelId,
      at: now,
      actor: entry.actor,
      action: entry.action,
      reason: entry.reason ?? null,
      details: entry.details ? JSON.stringify(entry.details) : null,
      alias: typeof alias === 'string' ? alias : null,
      client: entry.client ?? null,
    })
    .returning('id');
  // In the same transaction, so that nobody misses it who has to hear of it.
  await tx('registry_outbox').insert({ history_id: inserted.id });
}
