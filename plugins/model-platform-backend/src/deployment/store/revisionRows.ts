import { Knex } from 'knex';
import { NewRevision, RevisionRecord } from '../revisions/RevisionStore';
import { WatchedVersions } from './DeploymentRecord';
import { takeRoom } from './roomRows';

export interface RevisionRow {
  deployment_id: string;
  name: string;
  number: number;
  created_at: string;
  actor: string;
  reason: string;
  snapshot: string;
  first_served_at: string | null;
}

export interface RevisionModelRow {
  deployment_id: string;
  number: number;
  model_id: string;
}

export function toRevision(row: RevisionRow): RevisionRecord {
  const snapshot = JSON.parse(row.snapshot);
  return {
    deploymentId: row.deployment_id,
    name: row.name,
    number: row.number,
    createdAt: row.created_at,
    actor: row.actor,
    reason: row.reason,
    variants: snapshot.variants,
    resources: snapshot.resources,
    traffic: snapshot.traffic,
    strategy: snapshot.strategy,
    firstServedAt: row.first_served_at ?? undefined,
  };
}

/** @returns its number. */
export async function insertRevision(
  tx: Knex.Transaction,
  deployment: { id: string; name: string },
  revision: NewRevision,
  options: { watched: WatchedVersions; at: string },
): Promise<number> {
  if (revision.room) await takeRoom(tx, revision.room, deployment.name);
  const last = await tx<RevisionRow>('deployment_revisions')
    .where({ name: deployment.name })
    .max({ number: 'number' })
    .first<{ number?: number | string }>();
  const number = Number(last?.number ?? 0) + 1;
  await tx<RevisionRow>('deployment_revisions').insert({
    deployment_id: deployment.id,
    name: deployment.name,
    number,
    created_at: options.at,
    actor: revision.actor,
    reason: revision.reason,
    snapshot: JSON.stringify({
      variants: revision.variants,
      resources: revision.resources,
      traffic: revision.traffic,
      strategy: revision.strategy,
    }),
  });
  const modelIds = new Set([
    ...Object.keys(options.watched),
    ...revision.variants.map(({ modelId }) => modelId),
  ]);
  await tx<RevisionModelRow>('deployment_revision_models').insert(
    [...modelIds].map(modelId => ({
      deployment_id: deployment.id,
      number,
      model_id: modelId,
    })),
  );
  return number;
}

/** When traffic first went to it; later times change nothing. */
export async function noteServed(
  tx: Knex.Transaction,
  { id, number }: { id: string; number: number },
  at: string,
): Promise<void> {
  await tx<RevisionRow>('deployment_revisions')
    .where({ deployment_id: id, number })
    .whereNull('first_served_at')
    .update({ first_served_at: at });
}

/** What the deployment keeps of how its wanted revision gets its traffic. */
export function strategyOf({ strategy }: NewRevision): string | null {
  return strategy ? JSON.stringify(strategy) : null;
}
