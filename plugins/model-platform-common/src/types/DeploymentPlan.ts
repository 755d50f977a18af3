import { DeploymentSpec } from './Deployment';
import { GateState } from './Gates';
import { ResolvedVariant } from './ResolvedVariant';
import { SignatureBreak } from './SignatureBreak';

/** A field of the spec that would change. @public */
export interface SpecChange {
  /** E.g. `spec.variants[0].weight`. */
  field: string;
  from?: unknown;
  to?: unknown;
}

/** Runners that one system may have in an environment, and has. @public */
export interface QuotaState {
  resource: 'runners' | 'cpu' | 'memory' | 'gpu';
  limit: number;
  /** With what is planned. CPU in cores, memory in bytes. */
  used: number;
}

/** What applying a deployment would do; nothing of it was done. @public */
export interface DeploymentPlan {
  name: string;
  /** Whether it is new, changes, or is so already. */
  action: 'create' | 'change' | 'none';
  /** Place in Git where it is declared, and has to be changed. */
  declaredIn?: string;
  /** As it would be kept. */
  spec: DeploymentSpec;
  changes: SpecChange[];
  /** What the selectors mean now. */
  variants: ResolvedVariant[];
  /** Variants whose runners would be started anew, beside those that serve. */
  restarts: string[];
  /** Whether a revision would be made, wait for gates, or not be needed. */
  revision: 'made' | 'waits' | 'none';
  gates: GateState[];
  breaks: SignatureBreak[];
  quotas: QuotaState[];
}
