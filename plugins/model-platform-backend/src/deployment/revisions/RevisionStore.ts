import {
  DeploymentSpec,
  ResolvedVariant,
  Resources,
  RevisionTraffic,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord, QuotaRoom } from '../store/DeploymentRecord';

/** An immutable revision as it is kept. */
export interface RevisionRecord {
  deploymentId: string;
  name: string;
  number: number;
  createdAt: string;
  actor: string;
  reason: string;
  variants: ResolvedVariant[];
  resources?: Resources;
  traffic?: RevisionTraffic;
  /** How it gets its traffic; at once where absent, as what is gone back to or promoted. */
  strategy?: DeploymentSpec['strategy'];
  /** When traffic first went to it. */
  firstServedAt?: string;
}

export type NewRevision = Pick<
  RevisionRecord,
  'actor' | 'reason' | 'variants' | 'resources' | 'traffic' | 'strategy'
> & {
  /** Out of which it is given what it takes; absent where no quota holds. */
  room?: QuotaRoom;
};

/** Reads revisions; they are made with a change of their deployment. */
export interface RevisionStore {
  get(
    deploymentId: string,
    number: number,
  ): Promise<RevisionRecord | undefined>;
  /** The newest that traffic ever went to. */
  lastServed(deploymentId: string): Promise<RevisionRecord | undefined>;
  /** Those that are wanted now, by deployment id. */
  current(
    deployments: DeploymentRecord[],
  ): Promise<Map<string, RevisionRecord>>;
  /** Those that traffic goes to now where others are wanted, by deployment id. */
  serving(
    deployments: DeploymentRecord[],
  ): Promise<Map<string, RevisionRecord>>;
  /** Newest first. */
  list(
    deploymentId: string,
    page: { limit: number; before?: number },
  ): Promise<RevisionRecord[]>;
}
