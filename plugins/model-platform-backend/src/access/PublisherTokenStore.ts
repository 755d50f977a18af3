import { PublisherToken } from '@model-platform/plugin-model-platform-common';

/** Keeps managed tokens by the hash of their secret. */
export interface PublisherTokenStore {
  add(
    token: PublisherToken,
    hash: string,
    source: 'api' | 'config',
  ): Promise<void>;
  findByHash(hash: string): Promise<PublisherToken | undefined>;
  get(id: string): Promise<PublisherToken | undefined>;
  /** Newest first, revoked ones too; `after` is the id that the page before ended with. */
  list(page: {
    createdBy?: string;
    limit: number;
    after?: string;
  }): Promise<PublisherToken[]>;
  revoke(id: string, at: string): Promise<PublisherToken | undefined>;
  markUsed(id: string, at: string): Promise<void>;
  /** In one transaction: inserts or updates these, revokes all other configured ones. */
  configure(
    tokens: Array<{ token: PublisherToken; hash: string }>,
    at: string,
  ): Promise<void>;
}
