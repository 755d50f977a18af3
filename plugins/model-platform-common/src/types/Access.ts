/** What a machine may do, where. @public */
export type GrantAction =
  | 'read'
  | 'publish'
  | 'deploy'
  | 'endpoint-token'
  | 'archive'
  | 'delete';

/** @public */
export interface Grant {
  actions: GrantAction[];
  /** System names; `*` for all. */
  systems: string[];
  /** Owner refs a publish may name; absent for any. */
  owners?: string[];
  /** Names of models; absent for any. */
  models?: string[];
}

/** A managed token that may publish. Its secret is shown once, when it is made. @public */
export interface PublisherToken {
  id: string;
  name: string;
  grants: Grant[];
  createdBy: string;
  createdAt: string;
  expiresAt?: string;
  lastUsedAt?: string;
  revokedAt?: string;
}

/** A CI system whose jobs act with its own tokens, as it is configured. @public */
export interface PublisherIdentity {
  name: string;
  /** The `iss` of its tokens. */
  issuer: string;
  /** What a token must be asked for. */
  audience: string[];
  /** For jobs that have all of the claims, each with one of its values. */
  grants: Array<Grant & { claims: Record<string, string[]> }>;
}

/** @public */
export interface Page<T> {
  items: T[];
  nextCursor?: string;
  /** Matches in all, where counting is cheap enough. */
  totalItems?: number;
}

/** @public */
export interface FacetValue {
  value: string;
  count: number;
}
