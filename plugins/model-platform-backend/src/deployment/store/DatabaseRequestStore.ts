import { Knex } from 'knex';
import { Write } from './Write';
import { DecisionRow, RequestRow, toRequest } from './requestRows';
import {
  RequestRecord,
  RequestStanding,
  RequestStore,
} from '../gates/RequestStore';

/** Requests in SQLite or PostgreSQL. */
export class DatabaseRequestStore implements RequestStore {
  constructor(private readonly knex: Knex, private readonly write: Write) {}

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
