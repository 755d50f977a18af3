import {
  AuthenticationError,
  ServiceUnavailableError,
} from '@backstage/errors';
import {
  createRemoteJWKSet,
  customFetch,
  errors,
  JWTPayload,
  jwtVerify,
  JWTVerifyGetKey,
} from 'jose';
import { z } from 'zod';

/** Signatures with a public key; none with a shared secret, and not `none`. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Clocks of two machines. */
const CLOCK_TOLERANCE_SECONDS = 10;

const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.url() });

export interface TokenIssuerOptions {
  issuer: string;
  /** Found by discovery where absent. */
  jwksUri?: string;
  /** Who has its keys, as RFC 7517 writes a set of them; they are fetched from the issuer where absent. */
  askKeys?(): Promise<object>;
  /** How long the issuer may take for an answer. Defaults to 5000. */
  timeoutMs?: number;
  /** How soon keys are fetched again for a key that is not known. Defaults to 30000. */
  cooldownMs?: number;
}

/**
 * One issuer of tokens, with its keys: found by OpenID Connect discovery where
 * nobody else has them, kept, and asked for again when they are rotated.
 */
export class TokenIssuer {
  private keys?: Promise<JWTVerifyGetKey>;

  constructor(private readonly options: TokenIssuerOptions) {}

  /**
   * The claims of a token that this issuer made for one of the audiences.
   * Throws `AuthenticationError` that says what is wrong with it, and
   * `ServiceUnavailableError` where the issuer's keys cannot be had now.
   */
  async verify(token: string, audience: string[]): Promise<JWTPayload> {
    const { issuer } = this.options;
    try {
      const { payload } = await jwtVerify(token, this.getKey, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        requiredClaims: ['exp'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) {
        throw new AuthenticationError(
          `The token of ${issuer} is not accepted: ${reasonOf(
            error,
            audience,
          )}`,
        );
      }
      throw error;
    }
  }

  private readonly getKey: JWTVerifyGetKey = async (header, token) => {
    // Asked for together by all who come while it is under way; a failure is kept for nobody.
    this.keys ??= this.findKeys();
    const keys = this.keys;
    try {
      const find = await keys;
      return await find(header, token);
    } catch (error) {
      if (isAboutTheToken(error)) {
        throw error;
      }
      if (this.keys === keys) {
        this.keys = undefined;
      }
      throw new ServiceUnavailableError(
        `The keys of ${this.options.issuer} cannot be had now, so that its tokens cannot be verified; try again soon, or use a publisher token`,
        error,
      );
    }
  };

  private async findKeys(): Promise<JWTVerifyGetKey> {
    const { timeoutMs = 5_000, cooldownMs = 30_000, askKeys } = this.options;
    const options = {
      timeoutDuration: timeoutMs,
      cooldownDuration: cooldownMs,
    };
    if (askKeys) {
      return createRemoteJWKSet(new URL('keys:'), {
        ...options,
        [customFetch]: async () => Response.json(await askKeys()),
      });
    }
    const jwksUri = this.options.jwksUri ?? (await this.discover(timeoutMs));
    return createRemoteJWKSet(new URL(jwksUri), options);
  }

  private async discover(timeoutMs: number): Promise<string> {
    const { issuer } = this.options;
    const response = await fetch(
      `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`,
      {
        headers: { accept: 'application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      },
    );
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`Discovery answered ${response.status}`);
    }
    const found = discoverySchema.parse(await response.json());
    if (found.issuer !== issuer) {
      throw new Error(`Discovery is that of ${found.issuer}`);
    }
    const { protocol } = new URL(found.jwks_uri);
    if (protocol !== 'https:' && protocol !== new URL(issuer).protocol) {
      throw new Error(`Discovery names keys at ${found.jwks_uri}`);
    }
    return found.jwks_uri;
  }
}

/** All else that can go wrong with keys is the issuer's. */
function isAboutTheToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

function reasonOf(error: errors.JOSEError, audience: string[]): string {
  if (error instanceof errors.JWTExpired) {
    return 'it has expired; ask the issuer for a new one';
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'aud'
      ? `it is for another audience; ask for one for ${audience.join(' or ')}`
      : `its claim ${error.claim} is ${
          error.reason === 'missing' ? 'missing' : 'wrong'
        }${error.claim === 'nbf' ? ': it is not valid yet' : ''}`;
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return 'it is signed with a key that the issuer does not have';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return 'it is signed in a way that is not allowed';
  }
  return 'its signature or form is wrong';
}
