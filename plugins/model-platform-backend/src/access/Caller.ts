import {
  BackstageCredentials,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';
import { Grant } from '@model-platform/plugin-model-platform-common';

/** What all callers have. */
interface AnyCaller {
  /** From where it calls, as `clientOf` says. */
  client?: string;
}

/** A person, signed in to the portal; decided by the permission framework. */
export interface UserCaller extends AnyCaller {
  kind: 'user';
  /** E.g. `user:default/mira`. */
  entityRef: string;
  credentials: BackstageCredentials<BackstageUserPrincipal>;
}

/** A machine with a managed token; decided by its grants. */
export interface TokenCaller extends AnyCaller {
  kind: 'token';
  tokenId: string;
  name: string;
  /** Of the configuration, so that its name is nobody else's. */
  configured?: boolean;
  grants: Grant[];
}

/** Another plugin of this backend; may do everything, so it must not act for somebody else with it. */
export interface ServiceCaller extends AnyCaller {
  kind: 'service';
  /** E.g. `plugin:catalog`. */
  subject: string;
}

/** Who asks; resolved once for each request, in one place. */
export type Caller = UserCaller | TokenCaller | ServiceCaller;

/** How a caller is written in histories: `user:default/mira`, `token:quickstart`, `plugin:catalog`. */
export function toActor(caller: Caller): string {
  switch (caller.kind) {
    case 'user':
      return caller.entityRef;
    case 'token':
      return `token:${caller.name}`;
    default:
      return caller.subject;
  }
}

/** Who and from where, for a history. */
export function toAuthor(caller: Caller): { actor: string; client?: string } {
  return { actor: toActor(caller), client: caller.client };
}
