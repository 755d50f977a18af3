import { PublisherToken } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import {
  PublisherTokenRecord,
  PublisherTokenStore,
} from './PublisherTokenStore';

interface TokenRow {
  id: string;
  name: string;
  hash: string;
  grants: string;
  source: 'api' | 'config';
  created_by: string;
  maker_groups: string | null;
  created_at: string;
  expires_at: string | null;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** Publisher tokens in SQLite or PostgreSQL. */
export class DatabasePublisherTokenStore implements PublisherTokenStore {
  static create(options: { knex: Knex }) {
    return new DatabasePublisherTokenStore(options.knex);
  }

  private constructor(private readonly knex: Knex) {}

  async add(
    token: PublisherTokenRecord,
    hash: string,
    source: 'api' | 'config',
  ): Promise<void> {
    await this.knex<TokenRow>('access_tokens').insert(
      toRow(token, hash, source),
    );
  }

  async findByHash(hash: string): Promise<PublisherTokenRecord | undefined> {
    return await this.find({ hash });
  }

  async findById(id: string): Promise<PublisherTokenRecord | undefined> {
    return await this.find({ id });
  }

  private async find(
    by: { hash: string } | { id: string },
  ): Promise<PublisherTokenRecord | undefined> {
    const row = await this.knex<TokenRow>('access_tokens').where(by).first();
    return (
      row && {
        ...toToken(row),
        makerGroups: row.maker_groups
          ? JSON.parse(row.maker_groups)
          : undefined,
      }
    );
  }

  async get(id: string): Promise<PublisherToken | undefined> {
    const row = await this.knex<TokenRow>('access_tokens')
      .where({ id })
      .first();
    return row && toToken(row);
  }

  async list(page: {
    createdBy?: string;
    limit: number;
    after?: string;
  }): Promise<PublisherToken[]> {
    const select = this.knex<TokenRow>('access_tokens')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(page.limit);
    if (page.createdBy !== undefined)
      select.andWhere('created_by', page.createdBy);
    if (page.after !== undefined) {
      const last = await this.get(page.after);
      if (last) {
        select.andWhere(part =>
          part
            .where('created_at', '<', last.createdAt)
            .orWhere(equal =>
              equal
                .where('created_at', last.createdAt)
                .andWhere('id', '<', last.id),
            ),
        );
      }
    }
    return (await select).map(toToken);
  }

  async revoke(id: string, at: string): Promise<PublisherToken | undefined> {
    await this.knex<TokenRow>('access_tokens')
      .where({ id })
      .whereNull('revoked_at')
      .update({ revoked_at: at });
    return await this.get(id);
  }

  async markUsed(id: string, at: string): Promise<void> {
    await this.knex<TokenRow>('access_tokens')
      .where({ id })
      .update({ last_used_at: at });
  }

  async configure(
    tokens: Array<{ token: PublisherToken; hash: string }>,
    at: string,
  ): Promise<void> {
    await this.knex.transaction(async tx => {
      for (const { token, hash } of tokens) {
        await tx<TokenRow>('access_tokens')
          .insert(toRow(token, hash, 'config'))
          .onConflict('hash')
          .merge({
            name: token.name,
            grants: JSON.stringify(token.grants),
            source: 'config',
            revoked_at: null,
          });
      }
      await tx<TokenRow>('access_tokens')
        .where({ source: 'config' })
        .whereNull('revoked_at')
        .whereNotIn(
          'hash',
          tokens.map(({ hash }) => hash),
        )
        .update({ revoked_at: at });
    });
  }
}

function toRow(
  token: PublisherTokenRecord,
  hash: string,
  source: 'api' | 'config',
): TokenRow {
  return {
    id: token.id,
    name: token.name,
    hash,
    grants: JSON.stringify(token.grants),
    source,
    created_by: token.createdBy,
    maker_groups: token.makerGroups ? JSON.stringify(token.makerGroups) : null,
    created_at: token.createdAt,
    expires_at: token.expiresAt ?? null,
    last_used_at: null,
    revoked_at: null,
  };
}

function toToken(row: TokenRow): PublisherToken {
  return {
    id: row.id,
    name: row.name,
    grants: JSON.parse(row.grants),
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    lastUsedAt: row.last_used_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  };
}
