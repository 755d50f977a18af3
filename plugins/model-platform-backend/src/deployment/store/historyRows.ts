import { HistoryEntry } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { HistoryDraft } from './DeploymentRecord';

export interface HistoryRow {
  id: number | string;
  deployment_id: string;
  name: string;
  model_id: string;
  at: string;
  actor: string;
  action: string;
  reason: string | null;
  details: string | null;
}

export function toHistoryEntry(row: HistoryRow): HistoryEntry {
  return {
    id: String(row.id),
    at: row.at,
    actor: row.actor,
    action: row.action,
    reason: row.reason ?? undefined,
    details: row.details ? JSON.parse(row.details) : undefined,
  };
}

export async function insertHistory(
  tx: Knex.Transaction,
  deployment: { id: string; name: string; modelId: string },
  entry: HistoryDraft,
  at: string,
): Promise<void> {
  await tx<HistoryRow>('deployment_history').insert({
    deployment_id: deployment.id,
    name: deployment.name,
    model_id: deployment.modelId,
    at,
    actor: entry.actor,
    action: entry.action,
    reason: entry.reason,
    details: entry.details && JSON.stringify(entry.details),
  });
}
