import { CanaryStatus } from './Canary';
import { DeploymentGate, RevisionRequest } from './Gates';
import { Resources, Signature } from './Model';
import { DeploymentOverride } from './Override';
import { ResolvedVariant } from './ResolvedVariant';
import { DeploymentTrigger } from './Triggers';
import {
  CallRate,
  DeploymentLimits,
  DeploymentStrategy,
  RevisionTraffic,
} from './Traffic';

/** Which version a variant serves. @public */
export type VersionSelector =
  | { alias: string }
  | { number: number }
  | { latest: true };

/** @public */
export interface DeploymentVariant {
  name: string;
  version: VersionSelector;
  /** Share of traffic, in percent. */
  weight?: number;
  /**
   * With the strategy `shadow`, instead of a weight: it gets copies of so many
   * calls, in percent, and its answers are dropped.
   */
  shadow?: number;
  /** Another model of the same system; the deployment's own where absent. */
  model?: string;
}

/** Desired state: the `spec` of a `ModelDeployment`. @public */
export interface DeploymentSpec {
  owner?: string;
  system: string;
  environment: string;
  /** Name, slug or entity ref of the model. */
  model: string;
  strategy?: DeploymentStrategy;
  variants?: DeploymentVariant[];
  resources?: Resources;
  limits?: DeploymentLimits;
  triggers?: DeploymentTrigger[];
  gates?: DeploymentGate[];
  /** Revisions may break the signature which the endpoint serves. */
  allowBreaking?: boolean;
}

/** The whole file `model-deployment.yaml`. @public */
export interface ModelDeploymentManifest {
  apiVersion: 'model-platform.io/v1alpha1';
  kind: 'ModelDeployment';
  metadata: { name: string; [key: string]: unknown };
  spec: DeploymentSpec;
}

/** As Kubernetes has them. @public */
export interface Condition {
  type: 'Available' | 'Progressing' | 'Degraded' | 'Waiting' | 'Orphaned';
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  /** When `status` changed last. */
  lastTransitionTime: string;
  /** The same, under its older name. */
  lastTransitionAt: string;
  /** Generation of the spec that this was said of. */
  observedGeneration: number;
}

/** @public */
export type DeploymentPhase =
  | 'Off'
  | 'Pending'
  | 'Starting'
  | 'Canary'
  | 'Ready'
  | 'Degraded'
  | 'Failed';

/** @public */
export interface RunnerStatus {
  id: string;
  variant: string;
  version: number;
  revision: number;
  /** `asleep`: not needed now; it starts as soon as calls ask for it, or is about to. */
  phase: 'starting' | 'ready' | 'draining' | 'failed' | 'stopped' | 'asleep';
  restarts: number;
  /** Why it was last (re)started or failed, in words. */
  message?: string;
  startedAt?: string;
  pid?: number;
}

/** How many runners serve. @public */
export interface ReplicasNow {
  ready: number;
  /** Nobody has called for a while: the next call waits until one has started. */
  asleep: boolean;
  /** Bounds of each variant, where the deployment says them. */
  min?: number;
  max?: number;
}

/** Immutable snapshot of a deployment. @public */
export interface Revision {
  number: number;
  createdAt: string;
  actor: string;
  reason: string;
  variants: ResolvedVariant[];
  traffic?: RevisionTraffic;
}

/** A deployment: desired and observed. Its name is its endpoint's. @public */
export interface Deployment {
  name: string;
  modelId: string;
  /** Name and slug of the model. */
  model: string;
  modelSlug: string;
  system: string;
  owner: string;
  environment: string;
  spec: DeploymentSpec;
  generation: number;
  /** Where the desired state comes from: `api`, or the location of a file in Git. */
  source: string;
  /** Since when its declaration in Git is gone; it goes on as it is. */
  orphanedAt?: string;
  /** The revision that waits for its gates. */
  request?: RevisionRequest;
  off: boolean;
  /** Who switched it off, and why. */
  offReason?: string;
  /** What persons put beside the spec. */
  overrides: DeploymentOverride[];
  /** In words: where what serves is not what the spec asks for; first a line an override, in their order. */
  drift: string[];
  /** Of the revision that is wanted, where it is or was tried beside another one. */
  canary?: CanaryStatus;
  /** What is wanted. */
  revision?: Revision;
  /** What traffic goes to now, where that is another revision: one is rolled out, or was given up. */
  serving?: Revision;
  /** Revision that traffic goes to now. */
  servingRevision?: number;
  phase: DeploymentPhase;
  conditions: Condition[];
  runners: RunnerStatus[];
  /** Of the revision that serves; absent where none does. */
  replicas?: ReplicasNow;
  /** Public URL of the endpoint. */
  url?: string;
  updatedAt: string;
  updatedBy: string;
  etag: string;
  actions?: { deploy: boolean; createEndpointToken: boolean };
}

/** What applications call. @public */
export interface Endpoint {
  name: string;
  url: string;
  model: string;
  modelSlug: string;
  modelId: string;
  system: string;
  owner: string;
  /** With the most traffic. */
  version?: number;
  /** The model that `version` is of, where that is another one. */
  versionModel?: string;
  ready: boolean;
  /** Of the version whose signature all variants take. */
  example?: Record<string, unknown>;
  /** What every variant takes and gives; of one endpoint, not in lists. */
  signature?: Signature;
}

/** @public */
export interface EndpointToken {
  id: string;
  endpoint: string;
  /** Entity ref of the application. */
  consumer: string;
  createdBy: string;
  createdAt: string;
  expiresAt?: string;
  revokedAt?: string;
  rate?: CallRate;
  /** Whether its calls may name the variant that answers, by `x-model-variant`. */
  mayChooseVariant?: boolean;
}

/** @public */
export interface LogLine {
  at: string;
  level: 'debug' | 'info' | 'warn' | 'error';
  message: string;
  runner: string;
  requestId?: string;
  /** What prepared the runner and wrote it, `fetch` or `packages`; absent of the runner itself. */
  step?: string;
  [key: string]: unknown;
}
