import { NotAllowedError } from '@backstage/errors';
import { CiCaller } from '../Caller';
import { TokenIssuer, TokenIssuerOptions } from '../TokenIssuer';
import { toActorName } from '../toActorName';
import { unverifiedClaims } from '../unverifiedClaims';
import { CiGrant, CiIdentity } from './CiIdentity';
import { Claims, saysWhose, unmetClaims } from './claims';
import { jobOf } from './jobOf';

/** Claims by which a job knows itself, shown where nothing is granted to it. */
const SHOWN = [
  'repository',
  'project_path',
  'ref',
  'ref_type',
  'environment',
  'sub',
];

/** CI jobs that act with the token of their own CI system, without a stored secret. */
export class CiIdentities {
  private readonly issuers = new Map<string, TokenIssuer>();

  constructor(
    private readonly identities: CiIdentity[],
    options: Pick<TokenIssuerOptions, 'timeoutMs' | 'cooldownMs'> = {},
  ) {
    for (const { issuer, jwksUri } of identities) {
      this.issuers.set(
        issuer,
        new TokenIssuer({ issuer, jwksUri, ...options }),
      );
    }
  }

  /** As configured. */
  list(): CiIdentity[] {
    return this.identities;
  }

  /** Whether such tokens are configured, by issuer and audience, which nothing has verified. */
  isConfigured(token: string): boolean {
    const claims = unverifiedClaims(token);
    return this.identities.some(
      identity => identity.issuer === claims.iss && isFor(identity, claims),
    );
  }

  /**
   * Who a token of one of the issuers is; undefined for all other tokens.
   * Throws `AuthenticationError` where it is not valid, `NotAllowedError` where
   * nothing is granted to such a job, `ServiceUnavailableError` where the
   * issuer cannot be asked for its keys.
   */
  async tryAuthenticate(token: string): Promise<CiCaller | undefined> {
    const { iss } = unverifiedClaims(token);
    const issuer = iss === undefined ? undefined : this.issuers.get(iss);
    if (iss === undefined || !issuer) {
      return undefined;
    }
    const identities = this.identities.filter(one => one.issuer === iss);
    const claims: Claims = await issuer.verify(
      token,
      identities.flatMap(one => one.audience),
    );
    const meant = identities.filter(identity => isFor(identity, claims));
    const granted: CiGrant[] = [];
    const unmet: string[] = [];
    let by = meant[0];
    for (const identity of meant) {
      for (const [index, grant] of identity.grants.entries()) {
        const missing = unmetClaims(grant, claims);
        if (missing.length === 0) {
          if (granted.length === 0) by = identity;
          granted.push(grant);
        } else if (!missing.some(saysWhose)) {
          // Only to whom the grant is about: others learn nothing of it.
          unmet.push(describe(identity, index, missing, claims));
        }
      }
    }
    if (granted.length === 0) {
      throw nothingGranted(claims, unmet);
    }
    const { title, provenance } = jobOf(iss, claims);
    return {
      kind: 'ci',
      identity: by.name,
      actor: toActorName(`ci:${by.name}:${title}`),
      grants: granted.map(({ claims: _, ...grant }) => grant),
      unmet,
      provenance,
    };
  }
}

function isFor({ audience }: CiIdentity, claims: Claims): boolean {
  return [claims.aud].flat().some(aud => audience.some(one => one === aud));
}

function describe(
  identity: CiIdentity,
  index: number,
  missing: string[],
  claims: Claims,
): string {
  const { claims: wanted } = identity.grants[index];
  return `grant ${index + 1} of ${identity.name} is for ${missing
    .map(
      name =>
        `${name} ${wanted[name].join(' or ')} (the job has ${valueOf(
          claims,
          name,
        )})`,
    )
    .join(' and ')}`;
}

function nothingGranted(claims: Claims, unmet: string[]): NotAllowedError {
  const job = SHOWN.filter(name => Object.hasOwn(claims, name))
    .map(name => `${name} ${valueOf(claims, name)}`)
    .join(', ');
  return new NotAllowedError(
    `The token is genuine, but nothing is granted to this job (${job})${
      unmet.length > 0 ? `: ${unmet.join('; ')}` : ''
    }. A platform admin can give it rights (modelPlatform.ciIdentities)`,
  );
}

function valueOf(claims: Claims, name: string): string {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
  return value === undefined ? 'none' : String(value);
}
