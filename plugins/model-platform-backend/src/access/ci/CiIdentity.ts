import { Grant } from '@model-platform/plugin-model-platform-common';

/** What jobs with these claims may do. */
export interface CiGrant extends Grant {
  /** Every claim must have one of its values; see `matchesClaim`. */
  claims: Record<string, string[]>;
}

/** Jobs of one issuer, with their grants as code. */
export interface CiIdentity {
  /** Stands in histories: `ci:<name>:…`. */
  name: string;
  /** The `iss` of its tokens, to the letter. */
  issuer: string;
  /** One of which must be the `aud` of a token. */
  audience: string[];
  /** Where its keys are; found by discovery where absent. */
  jwksUri?: string;
  grants: CiGrant[];
}
