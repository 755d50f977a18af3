import { Knex } from 'knex';
import { MlflowVersion } from './MlflowModel';

/** MLflow's time of change: of versions made, moved between stages and deleted. */
export async function touchModel(
  tx: Knex.Transaction,
  modelId: string,
  now: string,
): Promise<void> {
  await tx('registry_models')
    .where({ id: modelId })
    .whereNull('published_at')
    .update({ updated_at: now });
}

/** A version of another door gets its row when MLflow first says something of it. */
export async function ensureRow(
  tx: Knex.Transaction,
  version: MlflowVersion,
  now: string,
): Promise<void> {
  await tx('mlflow_versions')
    .insert({
      model_id: version.modelId,
      number: version.number,
      state: version.state,
      stage: version.stage,
      created_by: version.createdBy,
      created_at: version.createdAt,
      updated_at: now,
    })
    .onConflict(['model_id', 'number'])
    .ignore();
}
