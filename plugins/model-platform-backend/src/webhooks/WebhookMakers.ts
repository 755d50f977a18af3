import { LoggerService } from '@backstage/backend-plugin-api';
import { isError, NotAllowedError } from '@backstage/errors';
import { modelReadPermission } from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../access/Authorizer';
import { Caller, toActor } from '../access/Caller';
import { Claims } from '../access/Claims';
import { Memberships } from '../access/Memberships';
import { ModelFilter } from '../access/ModelFilter';
import { PublisherTokens } from '../access/PublisherTokens';
import { WebhookRecord, WebhookStore } from './WebhookStore';

const TOKEN = 'token:';

/** Who a caller is as the maker of webhooks. */
export function makerOf(caller: Caller): string {
  return caller.kind === 'token'
    ? `${TOKEN}${caller.tokenId}`
    : toActor(caller);
}

/**
 * Those whom webhooks speak for. A webhook outlives the request that made it,
 * so what it hears of is asked again and again: of a token its grants, of a
 * person, whom the portal knows only while it calls, whether it still speaks
 * for all whom it spoke for then.
 */
export class WebhookMakers {
  constructor(
    private readonly options: {
      store: WebhookStore;
      authorizer: Authorizer;
      claims: Claims;
      memberships: Memberships;
      tokens: PublisherTokens;
      logger: LoggerService;
    },
  ) {}

  /** What a webhook keeps of its maker. Throws `NotAllowedError` for whom nobody could look up later. */
  async describe(
    caller: Caller,
  ): Promise<
    Pick<WebhookRecord, 'maker' | 'makerClaims' | 'speaksFor' | 'readable'>
  > {
    if (caller.kind === 'ci' || caller.kind === 'workload') {
      throw new NotAllowedError(
        'A job or a workload cannot make a webhook, which would outlast it; a person or a publisher token can',
      );
    }
    const { authorizer, claims } = this.options;
    const maker = makerOf(caller);
    const makerClaims =
      caller.kind === 'user' ? await claims.of(caller) : undefined;
    const lost = await this.lost({ maker, makerClaims });
    if (lost !== undefined) {
      throw new NotAllowedError(
        `You cannot have a webhook: ${lost}, so nobody could tell when your right to read ends; a publisher token can make it`,
      );
    }
    return {
      maker,
      makerClaims,
      speaksFor: toActor(caller),
      readable: await authorizer.filter(caller, modelReadPermission),
    };
  }

  /** Which models its maker may read now; a webhook whose maker lost rights, or is gone, is disabled. */
  async readableBy(webhook: WebhookRecord): Promise<ModelFilter> {
    const { authorizer, store, tokens, logger } = this.options;
    const { maker, speaksFor } = webhook;
    let because: string | undefined;
    if (maker.startsWith(TOKEN)) {
      try {
        const caller = await tokens.callerById(maker.slice(TOKEN.length));
        return await authorizer.filter(caller, modelReadPermission);
      } catch (error) {
        if (!isError(error) || error.name !== 'AuthenticationError') {
          throw error;
        }
        because = `${speaksFor} is not accepted any more: ${error.message}`;
      }
    } else {
      because = await this.lost(webhook);
      if (because === undefined) return webhook.readable;
    }
    await store.disable(webhook, because);
    logger.warn(
      `The webhook ${webhook.name} (${webhook.id}) of system ${webhook.system} was disabled: ${because}`,
    );
    return false;
  }

  /** Of a person, what the catalog does not say of it, in words. */
  private async lost({
    maker,
    makerClaims,
  }: Pick<WebhookRecord, 'maker' | 'makerClaims'>): Promise<
    string | undefined
  > {
    if (!makerClaims) return undefined;
    const now = await this.options.memberships.claimsOf(maker);
    if (now.length === 0) return `the catalog does not know ${maker}`;
    const lost = makerClaims.filter(claim => !now.includes(claim));
    return lost.length > 0
      ? `the catalog does not know ${maker} to be in ${lost.join(', ')}`
      : undefined;
  }
}
