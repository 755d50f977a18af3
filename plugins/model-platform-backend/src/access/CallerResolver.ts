import {
  AuthService,
  BackstageCredentials,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import {
  AuthenticationError,
  isError,
  NotAllowedError,
} from '@backstage/errors';
import { Request } from 'express';
import { Caller } from './Caller';
import { CiIdentities } from './ci/CiIdentities';
import { clientOf } from './clientOf';
import { PublisherTokens } from './PublisherTokens';
import { unverifiedClaims } from './unverifiedClaims';
import { WorkloadIdentities } from './workloads/WorkloadIdentities';

const HOW_TO =
  'Send `Authorization: Bearer <token>` with a publisher token or sign in to the portal';

/** Finds out who asks. */
export class CallerResolver {
  private readonly known = new WeakMap<Request, Promise<Caller>>();

  constructor(
    private readonly options: {
      auth: AuthService;
      httpAuth: HttpAuthService;
      tokens: PublisherTokens;
      ci: CiIdentities;
      workloads: WorkloadIdentities;
    },
  ) {}

  /**
   * Throws `AuthenticationError` where there is no token or one that is not
   * known, expired or revoked; `NotAllowedError` for external services.
   */
  async fromRequest(req: Request): Promise<Caller> {
    let caller = this.known.get(req);
    if (!caller) {
      caller = this.resolve(req).then(found => ({
        ...found,
        client: clientOf(req.headers),
      }));
      this.known.set(req, caller);
    }
    return await caller;
  }

  private async resolve(req: Request): Promise<Caller> {
    const header = req.headers.authorization;
    if (!header) {
      throw new AuthenticationError(`Nobody is signed in. ${HOW_TO}`);
    }
    const token = /^Bearer[ ]+(\S+)$/i.exec(header)?.[1];
    if (!token) {
      throw new AuthenticationError(
        `The Authorization header is not understood. ${HOW_TO}`,
      );
    }
    return (
      (await this.managed(token)) ??
      this.fromCredentials(
        await this.options.httpAuth
          .credentials(req, { allow: ['user', 'service'] })
          .catch(error => throwNotAccepted(token, error)),
      )
    );
  }

  /** Of a token that came by another way than the header `Authorization: Bearer`. Throws as `fromRequest` does. */
  async fromToken(token: string): Promise<Caller> {
    return (
      (await this.managed(token)) ??
      this.fromCredentials(
        await this.options.auth
          .authenticate(token)
          .catch(error => throwNotAccepted(token, error)),
      )
    );
  }

  private async managed(token: string): Promise<Caller | undefined> {
    if (token.startsWith('mpt_')) {
      return await this.options.tokens.authenticate(token);
    }
    const { tokens, ci, workloads } = this.options;
    // Configured tokens look as their makers like; those of the portal, of CI systems and of engines are JWTs, which have dots.
    if (!token.includes('.')) return await tokens.tryAuthenticate(token);
    // What is configured for the same tokens holds instead.
    const workload = ci.isConfigured(token)
      ? undefined
      : await workloads.tryAuthenticate(token);
    return workload ?? (await ci.tryAuthenticate(token));
  }

  private fromCredentials(credentials: BackstageCredentials): Caller {
    const { auth } = this.options;
    if (auth.isPrincipal(credentials, 'user')) {
      return {
        kind: 'user',
        entityRef: credentials.principal.userEntityRef,
        credentials,
      };
    }
    if (auth.isPrincipal(credentials, 'service')) {
      const { subject } = credentials.principal;
      if (subject.startsWith('plugin:')) {
        return { kind: 'service', subject };
      }
      throw new NotAllowedError(
        `The service ${subject} has no rights here: the permission framework allows services everything. Use a publisher token, which has grants`,
      );
    }
    throw new AuthenticationError(`Nobody is signed in. ${HOW_TO}`);
  }
}

/** Says of a refused token which issuer it is of; other errors stay as they are. */
function throwNotAccepted(token: string, error: unknown): never {
  const { iss: issuer } = unverifiedClaims(token);
  const refused = isError(error) && error.name === 'AuthenticationError';
  if (issuer === undefined || !refused) throw error;
  throw new AuthenticationError(
    `This token of ${issuer} is not accepted: it is none of the portal's that is valid, and this is no issuer of modelPlatform.ciIdentities. ${HOW_TO}`,
    error,
  );
}
