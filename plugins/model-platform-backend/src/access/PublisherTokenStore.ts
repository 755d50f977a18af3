import { PublisherToken } from '@model-platform/plugin-model-platform-common';

/** A token as it is kept. */
export interface PublisherTokenRecord extends PublisherToken {
  /** Whom its maker, a person, spoke for when it was made; absent where no person made it. */
  makerGroups?: string[];
}

/** Keeps managed tokens by the hash of their secret. */
export interface PublisherTokenStore {
  add(
    token: PublisherTokenRecord,
    hash: string,
    source: 'api' | 'config',
  ): Promise<void>;
  findByHash(hash: string): Promise<PublisherTokenRecord | undefined>;
  findById(id: string): Promise<PublisherTokenRecord | undefined>;
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
