import { createHash, randomBytes } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { AuthenticationError, NotAllowedError } from '@backstage/errors';
import {
  Grant,
  PublisherToken,
} from '@model-platform/plugin-model-platform-common';
import { TokenCaller } from './Caller';
import { Memberships } from './Memberships';
import {
  PublisherTokenRecord,
  PublisherTokenStore,
} from './PublisherTokenStore';
import { remainingGrants } from './remainingGrants';

const DAY_MS = 86_400_000;
/** How old `lastUsedAt` may grow before it is written again. */
const LAST_USED_RESOLUTION_MS = 60_000;

/** Who made the tokens that are configured; no person and no token is called so. */
const CONFIGURATION = 'configuration';

/** A token that is configured: grants as code. */
export interface ConfiguredToken {
  name: string;
  /** SHA-256 of the token, hex. */
  hash: string;
  grants: Grant[];
}

/** SHA-256 of a whole token, hex: all that is ever stored of it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Managed tokens: made, found again by their hash, expired, revoked. One that a
 * person made may no more than what that person still speaks for lets it.
 */
export class PublisherTokens {
  private readonly store: PublisherTokenStore;
  private readonly memberships: Memberships;
  private readonly now: () => Date;
  private readonly onError: (error: unknown) => void;

  constructor(options: {
    store: PublisherTokenStore;
    memberships: Memberships;
    clock?: () => Date;
    /** Told when noting the last use fails, which must not fail the request. */
    onError?: (error: unknown) => void;
  }) {
    this.store = options.store;
    this.memberships = options.memberships;
    this.now = options.clock ?? (() => new Date());
    this.onError = options.onError ?? (() => {});
  }

  /** Throws `AuthenticationError`, which says no more than that the token is not valid, expired or revoked. */
  async authenticate(token: string): Promise<TokenCaller> {
    const caller = await this.tryAuthenticate(token);
    if (!caller) {
      throw new AuthenticationError('This token is not valid');
    }
    return caller;
  }

  /** As `authenticate`, but undefined for a token that is none of ours. */
  async tryAuthenticate(token: string): Promise<TokenCaller | undefined> {
    const found = await this.store.findByHash(hashToken(token));
    if (!found) {
      return undefined;
    }
    const caller = await this.callerOf(found);
    const now = this.now();
    if (
      !found.lastUsedAt ||
      now.getTime() - Date.parse(found.lastUsedAt) > LAST_USED_RESOLUTION_MS
    ) {
      this.store.markUsed(found.id, now.toISOString()).catch(this.onError);
    }
    return caller;
  }

  /** What a token may that nobody shows now. Throws as `authenticate` does. */
  async callerById(id: string): Promise<TokenCaller> {
    const found = await this.store.findById(id);
    if (!found) {
      throw new AuthenticationError('This token is not valid');
    }
    return await this.callerOf(found);
  }

  private async callerOf(found: PublisherTokenRecord): Promise<TokenCaller> {
    if (found.revokedAt) {
      throw new AuthenticationError(
        'This token was revoked; ask for a new one',
      );
    }
    if (found.expiresAt && found.expiresAt <= this.now().toISOString()) {
      throw new AuthenticationError(
        `This token expired at ${found.expiresAt}; make a new one`,
      );
    }
    return {
      kind: 'token',
      tokenId: found.id,
      name: found.name,
      madeBy: found.createdBy,
      grants: await this.grantsOf(found),
      configured: found.createdBy === CONFIGURATION,
    };
  }

  private async grantsOf(token: PublisherTokenRecord): Promise<Grant[]> {
    const { createdBy, grants } = token;
    if (!token.makerGroups) {
      return grants;
    }
    const now = await this.memberships.claimsOf(createdBy);
    const remaining = remainingGrants(grants, makerClaims(token), now);
    if (remaining.length === 0) {
      throw new AuthenticationError(
        `This token may nothing any more: ${createdBy}, who made it, ${
          now.length === 0
            ? 'is not in the catalog any more'
            : 'has left a group that its rights rest on'
        }; somebody who has them makes a new one`,
      );
    }
    return remaining;
  }

  /** What rests on a group that only the sign-in knows would outlast it. */
  private async requireLookedUp(token: PublisherTokenRecord): Promise<void> {
    const { createdBy, grants } = token;
    const before = makerClaims(token);
    const now = await this.memberships.claimsOf(createdBy);
    if (!isDeepStrictEqual(remainingGrants(grants, before, now), grants)) {
      const groups = before.filter(claim => !now.includes(claim));
      throw new NotAllowedError(
        `You cannot make this token: the catalog does not know ${createdBy}${
          now.length > 0 ? ` to be in ${groups.join(', ')}` : ''
        }, so nobody could tell when its rights end. Name the owners that it is for among the groups that the catalog knows you to be in (grants[].owners), or have it configured (modelPlatform.publishers)`,
      );
    }
  }

  /** Throws `NotAllowedError` where nobody could look up later what its rights rest on. */
  async create(options: {
    name: string;
    grants: Grant[];
    createdBy: string;
    /** Of a person, those that it speaks for. */
    makerGroups?: string[];
    expiresInSeconds?: number;
  }): Promise<PublisherToken & { token: string }> {
    const id = randomBytes(8).toString('hex');
    const token = `mpt_${id}_${randomBytes(32).toString('base64url')}`;
    const now = this.now();
    const lifeMs =
      options.expiresInSeconds === undefined
        ? 90 * DAY_MS
        : options.expiresInSeconds * 1000;
    const made: PublisherTokenRecord = {
      id,
      name: options.name,
      grants: options.grants,
      createdBy: options.createdBy,
      makerGroups: options.makerGroups,
      createdAt: now.toISOString(),
      expiresAt: new Date(now.getTime() + lifeMs).toISOString(),
    };
    if (made.makerGroups) await this.requireLookedUp(made);
    await this.store.add(made, hashToken(token), 'api');
    const { makerGroups: _, ...shown } = made;
    return { ...shown, token };
  }

  async list(page: {
    createdBy?: string;
    limit: number;
    after?: string;
  }): Promise<PublisherToken[]> {
    return await this.store.list(page);
  }

  async get(id: string): Promise<PublisherToken | undefined> {
    return await this.store.get(id);
  }

  async revoke(id: string): Promise<PublisherToken | undefined> {
    return await this.store.revoke(id, this.now().toISOString());
  }

  /** Makes the configured tokens those that are configured; revokes the others that once were. */
  async configure(tokens: ConfiguredToken[]): Promise<void> {
    await this.store.configure(
      tokens.map(({ name, hash, grants }) => ({
        hash,
        token: {
          id: createHash('sha256')
            .update(`configured:${hash}`)
            .digest('hex')
            .slice(0, 16),
          name,
          grants,
          createdBy: CONFIGURATION,
          createdAt: this.now().toISOString(),
        },
      })),
      this.now().toISOString(),
    );
  }
}

/** Whom the person who made it spoke for, itself included. */
function makerClaims({ createdBy, makerGroups = [] }: PublisherTokenRecord) {
  return [createdBy.toLocaleLowerCase('en-US'), ...makerGroups];
}
