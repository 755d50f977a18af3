import {
  BackstageCredentials,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';
import { Grant } from '@model-platform/plugin-model-platform-common';

/** A person, signed in to the portal; decided by the permission framework. */
export interface UserCaller {
  kind: 'user';
  /** E.g. `user:default/mira`. */
  entityRef: string;
  credentials: BackstageCredentials<BackstageUserPrincipal>;
}

/** A machine with a managed token; decided by its grants. */
export interface TokenCaller {
  kind: 'token';
  tokenId: string;
  name: string;
  /** Entity ref of who made it, or `configuration`. */
  madeBy: string;
  grants: Grant[];
}

/** Another plugin of this backend; may do everything, so it must not act for somebody else with it. */
export interface ServiceCaller {
  kind: 'service';
  /** E.g. `plugin:catalog`. */
  subject: string;
}

/** Who asks; resolved once for each request, in one place. */
export type Caller = UserCaller | TokenCaller | ServiceCaller;

/**
 * How a caller is written in histories: `user:default/mira`, `plugin:catalog`,
 * `token:ci (0f3c…, made by user:default/mira)`: the name of a token is its
 * maker's choice, so it alone says nothing of whose it is.
 */
export function toActor(caller: Caller): string {
  switch (caller.kind) {
    case 'user':
      return caller.entityRef;
    case 'token':
      return `token:${caller.name} (${caller.tokenId}, made by ${caller.madeBy})`;
    default:
      return caller.subject;
  }
}
