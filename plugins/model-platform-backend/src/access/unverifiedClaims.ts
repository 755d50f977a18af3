import { decodeJwt, JWTPayload } from 'jose';

/** What a token says of itself, none of which is verified; nothing where it is none. */
export function unverifiedClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}
