import { isDatabaseConflictError } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { RequestDecision } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import {
  RequestRecord,
  RequestStanding,
  RequestStore,
} from '../gates/RequestStore';
import { DeploymentRow, readDeployment } from './deploymentRows';
import { DeploymentRecord } from './DeploymentRecord';
import { insertHistory } from './historyRows';
import {
  closeRequest,
  DecisionRow,
  insertDecision,
  removeDecision,
  RequestRow,
  toRequest,
} from './requestRows';
import { Write } from './Write';

/** Requests in SQLite or PostgreSQL. */
export class DatabaseRequestStore implements RequestStore {
  constructor(
    private readonly knex: Knex,
    private readonly write: Write,
    private readonly now: () => string,
  ) {}

  async get(
    deploymentId: string,
    number: number,
  ): Promise<RequestRecord | undefined> {
    const rows = await this.rows().where({
      deployment_id: deploymentId,
      number,
    });
    return (await this.withDecisions(rows))[0];
  }

  async waiting(deploymentIds: string[]): Promise<Map<string, RequestRecord>> {
    if (deploymentIds.length === 0) return new Map();
    const rows = await this.rows()
      .whereIn('deployment_id', deploymentIds)
      .andWhere({ state: 'waiting' });
    const found = await this.withDecisions(rows);
    return new Map(found.map(request => [request.deploymentId, request]));
  }

  async list(
    deploymentId: string,
    page: { limit: number; before?: number },
  ): Promise<RequestRecord[]> {
    const select = this.rows()
      .where({ deployment_id: deploymentId })
      .orderBy('number', 'desc')
      .limit(page.limit);
    if (page.before !== undefined) select.andWhere('number', '<', page.before);
    return await this.withDecisions(await select);
  }

  async saveStanding(
    { deploymentId, number }: RequestRecord,
    standing: RequestStanding,
  ): Promise<void> {
    await this.write(tx =>
      tx<RequestRow>('deployment_requests')
        .where({ deployment_id: deploymentId, number, state: 'waiting' })
        .update({ standing: JSON.stringify(standing) }),
    );
  }

  async decide(
    deployment: DeploymentRecord,
    request: number,
    decision: Omit<RequestDecision, 'at'>,
  ): Promise<DeploymentRecord> {
    const at = this.now();
    const isRefused = decision.decision === 'refused';
    try {
      await this.knex.transaction(async tx => {
        const waiting = tx<DeploymentRow>('deployments').where({
          id: deployment.id,
          waiting_request: request,
        });
        // So that it is not made, or superseded, in between.
        if (!(await waiting.clone().forUpdate().first('id'))) {
          throw new ConflictError(
            `Request ${request} of ${deployment.name} does not wait any more`,
          );
        }
        if (isRefused) {
          await removeDecision(tx, deployment.id, request, decision.approver);
        }
        await insertDecision(tx, deployment.id, request, { ...decision, at });
        if (isRefused) {
          await waiting.clone().update({
            waiting_request: null,
            // Whoever is about to make it finds that it was changed.
            changes: tx.raw('changes + 1'),
          });
          await closeRequest(tx, deployment.id, request, {
            state: 'refused',
            reason: `Refused by ${decision.approver}: ${decision.reason}`,
            at,
          });
        }
        await insertHistory(
          tx,
          deployment,
          {
            actor: decision.approver,
            action: decision.decision,
            reason: decision.reason,
            details: { request, groups: decision.groups },
          },
          at,
        );
      });
    } catch (error) {
      throw isDatabaseConflictError(error)
        ? new ConflictError(
            `${decision.approver} has approved request ${request} of ${deployment.name} already`,
          )
        : error;
    }
    return await readDeployment(this.knex, deployment.id);
  }

  async withdrawApproval(
    deployment: DeploymentRecord,
    request: number,
    { approver, reason }: Pick<RequestDecision, 'approver' | 'reason'>,
  ): Promise<DeploymentRecord> {
    await this.knex.transaction(async tx => {
      const updated = await tx<DeploymentRow>('deployments')
        .where({ id: deployment.id, waiting_request: request })
        .update({ changes: tx.raw('changes + 1') });
      if (updated === 0) {
        throw new ConflictError(
          `Request ${request} of ${deployment.name} does not wait any more`,
        );
      }
      const removed = await removeDecision(
        tx,
        deployment.id,
        request,
        approver,
      );
      if (removed === 0) {
        throw new ConflictError(
          `${approver} has not approved request ${request} of ${deployment.name}`,
        );
      }
      await insertHistory(
        tx,
        deployment,
        {
          actor: approver,
          action: 'approval-withdrawn',
          reason,
          details: { request },
        },
        this.now(),
      );
    });
    return await readDeployment(this.knex, deployment.id);
  }

  private rows() {
    return this.knex<RequestRow>('deployment_requests');
  }

  private async withDecisions(rows: RequestRow[]): Promise<RequestRecord[]> {
    const decisions =
      rows.length === 0
        ? []
        : await this.knex<DecisionRow>('deployment_request_decisions')
            .whereIn(
              ['deployment_id', 'number'],
              rows.map(row => [row.deployment_id, row.number]),
            )
            .orderBy('id');
    return rows.map(row => toRequest(row, decisions));
  }
}
