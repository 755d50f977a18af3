import { ConflictError } from '@backstage/errors';
import { Knex } from 'knex';
import { hasOverride } from '../overrides/overrides';
import { DeploymentRecord } from './DeploymentRecord';

export interface DeploymentRow {
  id: string;
  name: string;
  model_id: string;
  model: string;
  model_slug: string;
  system: string;
  owner: string;
  environment: string;
  spec: string;
  generation: number;
  changes: number;
  token_changes: number;
  source: string;
  overrides: string | null;
  deleting: boolean | number;
  revision: number | null;
  serving_revision: number | null;
  rollout_started_at: string | null;
  watched: string;
  waiting_request: number | null;
  gates: string | null;
  strategy: string | null;
  orphaned_at: string | null;
  decision: string | null;
  canary: string | null;
  given_up: string | null;
  drift: string | null;
  phase: string;
  conditions: string;
  runners: string;
  url: string | null;
  created_at: string;
  updated_at: string;
  updated_by: string;
}

export function toDeployment(row: DeploymentRow): DeploymentRecord {
  const overrides: DeploymentRecord['overrides'] = JSON.parse(
    row.overrides ?? '[]',
  );
  return {
    id: row.id,
    name: row.name,
    modelId: row.model_id,
    model: row.model,
    modelSlug: row.model_slug,
    system: row.system,
    owner: row.owner,
    environment: row.environment,
    spec: JSON.parse(row.spec),
    generation: row.generation,
    changes: row.changes,
    tokenChanges: row.token_changes,
    source: row.source,
    overrides,
    off: hasOverride(overrides, 'off'),
    deleting: Boolean(row.deleting),
    revision: row.revision ?? undefined,
    servingRevision: row.serving_revision ?? undefined,
    rolloutStartedAt: row.rollout_started_at ?? undefined,
    watched: JSON.parse(row.watched),
    waitingRequest: row.waiting_request ?? undefined,
    // Those of before knew no gates.
    gates: JSON.parse(row.gates ?? '[]'),
    strategy: row.strategy ? JSON.parse(row.strategy) : undefined,
    orphanedAt: row.orphaned_at ?? undefined,
    decision: row.decision ? JSON.parse(row.decision) : undefined,
    canary: row.canary ? JSON.parse(row.canary) : undefined,
    givenUp: row.given_up ? JSON.parse(row.given_up) : undefined,
    drift: JSON.parse(row.drift ?? '[]'),
    phase: row.phase as DeploymentRecord['phase'],
    conditions: JSON.parse(row.conditions),
    runners: JSON.parse(row.runners),
    url: row.url ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}

/** Throws `ConflictError` where it is gone. */
export async function readDeployment(
  knex: Knex,
  id: string,
): Promise<DeploymentRecord> {
  const row = await knex<DeploymentRow>('deployments').where({ id }).first();
  if (!row) {
    throw new ConflictError('The deployment was deleted in the meantime');
  }
  return toDeployment(row);
}
