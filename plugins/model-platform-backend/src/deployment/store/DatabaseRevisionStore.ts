import { Knex } from 'knex';
import { RevisionRecord, RevisionStore } from '../revisions/RevisionStore';
import { DeploymentRecord } from './DeploymentRecord';
import { RevisionRow, toRevision } from './revisionRows';

/** Revisions in SQLite or PostgreSQL. */
export class DatabaseRevisionStore implements RevisionStore {
  constructor(private readonly knex: Knex) {}

  async get(
    deploymentId: string,
    number: number,
  ): Promise<RevisionRecord | undefined> {
    const row = await this.knex<RevisionRow>('deployment_revisions')
      .where({ deployment_id: deploymentId, number })
      .first();
    return row && toRevision(row);
  }

  async lastServed(deploymentId: string): Promise<RevisionRecord | undefined> {
    const row = await this.knex<RevisionRow>('deployment_revisions')
      .where({ deployment_id: deploymentId })
      .whereNotNull('first_served_at')
      .orderBy('number', 'desc')
      .first();
    return row && toRevision(row);
  }

  async current(
    deployments: DeploymentRecord[],
  ): Promise<Map<string, RevisionRecord>> {
    return await this.byNumber(
      deployments.flatMap(({ id, revision }) =>
        revision === undefined ? [] : [[id, revision]],
      ),
    );
  }

  async serving(
    deployments: DeploymentRecord[],
  ): Promise<Map<string, RevisionRecord>> {
    return await this.byNumber(
      deployments.flatMap(({ id, revision, servingRevision }) =>
        servingRevision === undefined || servingRevision === revision
          ? []
          : [[id, servingRevision]],
      ),
    );
  }

  async list(deploymentId: string, page: { limit: number; before?: number }) {
    const select = this.knex<RevisionRow>('deployment_revisions')
      .where({ deployment_id: deploymentId })
      .orderBy('number', 'desc')
      .limit(page.limit);
    if (page.before !== undefined) select.andWhere('number', '<', page.before);
    return (await select).map(toRevision);
  }

  private async byNumber(
    pairs: Array<[string, number]>,
  ): Promise<Map<string, RevisionRecord>> {
    if (pairs.length === 0) {
      return new Map();
    }
    const rows = await this.knex<RevisionRow>('deployment_revisions').whereIn(
      ['deployment_id', 'number'],
      pairs,
    );
    return new Map(rows.map(row => [row.deployment_id, toRevision(row)]));
  }
}
