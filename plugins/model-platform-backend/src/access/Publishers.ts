import { NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  Grant,
  modelPublishPermission,
  Page,
  PublisherIdentity,
  PublisherToken,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from './Authorizer';
import { Caller, isMachine, toActor } from './Caller';
import { CiIdentities } from './ci/CiIdentities';
import { Claims } from './Claims';
import { permissionByAction } from './filterOfGrants';
import { PublisherTokens } from './PublisherTokens';

/** Rules of making tokens: nobody hands out a right that he has not himself. */
export class Publishers {
  constructor(
    private readonly options: {
      tokens: PublisherTokens;
      ci: CiIdentities;
      authorizer: Authorizer;
      claims: Claims;
    },
  ) {}

  /**
   * Own ones; all for those who may publish everything. The first page has the
   * CI systems too, with the grants that the caller could give himself.
   */
  async list(
    caller: Caller,
    page: { limit: number; cursor?: string },
  ): Promise<Page<PublisherToken> & { identities?: PublisherIdentity[] }> {
    const everything = await this.mayAll(caller);
    if (caller.kind === 'ci' || caller.kind === 'workload') {
      return { items: [] };
    }
    if (caller.kind === 'token') {
      const own = await this.options.tokens.get(caller.tokenId);
      return { items: own ? [own] : [] };
    }
    const found = await this.options.tokens.list({
      createdBy: everything ? undefined : toActor(caller),
      limit: page.limit + 1,
      after: page.cursor,
    });
    const items = found.slice(0, page.limit);
    return {
      items,
      identities:
        page.cursor === undefined ? await this.identities(caller) : undefined,
      nextCursor:
        found.length > page.limit ? items[items.length - 1].id : undefined,
    };
  }

  /** Throws `NotAllowedError` that names the first right that the caller lacks. */
  async create(
    caller: Caller,
    wanted: { name: string; grants: Grant[]; expiresInSeconds?: number },
  ): Promise<PublisherToken & { token: string }> {
    if (isMachine(caller)) {
      throw new NotAllowedError(
        'A token cannot make further tokens; somebody who is signed in can',
      );
    }
    for (const grant of wanted.grants) {
      const refusal = await this.refusalOf(caller, grant);
      if (refusal !== undefined) {
        throw new NotAllowedError(refusal);
      }
    }
    return await this.options.tokens.create({
      ...wanted,
      createdBy: toActor(caller),
      makerGroups:
        caller.kind === 'user'
          ? await this.options.claims.of(caller)
          : undefined,
    });
  }

  /** Own ones; any for those who may publish everything. */
  async revoke(caller: Caller, id: string): Promise<void> {
    const token = await this.options.tokens.get(id);
    const own =
      token !== undefined &&
      !isMachine(caller) &&
      token.createdBy === toActor(caller);
    if (!token || (!own && !(await this.mayAll(caller)))) {
      throw new NotFoundError(`There is no token ${id}, or it is not yours`);
    }
    if (token.createdBy === 'configuration') {
      throw new NotAllowedError(
        `The token ${token.name} is configured (modelPlatform.publishers); it is revoked by removing it there`,
      );
    }
    await this.options.tokens.revoke(id);
  }

  private async mayAll(caller: Caller): Promise<boolean> {
    return (
      !isMachine(caller) &&
      (await this.options.authorizer.filter(caller, modelPublishPermission)) ===
        true
    );
  }

  private async identities(caller: Caller): Promise<PublisherIdentity[]> {
    const shown: PublisherIdentity[] = [];
    for (const { name, issuer, audience, grants } of this.options.ci.list()) {
      const own = [];
      for (const grant of grants) {
        if ((await this.refusalOf(caller, grant)) === undefined) {
          own.push(grant);
        }
      }
      if (own.length > 0) {
        shown.push({ name, issuer, audience, grants: own });
      }
    }
    return shown;
  }

  /** Why the caller cannot give this; undefined where he can. */
  private async refusalOf(
    caller: Caller,
    grant: Grant,
  ): Promise<string | undefined> {
    for (const action of grant.actions) {
      for (const system of grant.systems) {
        // Without owners it is for those of any: held only by whom the owner does not matter for.
        for (const owner of grant.owners ?? ['*']) {
          const allowed = await this.options.authorizer.can(
            caller,
            permissionByAction[action],
            {
              name: '*',
              system,
              owner,
              visibility: 'system',
              sharedWith: [],
            },
          );
          if (!allowed) {
            return `You cannot give the right to ${action} in ${
              system === '*' ? 'all systems' : `system ${system}`
            } for models of ${
              owner === '*' ? 'any owner' : owner
            }, since you have it not yourself${
              grant.owners
                ? ''
                : '; name the owners that it is for (grants[].owners)'
            }`;
          }
        }
      }
    }
    return undefined;
  }
}
