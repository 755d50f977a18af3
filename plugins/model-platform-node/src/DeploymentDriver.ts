import { Readable } from 'node:stream';
import {
  CallRate,
  LogLine,
  Model,
  ModelVersion,
  Resources,
  RunnerStatus,
  Stickiness,
} from '@model-platform/plugin-model-platform-common';
import { WorkloadTokens } from './WorkloadTokens';

/** @public */
export interface DeploymentRef {
  /** Name of the deployment, which is its endpoint's. */
  name: string;
}

/** One variant of a revision, with all a driver needs to run it. @public */
export interface DesiredVariant {
  name: string;
  weight: number;
  /** Of how many calls it gets copies, in percent; its answers to them are dropped. */
  shadowShare?: number;
  model: Model;
  version: ModelVersion;
}

/** @public */
export interface DesiredRevision {
  ref: DeploymentRef;
  revision: number;
  environment: string;
  variants: DesiredVariant[];
  resources?: Resources;
  /** How long a call may take; as long as the engine lets them where absent. */
  timeoutSeconds?: number;
  /** As the route to it shall have them. */
  concurrentCalls?: number;
  /** Largest body of a call, bytes, for its route and its runners; 1 MiB where absent. */
  maxBodyBytes?: number;
  stickiness?: Stickiness;
  /** Opens one of the version's files; the driver checks nothing, the store has verified it. */
  openFile(version: ModelVersion, path: string): Promise<Readable>;
}

/** @public */
export interface DesiredToken {
  id: string;
  /** SHA-256 of the token, hex. */
  hash: string;
  consumer: string;
  expiresAt?: string;
  rate?: CallRate;
  mayChooseVariant?: boolean;
}

/** @public */
export interface DesiredRoute {
  revision: number;
  environment: string;
  /** How long a call may take; as long as the engine lets them where absent. */
  timeoutSeconds?: number;
  /** Calls that are being answered at a time; no limit where absent. */
  concurrentCalls?: number;
  /** Largest body of a call, bytes; 1 MiB where absent. */
  maxBodyBytes?: number;
  /** What keeps a caller with a variant; by weight alone where absent. */
  stickiness?: Stickiness;
  /** None where the deployment is switched off. */
  variants: Array<{
    /** Unique in the route. */
    name: string;
    /**
     * Of a variant of another revision, which is tried beside the route's own:
     * how its runners and metrics name it.
     */
    beside?: { revision: number; variant: string };
    weight: number;
    shadowShare?: number;
    model: Model;
    version: number;
    /** Calls do nothing but compute, so that making one twice is no harm. */
    isRepeatable?: boolean;
    /** Calls wait for its runners, which sleep while nobody calls. */
    sleeps?: boolean;
    /** Ids of its runners, as `observe` shows them; those that are not ready get no traffic. */
    runners: string[];
  }>;
  tokens: DesiredToken[];
}

/** @public */
export interface ObservedDeployment {
  runners: RunnerStatus[];
  /** Revision that traffic goes to. */
  routedRevision?: number;
  /** Digest of the route as last applied; equal to `routeDigest` of the same desired route. */
  routeDigest?: string;
  /** Public URL of the endpoint. */
  url?: string;
  /** What keeps the engine itself from serving, in words; absent where nothing does. */
  message?: string;
}

/** @public */
export interface ScrapeTarget {
  /** Stable over restarts of the portal; a restarted runner counts as the same target with a counter reset. */
  id: string;
  url: string;
  headers?: Record<string, string>;
  /** Facts of the target that stand, whatever it says of itself. */
  labels?: Record<string, string>;
  /** `engine`: what starts runners, and counts their restarts. */
  kind: 'gateway' | 'runner' | 'engine';
  /** Of a gateway, whose calls it takes alone; all of the driver's where absent. */
  serves?: { system: string; environment: string };
  /** A gateway that takes no calls now, so that nothing waits for what it counts. */
  isAway?: boolean;
  /** A runner that gets copies of calls: what its model counts is no use of it. */
  isShadow?: boolean;
}

/** @public */
export interface RunnerRef {
  deployment: DeploymentRef;
  runner: string;
}

/** @public */
export interface LogOptions {
  /** How many of the last lines first, of those that are wanted. */
  tail?: number;
  /** None that were written before. */
  since?: Date;
  /** Only lines with this text, in any case; `/expression/` and `/expression/i` are RE2's, and valid. */
  grep?: string;
  /** Those that come too; what breaks off the driver says with a line, and reads on from there. */
  follow?: boolean;
  signal?: AbortSignal;
}

/** A runner that has written something, also one that is gone. @public */
export interface LogSource {
  runner: string;
  revision?: number;
  variant?: string;
}

/** @public */
export interface WriteOptions {
  /**
   * The lease number of the leader that asks. An engine that has heard of a
   * larger one refuses with `ConflictError`: a leader that hung, and was
   * followed by another one, puts no older state in force. Absent where nobody
   * else can be there.
   */
  fencing?: number;
}

/**
 * One engine that can run model versions. All methods are idempotent, and may
 * be called again after a crash at any line. @public
 */
export interface DeploymentDriver {
  readonly name: string;
  /** Whether variants without calls may be left without runners. */
  readonly scalesToZero?: boolean;
  /**
   * How long a revision may take here from when it is applied until its runners
   * are ready, milliseconds, where the portal's configuration does not say; two
   * minutes where absent.
   */
  readonly readyTimeoutMs?: number;
  /** By which its runners are known where they ask the platform; absent where they do not. */
  readonly workloadTokens?: WorkloadTokens;
  /** Why a runtime cannot be used here, if so. */
  unavailable(runtime: 'node' | 'python'): Promise<string | undefined>;
  /** Makes the runners of this revision exist; leaves those of others alone. */
  apply(
    desired: DesiredRevision,
    options: WriteOptions & { signal: AbortSignal },
  ): Promise<void>;
  observe(ref: DeploymentRef): Promise<ObservedDeployment>;
  /** Digest that `observe` will show once this route is in force. */
  routeDigest(ref: DeploymentRef, route: DesiredRoute): string;
  /** Sends the endpoint's traffic to a revision whose runners are ready; returns when it is so. */
  route(
    ref: DeploymentRef,
    route: DesiredRoute,
    options?: WriteOptions,
  ): Promise<void>;
  /**
   * Sends callers away with 503: the route has no variants. Then drains and
   * stops all runners; returns when nothing but the route is left.
   */
  switchOff(
    ref: DeploymentRef,
    route: DesiredRoute,
    options?: WriteOptions,
  ): Promise<void>;
  /**
   * Drains and stops the runners of all revisions up to the newest that was made
   * but those to keep; later ones may begin meanwhile, and are left alone.
   */
  release(
    ref: DeploymentRef,
    revisions: { keep: number[]; newest: number },
    options?: WriteOptions,
  ): Promise<void>;
  /** Route first, then runners: nothing of it is left. */
  remove(ref: DeploymentRef, options?: WriteOptions): Promise<void>;
  /** Names of the deployments of which anything exists, to find leftovers. */
  list(): Promise<string[]>;
  logs(ref: RunnerRef, options: LogOptions): AsyncIterable<LogLine>;
  /** Runners with logs, those that are gone too. */
  logSources(ref: DeploymentRef): Promise<LogSource[]>;
  scrapeTargets(): Promise<ScrapeTarget[]>;
}
