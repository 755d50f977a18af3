import { Model, ModelVersion } from './Model';

/** Which version an alias named at a time, by the history. @public */
export interface AliasAt {
  alias: string;
  version: number;
  /** The time that was asked for, ISO 8601, UTC. */
  at: string;
  /** When it was pointed to this version, by whom, and why. */
  since: string;
  actor: string;
  reason?: string;
}

/** Somebody vouched for a version, or refused it; it is never taken back. @public */
export interface Approval {
  id: string;
  version: number;
  approver: string;
  /** Groups of the alias rules that the approver spoke for. */
  groups: string[];
  reason: string;
  at: string;
  decision: 'approved' | 'refused';
}

/** A version that waits for the word of who asks. @public */
export interface WaitingApproval {
  model: Pick<Model, 'name' | 'slug' | 'system' | 'owner' | 'description'>;
  version: Pick<
    ModelVersion,
    'number' | 'publisher' | 'responsible' | 'evaluation'
  > & { readyAt: string };
  /** Whose rules ask for it, and which version each names now. */
  aliases: Array<{ alias: string; inService?: number }>;
}

/** An approval that the rule of an alias asks for. @public */
export interface ApprovalRequirement {
  alias: string;
  /** Entity refs; a member of one of them may approve. */
  by: string[];
  /** Nobody approves what he published himself. */
  notByPublisher: boolean;
  /** Given already. */
  met: boolean;
}

/** Answer of listing the approvals of a version. @public */
export interface VersionApprovals {
  /** Oldest first. */
  items: Approval[];
  requirements: ApprovalRequirement[];
  /** Whether the caller in hand may approve. */
  mayApprove: boolean;
  mayRefuse: boolean;
}
