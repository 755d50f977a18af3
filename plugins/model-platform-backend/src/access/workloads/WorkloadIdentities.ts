import { NotAllowedError } from '@backstage/errors';
import {
  DeploymentDriver,
  WorkloadTokens,
} from '@model-platform/plugin-model-platform-node';
import { WorkloadCaller } from '../Caller';
import { TokenIssuer, TokenIssuerOptions } from '../TokenIssuer';
import { toActorName } from '../toActorName';
import { unverifiedClaims } from '../unverifiedClaims';

/** What engines run, which acts with the tokens that they give it. */
export class WorkloadIdentities {
  /** By name of the engine; made anew where it has another name for itself. */
  private readonly issuers = new Map<
    string,
    { name: string; issuer: TokenIssuer }
  >();

  constructor(
    private readonly engines: ReadonlyArray<
      Pick<DeploymentDriver, 'name' | 'workloadTokens'>
    >,
    private readonly options: Pick<TokenIssuerOptions, 'cooldownMs'> = {},
  ) {}

  /**
   * Who a token is of something that an engine runs; undefined for all other
   * tokens. Throws `AuthenticationError` where it is not valid,
   * `NotAllowedError` where the engine does not run it for the platform,
   * `ServiceUnavailableError` where the engine cannot be asked.
   */
  async tryAuthenticate(token: string): Promise<WorkloadCaller | undefined> {
    const { iss, sub = '' } = unverifiedClaims(token);
    for (const { name, workloadTokens } of this.engines) {
      if (
        workloadTokens?.isSubject(sub) &&
        iss === (await workloadTokens.issuer())
      ) {
        return await this.authenticate(token, iss, name, workloadTokens);
      }
    }
    return undefined;
  }

  private async authenticate(
    token: string,
    iss: string,
    engine: string,
    tokens: WorkloadTokens,
  ): Promise<WorkloadCaller> {
    const { sub = '' } = await this.issuerOf(iss, engine, tokens).verify(
      token,
      [tokens.audience],
    );
    const system = await tokens.systemOf(sub);
    if (system === undefined) {
      throw new NotAllowedError(
        `The token is genuine, but ${sub} is none of what the engine ${engine} runs for the platform`,
      );
    }
    return {
      kind: 'workload',
      actor: toActorName(`workload:${engine}:${sub}`),
      grants: [{ actions: ['read'], systems: [system] }],
    };
  }

  private issuerOf(
    name: string,
    engine: string,
    tokens: WorkloadTokens,
  ): TokenIssuer {
    const known = this.issuers.get(engine);
    if (known?.name === name) return known.issuer;
    const issuer = new TokenIssuer({
      ...this.options,
      issuer: name,
      askKeys: () => tokens.keys(),
    });
    this.issuers.set(engine, { name, issuer });
    return issuer;
  }
}
