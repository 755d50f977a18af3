import { createHash, randomBytes } from 'node:crypto';
import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import {
  EndpointToken,
  toEntityRef,
} from '@model-platform/plugin-model-platform-common';
import { Announce } from '../changes/Announce';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { EndpointTokenRecord } from './TokenStore';

const MAX_LIFE_SECONDS = 10 * 366 * 86_400;

/** Longest life of a token that one may make who may deploy only, seconds. */
export const DEPLOYER_TOKEN_SECONDS = 300;

/** Those past are listed too, up to so many in all. */
const LISTED = 1_000;

const ENTITY_REF = /^[a-z0-9-]+:[a-z0-9._-]+\/[a-z0-9._-]+$/;

/**
 * Tokens with which applications call an endpoint. Only their hashes are kept
 * and handed on, so that who reads the database or the traffic plan cannot
 * call with them.
 */
export class EndpointTokens {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      /** Tokens of one endpoint that may live at a time. */
      maxLive: number;
      announce: Announce;
      clock?: () => Date;
    },
  ) {}

  /** The token itself is in this answer and nowhere else. */
  async create(
    deployment: DeploymentRecord,
    request: Pick<EndpointToken, 'consumer' | 'rate' | 'createdBy'> & {
      expiresInSeconds?: number;
      mayChooseVariant?: boolean;
    },
  ): Promise<EndpointToken & { token: string }> {
    const consumer = toEntityRef(request.consumer, 'component');
    if (!ENTITY_REF.test(consumer)) {
      throw new InputError(
        `consumer must be the entity ref of the application that calls, e.g. component:default/webshop, not '${request.consumer}'`,
      );
    }
    const { expiresInSeconds } = request;
    if (
      expiresInSeconds !== undefined &&
      !(expiresInSeconds >= 1 && expiresInSeconds <= MAX_LIFE_SECONDS)
    ) {
      throw new InputError(
        `expiresInSeconds must be from 1 to ${MAX_LIFE_SECONDS}`,
      );
    }
    const id = randomBytes(8).toString('hex');
    const token = `mpe_${id}_${randomBytes(32).toString('base64url')}`;
    const now = this.now();
    const record: EndpointTokenRecord = {
      id,
      deploymentId: deployment.id,
      endpoint: deployment.name,
      consumer,
      createdBy: request.createdBy,
      createdAt: now.toISOString(),
      expiresAt:
        expiresInSeconds === undefined
          ? undefined
          : new Date(now.getTime() + expiresInSeconds * 1000).toISOString(),
      rate: request.rate,
      mayChooseVariant: request.mayChooseVariant || undefined,
    };
    const { maxLive } = this.options;
    const added = await this.options.store.tokens.add(deployment, record, {
      hash: createHash('sha256').update(token).digest('hex'),
      maxLive,
      history: {
        actor: request.createdBy,
        action: 'token-made',
        details: {
          id,
          consumer,
          expiresAt: record.expiresAt,
          rate: record.rate,
          mayChooseVariant: record.mayChooseVariant,
        },
      },
    });
    if (!added) {
      throw new ConflictError(
        `The endpoint ${deployment.name} has ${maxLive} tokens, as many as it may have (modelPlatform.limits.tokensPerEndpoint); revoke some that no application uses, or give new ones an expiry`,
      );
    }
    this.options.announce(deployment, 'applied');
    return { ...toApiToken(record), token };
  }

  async list(deployment: DeploymentRecord): Promise<EndpointToken[]> {
    const { store, maxLive } = this.options;
    const tokens = await store.tokens.list(
      deployment.id,
      this.now(),
      Math.max(maxLive, LISTED),
    );
    return tokens.map(toApiToken);
  }

  /** Repeatable. Throws `NotFoundError`. */
  async revoke(
    deployment: DeploymentRecord,
    id: string,
    actor: string,
  ): Promise<EndpointToken> {
    const revoked = await this.options.store.tokens.revoke(deployment, id, {
      at: this.now().toISOString(),
      actor,
    });
    if (!revoked) {
      throw new NotFoundError(
        `The endpoint ${deployment.name} has no token ${id}`,
      );
    }
    this.options.announce(deployment, 'applied');
    return toApiToken(revoked);
  }

  private now(): Date {
    return this.options.clock?.() ?? new Date();
  }
}

function toApiToken(record: EndpointTokenRecord): EndpointToken {
  const { deploymentId, ...token } = record;
  return token;
}
