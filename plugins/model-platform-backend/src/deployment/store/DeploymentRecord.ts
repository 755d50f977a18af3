import {
  CanaryStatus,
  Condition,
  DeploymentGate,
  DeploymentOverride,
  DeploymentPhase,
  DeploymentSpec,
  RunnerStatus,
} from '@model-platform/plugin-model-platform-common';
import { CanaryDecision } from '../canary/CanaryDecision';
import { GivenUp } from '../revisions/GivenUp';

/** Versions that a deployment's triggers look at, by model id. */
export type WatchedVersions = Record<
  string,
  {
    latest?: number;
    /** What `latest` means, where triggers pass over those after it. */
    taken?: number;
    /** Drafts after it and before `latest`, which may be published yet. */
    drafts?: number[];
    aliases?: Record<string, number>;
  }
>;

/** A deployment as it is kept: desired state, and the state as last observed. */
export interface DeploymentRecord {
  /** Never reused, unlike the name. */
  id: string;
  name: string;
  modelId: string;
  model: string;
  modelSlug: string;
  system: string;
  owner: string;
  environment: string;
  spec: DeploymentSpec;
  generation: number;
  /** Grows with each change of desired state; what `ETag` is made of. */
  changes: number;
  /** Grows with each token that is made or revoked. */
  tokenChanges: number;
  source: string;
  /** What persons put beside the spec. */
  overrides: DeploymentOverride[];
  /** Whether one of them switches it off. */
  off: boolean;
  /** To be removed; its name is free once nothing of it runs any more. */
  deleting: boolean;
  revision?: number;
  servingRevision?: number;
  rolloutStartedAt?: string;
  watched: WatchedVersions;
  /** Number of the request that waits for its gates. */
  waitingRequest?: number;
  /** What the next revision waits for, beside what its environment asks for. */
  gates: DeploymentGate[];
  /** Of the wanted revision; that of the spec may still wait for its gates. */
  strategy?: DeploymentSpec['strategy'];
  /** Since when its declaration in Git is gone. */
  orphanedAt?: string;
  /** What a person decided on the canary of a revision. */
  decision?: CanaryDecision;
  /** How far a revision has come; of the wanted one, or of one that was wanted before. */
  canary?: CanaryStatus;
  /** What was given up; the wanted revision, or one that was wanted before. */
  givenUp?: GivenUp;
  /** Where selectors mean something else than what serves, in words. */
  drift: string[];
  phase: DeploymentPhase;
  conditions: Condition[];
  runners: RunnerStatus[];
  url?: string;
  createdAt: string;
  updatedAt: string;
  updatedBy: string;
}

/** What the reconciler writes; desired state is never among it. */
export type DeploymentStatus = Pick<
  DeploymentRecord,
  | 'servingRevision'
  | 'rolloutStartedAt'
  | 'canary'
  | 'givenUp'
  | 'drift'
  | 'phase'
  | 'conditions'
  | 'runners'
  | 'url'
>;

/** What the deployments of a system may take in an environment, as it was when it was counted. */
export interface QuotaRoom {
  environment: string;
  system: string;
  /** Grows with each revision that is given some of it. */
  changes: number;
}

export interface HistoryDraft {
  actor: string;
  action: string;
  reason?: string;
  details?: Record<string, unknown>;
}
