import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { archivedModelError } from './archivedModelError';
import { indexRows } from './finding/indexModels';
import { HistoryRow, ModelRow } from './modelRows';
import { HistoryDraft } from './ModelStore';

/** Announcing and removing files of a system take turns. */
export async function lockScope(
  tx: Knex.Transaction,
  system: string,
): Promise<void> {
  await tx('registry_scopes')
    .insert({ system, turns: 0 })
    .onConflict('system')
    .merge();
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

/** To be asked of a model that is locked: from then on nobody archives it. */
export function requireNotArchived(row: ModelRow): void {
  if (row.archived_at !== null) throw archivedModelError(row.name);
}

/** Counts a change of a model, and brings up to date what finds and lists it. To be called once the model is locked. */
export async function refreshModel(
  tx: Knex.Transaction,
  modelId: string,
  now: string,
): Promise<void> {
  await changeModel(tx, await modelRowOf(tx, modelId), {}, now);
}

/** To be read once the model is locked. Throws `ConflictError` where it is not there. */
export async function modelRowOf(
  tx: Knex.Transaction,
  modelId: string,
): Promise<ModelRow> {
  const row = await tx<ModelRow>('registry_models')
    .where({ id: modelId })
    .first();
  if (!row) {
    throw new ConflictError('The model is not there any more');
  }
  return row;
}

/** Changes a model as `refreshModel` does, and these columns of it. */
export async function changeModel(
  tx: Knex.Transaction,
  row: ModelRow,
  set: Partial<ModelRow>,
  now: string,
): Promise<void> {
  const change = { ...set, updated_at: now, changes: row.changes + 1 };
  await indexRows(tx, [{ ...row, ...change }], change);
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
      unfinished: entry.details?.state === 'pending',
    })
    .returning('id');
  // In the same transaction, so that nobody misses it who has to hear of it.
  await tx('registry_outbox').insert({ history_id: inserted.id });
}
