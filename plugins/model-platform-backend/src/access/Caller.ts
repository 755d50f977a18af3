import {
  BackstageCredentials,
  BackstageUserPrincipal,
} from '@backstage/backend-plugin-api';
import {
  Grant,
  Provenance,
} from '@model-platform/plugin-model-platform-common';

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
  /** Entity ref of who made it, or `configuration`. */
  madeBy: string;
  /** Of the configuration, so that its name is nobody else's. */
  configured?: boolean;
  grants: Grant[];
}

/** A job of a CI system, known by the token that this gave it; decided by its grants. */
export interface CiCaller extends AnyCaller {
  kind: 'ci';
  /** Name of what is configured for it in `modelPlatform.ciIdentities`. */
  identity: string;
  /** E.g. `ci:github:acme/churn@refs/heads/main#1234`: repository, ref and run. */
  actor: string;
  /** Those whose claims the job has. */
  grants: Grant[];
  /** Grants for the same repository whose other claims the job has not, in words. */
  unmet: string[];
  /** What the issuer says of the job; the client's own word does not count beside it. */
  provenance: Pick<Provenance, 'repository' | 'commit' | 'ciRun'>;
}

/** What an engine runs for a system, known by the token that the engine gave it: may read what is of that system. */
export interface WorkloadCaller extends AnyCaller {
  kind: 'workload';
  /** E.g. `workload:kubernetes:system:serviceaccount:models-crm--production:…`: engine and `sub`. */
  actor: string;
  grants: Grant[];
}

/** Another plugin of this backend; may do everything, so it must not act for somebody else with it. */
export interface ServiceCaller extends AnyCaller {
  kind: 'service';
  /** E.g. `plugin:catalog`. */
  subject: string;
}

/** Who asks; resolved once for each request, in one place. */
export type Caller =
  | UserCaller
  | TokenCaller
  | CiCaller
  | WorkloadCaller
  | ServiceCaller;

const MACHINES = ['token', 'ci', 'workload'] as const;
type Machine = Extract<Caller, { kind: (typeof MACHINES)[number] }>;

/** A machine, which acts within its grants and hands out none. */
export function isMachine(caller: Caller): caller is Machine {
  return MACHINES.some(kind => kind === caller.kind);
}

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
    case 'ci':
    case 'workload':
      return caller.actor;
    default:
      return caller.subject;
  }
}

/**
 * The person who answers for what a caller does: also who made the token that
 * it acts by. None for tokens of the configuration, jobs, workloads and plugins.
 */
export function responsibleFor(caller: Caller): string | undefined {
  if (caller.kind === 'user') return caller.entityRef;
  return caller.kind === 'token' && !caller.configured
    ? caller.madeBy
    : undefined;
}

/**
 * The same person, of a caller as histories have it. A token's name is its
 * maker's choice; what follows it is not.
 */
export function responsibleForActor(actor: string): string | undefined {
  if (actor.startsWith('user:')) return actor;
  return actor.startsWith('token:')
    ? / \([^()]*, made by (user:[^()]+)\)$/.exec(actor)?.[1]
    : undefined;
}

/** Who and from where, for a history. */
export function toAuthor(caller: Caller): { actor: string; client?: string } {
  return { actor: toActor(caller), client: caller.client };
}
