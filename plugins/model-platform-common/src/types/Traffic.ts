import { CanaryAnalysis, CanaryStep } from './Canary';

/** How calls are shared among variants. @public */
export interface DeploymentStrategy {
  /**
   * `canary`: a new revision gets its share step by step. `shadow`: variants
   * with `shadow` get copies of what the others answer.
   */
  type: 'single' | 'weighted' | 'canary' | 'shadow';
  /** `header:NAME`, `cookie:NAME` or `json:MEMBER.MEMBER`: who has the same stays with a variant. */
  stickyBy?: string;
  /** Of `canary`. */
  steps?: CanaryStep[];
  /** Of `canary`. */
  analysis?: CanaryAnalysis;
}

/** Where a call says whom it is for. @public */
export interface Stickiness {
  by: 'header' | 'cookie' | 'json';
  name: string;
}

/** What an endpoint takes. @public */
export interface DeploymentLimits {
  /** Calls that are being answered at a time, at each gateway. */
  concurrentCalls?: number;
  /** Largest body of a call, bytes; 1 MiB where absent. */
  maxBodyBytes?: number;
}

/** What a revision says of traffic beside the weights of its variants. @public */
export interface RevisionTraffic {
  stickyBy?: string;
  concurrentCalls?: number;
  maxBodyBytes?: number;
}

/** How many calls a token is good for, at each gateway. @public */
export interface CallRate {
  calls: number;
  per: 'second' | 'minute';
  /** Calls that may come at once; as many as `calls` where absent. */
  burst?: number;
}
