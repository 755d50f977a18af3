import { ResolvedVariant } from './ResolvedVariant';
import { SignatureBreak } from './SignatureBreak';

/** Somebody else's word: never that of who asked for the revision. @public */
export interface ApprovalGate {
  /** Entity ref of the group whose members approve. */
  by: string;
  /** How many of them; one where absent. */
  count?: number;
  /** `breaking`: only of revisions that break the signature which is served; all where absent. */
  of?: 'all' | 'breaking';
}

/** What each version of a revision must have. @public */
export interface EvidenceGate {
  /** Its metadata satisfies the schema in force today. */
  metadata?: 'complete';
  /** Beyond a bound, which is not itself within it. */
  evaluation?: { metric: string; above?: number; below?: number };
  /** All of its files were looked into, and would import only what the platform lists. */
  scan?: 'clean';
}

/** @public */
export type Weekday = 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat' | 'sun';

/** When revisions may be made. @public */
export interface WindowGate {
  /** Days on which it opens; all where absent. */
  days?: Weekday[];
  /** `08:00`. */
  from: string;
  /** `17:00`; before `from` where it ends on the day after. */
  to: string;
  /** IANA name, e.g. `Europe/Berlin`. */
  timezone: string;
}

/** One thing that must hold before a revision is made. Has exactly one of these. @public */
export interface DeploymentGate {
  approval?: ApprovalGate;
  evidence?: EvidenceGate;
  window?: WindowGate;
}

/** How a gate stands to a revision. @public */
export interface GateState {
  gate: DeploymentGate;
  holds: boolean;
  /** What it waits for, or why it holds. */
  message: string;
}

/** @public */
export interface RequestDecision {
  decision: 'approved' | 'refused';
  /** Entity ref of the person. */
  approver: string;
  /** Those that the person spoke for. */
  groups: string[];
  reason: string;
  at: string;
}

/** A revision that somebody, or a trigger, asked for, and that is made once its gates hold. @public */
export interface RevisionRequest {
  /** Counted per deployment. */
  number: number;
  state: 'waiting' | 'made' | 'superseded' | 'refused' | 'withdrawn';
  /** Who or what asked. */
  actor: string;
  reason: string;
  createdAt: string;
  /** What it would resolve to now. */
  variants: ResolvedVariant[];
  /** How it breaks the signature which the endpoint serves. */
  breaks: SignatureBreak[];
  gates: GateState[];
  /** Why it is not made though its gates hold, in words. */
  problems: string[];
  decisions: RequestDecision[];
  /** Whether the caller may decide on it. */
  mayDecide?: boolean;
  closedAt?: string;
  closedReason?: string;
  /** The revision that it became. */
  revision?: number;
}
