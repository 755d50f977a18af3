import {
  DeploymentGate,
  DeploymentOverride,
  GateState,
  RequestDecision,
  ResolvedVariant,
  Resources,
  RevisionRequest,
  SignatureBreak,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord } from '../store/DeploymentRecord';

/** What is asked for. */
export interface NewRequest {
  actor: string;
  reason: string;
  /** Persons whose word is none of somebody else's. */
  requesters: string[];
  variants: ResolvedVariant[];
  resources?: Resources;
  breaks: SignatureBreak[];
  gates: DeploymentGate[];
  /** What persons had put beside the spec before, and what is lifted once it is made. */
  lifts?: DeploymentOverride[];
  standing: RequestStanding;
}

/** How a request stood when it was looked at last. */
export interface RequestStanding {
  gates: GateState[];
  problems: string[];
}

/** A revision that was asked for, as it is kept. */
export interface RequestRecord extends NewRequest {
  deploymentId: string;
  number: number;
  state: RevisionRequest['state'];
  createdAt: string;
  decisions: RequestDecision[];
  closedAt?: string;
  closedReason?: string;
  revision?: number;
}

/** How a waiting request ends. */
export interface RequestEnd {
  state: Exclude<RevisionRequest['state'], 'waiting'>;
  reason?: string;
}

/** Reads requests, and keeps what is said of them; they are made and closed with the deployment. */
export interface RequestStore {
  get(deploymentId: string, number: number): Promise<RequestRecord | undefined>;
  /** Those that wait, by deployment id. */
  waiting(deploymentIds: string[]): Promise<Map<string, RequestRecord>>;
  /** Newest first. */
  list(
    deploymentId: string,
    page: { limit: number; before?: number },
  ): Promise<RequestRecord[]>;
  saveStanding(
    request: RequestRecord,
    standing: RequestStanding,
  ): Promise<void>;
  /**
   * What a person said of the request that waits; a refusal ends it. Throws
   * `ConflictError` where it waits no more, or the person approved it already.
   */
  decide(
    deployment: DeploymentRecord,
    request: number,
    decision: Omit<RequestDecision, 'at'>,
  ): Promise<DeploymentRecord>;
  /**
   * An approval of the request that waits is taken back. Throws `ConflictError`
   * where it waits no more, or the person has not approved it.
   */
  withdrawApproval(
    deployment: DeploymentRecord,
    request: number,
    withdrawal: Pick<RequestDecision, 'approver' | 'reason'>,
  ): Promise<DeploymentRecord>;
}
