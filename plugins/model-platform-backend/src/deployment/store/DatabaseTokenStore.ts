import { ConflictError } from '@backstage/errors';
import { DesiredToken } from '@model-platform/plugin-model-platform-node';
import { Knex } from 'knex';
import { EndpointTokenRecord, TokenStore } from '../endpoints/TokenStore';
import { DeploymentRow } from './deploymentRows';
import { DeploymentRecord, HistoryDraft } from './DeploymentRecord';
import { insertHistory } from './historyRows';

interface TokenRow {
  id: string;
  deployment_id: string;
  endpoint: string;
  hash: string;
  consumer: string;
  created_by: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  rate: string | null;
  may_choose_variant: boolean | number | null;
}

/** Tokens of endpoints in SQLite or PostgreSQL. */
export class DatabaseTokenStore implements TokenStore {
  constructor(
    private readonly knex: Knex,
    private readonly now: () => string,
  ) {}

  async add(
    deployment: DeploymentRecord,
    token: EndpointTokenRecord,
    options: { hash: string; maxLive: number; history: HistoryDraft },
  ): Promise<boolean> {
    return await this.knex.transaction(async tx => {
      // One at a time, so that no two take the last place.
      if (!(await this.countChange(tx, deployment.id))) {
        throw new ConflictError(
          `The deployment ${deployment.name} was deleted in the meantime`,
        );
      }
      const counted = await this.alive(tx, deployment.id, token.createdAt)
        .count({ count: '*' })
        .first<{ count: number | string }>();
      if (Number(counted?.count ?? 0) >= options.maxLive) {
        return false;
      }
      await tx<TokenRow>('deployment_tokens').insert({
        id: token.id,
        deployment_id: token.deploymentId,
        endpoint: token.endpoint,
        hash: options.hash,
        consumer: token.consumer,
        created_by: token.createdBy,
        created_at: token.createdAt,
        expires_at: token.expiresAt,
        rate: token.rate && JSON.stringify(token.rate),
        may_choose_variant: token.mayChooseVariant,
      });
      await insertHistory(tx, deployment, options.history, this.now());
      return true;
    });
  }

  async list(
    deploymentId: string,
    now: Date,
    limit: number,
  ): Promise<EndpointTokenRecord[]> {
    const rows = await this.knex<TokenRow>('deployment_tokens')
      .where({ deployment_id: deploymentId })
      .orderByRaw(
        'case when revoked_at is null and (expires_at is null or expires_at > ?) then 0 else 1 end',
        [now.toISOString()],
      )
      .orderBy('created_at', 'desc')
      .limit(limit);
    return rows.map(toToken);
  }

  async live(deploymentId: string, now: Date): Promise<DesiredToken[]> {
    const rows = await this.alive(
      this.knex,
      deploymentId,
      now.toISOString(),
    ).orderBy('id');
    return (rows as TokenRow[]).map(row => {
      const { id, consumer, expiresAt, rate, mayChooseVariant } = toToken(row);
      return {
        id,
        hash: row.hash,
        consumer,
        expiresAt,
        rate,
        mayChooseVariant,
      };
    });
  }

  async revoke(
    deployment: DeploymentRecord,
    id: string,
    { at, actor }: { at: string; actor: string },
  ): Promise<EndpointTokenRecord | undefined> {
    return await this.knex.transaction(async tx => {
      await this.countChange(tx, deployment.id);
      const token = { deployment_id: deployment.id, id };
      const revoked = await tx<TokenRow>('deployment_tokens')
        .where(token)
        .whereNull('revoked_at')
        .update({ revoked_at: at });
      const row = await tx<TokenRow>('deployment_tokens').where(token).first();
      if (row && revoked > 0) {
        await insertHistory(
          tx,
          deployment,
          {
            actor,
            action: 'token-revoked',
            details: { id, consumer: row.consumer },
          },
          this.now(),
        );
      }
      return row && toToken(row);
    });
  }

  async dropExpired(before: Date): Promise<number> {
    return await this.knex<TokenRow>('deployment_tokens')
      .where('expires_at', '<', before.toISOString())
      .delete();
  }

  /** So that the leader sees it, whichever portal it was made in. False where the deployment is gone. */
  private async countChange(
    tx: Knex.Transaction,
    id: string,
  ): Promise<boolean> {
    const counted = await tx<DeploymentRow>('deployments')
      .where({ id, deleting: false })
      .update({ token_changes: tx.raw('token_changes + 1') });
    return counted > 0;
  }

  private alive(knex: Knex, deploymentId: string, now: string) {
    return knex<TokenRow>('deployment_tokens')
      .where({ deployment_id: deploymentId })
      .whereNull('revoked_at')
      .andWhere(either =>
        either.whereNull('expires_at').orWhere('expires_at', '>', now),
      );
  }
}

function toToken(row: TokenRow): EndpointTokenRecord {
  return {
    id: row.id,
    deploymentId: row.deployment_id,
    endpoint: row.endpoint,
    consumer: row.consumer,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    rate: row.rate ? JSON.parse(row.rate) : undefined,
    mayChooseVariant: row.may_choose_variant ? true : undefined,
  };
}
