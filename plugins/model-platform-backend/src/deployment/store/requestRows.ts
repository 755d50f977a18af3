import { RequestDecision } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import { NewRequest, RequestEnd, RequestRecord } from '../gates/RequestStore';
import { DesiredChange } from './DeploymentStore';
import { DeploymentRecord } from './DeploymentRecord';

export interface RequestRow {
  deployment_id: string;
  number: number;
  state: string;
  created_at: string;
  actor: string;
  reason: string;
  content: string;
  standing: string;
  closed_at: string | null;
  closed_reason: string | null;
  revision: number | null;
}

export interface DecisionRow {
  id: number | string;
  deployment_id: string;
  number: number;
  decision: RequestDecision['decision'];
  approver: string;
  groups: string;
  reason: string;
  at: string;
}

export function toRequest(
  row: RequestRow,
  decisions: DecisionRow[],
): RequestRecord {
  return {
    deploymentId: row.deployment_id,
    number: row.number,
    state: row.state as RequestRecord['state'],
    createdAt: row.created_at,
    actor: row.actor,
    reason: row.reason,
    ...JSON.parse(row.content),
    standing: JSON.parse(row.standing),
    closedAt: row.closed_at ?? undefined,
    closedReason: row.closed_reason ?? undefined,
    revision: row.revision ?? undefined,
    decisions: decisions
      .filter(
        one =>
          one.deployment_id === row.deployment_id && one.number === row.number,
      )
      .map(({ decision, approver, groups, reason, at }) => ({
        decision,
        approver,
        groups: JSON.parse(groups),
        reason,
        at,
      })),
  };
}

/** @returns its number. */
export async function insertRequest(
  tx: Knex.Transaction,
  deploymentId: string,
  request: NewRequest,
  at: string,
): Promise<number> {
  const last = await tx<RequestRow>('deployment_requests')
    .where({ deployment_id: deploymentId })
    .max({ number: 'number' })
    .first<{ number?: number | string }>();
  const number = Number(last?.number ?? 0) + 1;
  const { actor, reason, standing, ...content } = request;
  await tx<RequestRow>('deployment_requests').insert({
    deployment_id: deploymentId,
    number,
    state: 'waiting',
    created_at: at,
    actor,
    reason,
    content: JSON.stringify(content),
    standing: JSON.stringify(standing),
  });
  return number;
}

export async function closeRequest(
  tx: Knex.Transaction,
  deploymentId: string,
  number: number,
  end: RequestEnd & { at: string; revision?: number },
): Promise<void> {
  await tx<RequestRow>('deployment_requests')
    .where({ deployment_id: deploymentId, number, state: 'waiting' })
    .update({
      state: end.state,
      closed_at: end.at,
      closed_reason: end.reason ?? null,
      revision: end.revision ?? null,
    });
}

/**
 * What a change of the deployment does to the request that waits.
 *
 * @returns the one that waits from now on, `null` for none; undefined where nothing changes.
 */
export async function changeRequest(
  tx: Knex.Transaction,
  from: DeploymentRecord,
  { request, ends, set }: DesiredChange,
  { at, revision: made }: { at: string; revision: number | undefined },
): Promise<number | null | undefined> {
  const end =
    ends ??
    (request && { state: 'superseded' as const, reason: request.reason }) ??
    (set.deleting && {
      state: 'withdrawn' as const,
      reason: 'The deployment was deleted',
    });
  if (end && from.waitingRequest !== undefined) {
    await closeRequest(tx, from.id, from.waitingRequest, {
      ...end,
      at,
      revision: end.state === 'made' ? made : undefined,
    });
  }
  if (request) return await insertRequest(tx, from.id, request, at);
  return end ? null : undefined;
}

export async function insertDecision(
  tx: Knex.Transaction,
  deploymentId: string,
  number: number,
  decision: RequestDecision,
): Promise<void> {
  await tx<DecisionRow>('deployment_request_decisions').insert({
    deployment_id: deploymentId,
    number,
    ...decision,
    groups: JSON.stringify(decision.groups),
  });
}

/** @returns how many there were. */
export async function removeDecision(
  tx: Knex.Transaction,
  deploymentId: string,
  number: number,
  approver: string,
): Promise<number> {
  return await tx<DecisionRow>('deployment_request_decisions')
    .where({ deployment_id: deploymentId, number, approver })
    .delete();
}
