import { HistoryEntry } from '@model-platform/plugin-model-platform-common';
import { ModelScope } from '../../registry/ModelScope';
import { TokenStore } from '../endpoints/TokenStore';
import { NewRequest, RequestEnd, RequestStore } from '../gates/RequestStore';
import { SourceStore } from '../git/SourceStore';
import { NewRevision, RevisionStore } from '../revisions/RevisionStore';
import { TriggerStates, TriggerStateStore } from '../triggers/TriggerStates';
import {
  DeploymentRecord,
  DeploymentStatus,
  HistoryDraft,
  QuotaRoom,
} from './DeploymentRecord';

/** One change of desired state, made in one transaction with its revision and history. */
export interface DesiredChange {
  /** Fields to change; the generation grows where `spec` is among them. */
  set: Partial<
    Pick<
      DeploymentRecord,
      | 'spec'
      | 'owner'
      | 'model'
      | 'modelSlug'
      | 'source'
      | 'overrides'
      | 'decision'
      | 'deleting'
      | 'watched'
      | 'gates'
    >
  > & { orphanedAt?: string | null };
  revision?: NewRevision;
  /** To wait for its gates; ends the one that waits already. */
  request?: NewRequest;
  /** How the request that waits ends, where it does. */
  ends?: RequestEnd;
  /** What triggers remember from then on, with the number of the revision if one is made. */
  triggerStates?: (made: number | undefined) => TriggerStates;
  /**
   * Told how the deployment stands in the transaction, and undoes it by what it
   * throws: how far things have come is no change of desired state.
   */
  check?: (now: DeploymentRecord) => void;
  history: HistoryDraft;
}

export type NewDeployment = Pick<
  DeploymentRecord,
  | 'name'
  | 'modelId'
  | 'model'
  | 'modelSlug'
  | 'system'
  | 'owner'
  | 'environment'
  | 'spec'
  | 'source'
  | 'watched'
> &
  Partial<Pick<DeploymentRecord, 'gates'>>;

export interface DeploymentQuery {
  modelId?: string;
  system?: string;
  environment?: string;
  limit: number;
  /** Name after which the page starts. */
  after?: string;
}

/** Keeps deployments. Knows no rules. */
export interface DeploymentStore {
  readonly revisions: RevisionStore;
  readonly requests: RequestStore;
  readonly tokens: TokenStore;
  readonly sources: SourceStore;
  readonly triggerStates: TriggerStateStore;

  /**
   * The same in the hands of the leader with this lease number, for what it
   * makes by itself: desired state, what triggers remember, how requests stand,
   * history and what was read from Git. Each such write throws `LeaseLostError`,
   * and keeps nothing, once another one leads.
   */
  asLeader(fencing: number): DeploymentStore;

  /**
   * With its first revision, or with a request that waits for one. Throws
   * `ConflictError` where the name is taken, and `RoomTakenError` where others
   * took of the room of the revision since it was counted.
   */
  create(
    deployment: NewDeployment,
    first: NewRevision | { request: NewRequest },
    history: HistoryDraft,
  ): Promise<DeploymentRecord>;
  /**
   * Throws `ChangedMeanwhileError` where the record was changed by someone else
   * since it was read, and `RoomTakenError` as `create` does.
   */
  change(
    from: DeploymentRecord,
    change: DesiredChange,
  ): Promise<DeploymentRecord>;
  get(name: string): Promise<DeploymentRecord | undefined>;
  /** A page in the order of names, with the condition on every model of `modelIds` in SQL. */
  list(
    query: DeploymentQuery,
    scope: ModelScope,
  ): Promise<{ items: DeploymentRecord[]; totalItems: number }>;
  /** Those of the names that are of deployments within the scope. */
  readableNames(names: string[], scope: ModelScope): Promise<Set<string>>;
  /**
   * By deployment id: its own model first, then those that the revisions speak
   * of that are wanted and that serve.
   */
  modelIds(deployments: DeploymentRecord[]): Promise<Map<string, string[]>>;
  /** What there is to take of the quota; read before what is taken is counted. */
  room(place: { environment: string; system: string }): Promise<QuotaRoom>;
  /** All of them, for the reconciler. */
  all(): Promise<DeploymentRecord[]>;
  /** Newest first. */
  history(
    deployment: DeploymentRecord,
    page: { limit: number; before?: string },
  ): Promise<HistoryEntry[]>;

  /**
   * Written only while the lease with this fencing number is held, in one
   * transaction with what is to be told of it, and with when its revision first
   * served; answers false where it is not. Throws `ChangedMeanwhileError` where
   * desired state was changed since the record was read: what was seen of it is
   * of something else.
   */
  saveStatus(
    deployment: DeploymentRecord,
    status: DeploymentStatus,
    fencing: number,
    history?: HistoryDraft[],
  ): Promise<boolean>;
  /** After nothing of it runs any more. */
  erase(id: string, fencing: number): Promise<void>;
  addHistory(deployment: DeploymentRecord, entry: HistoryDraft): Promise<void>;
}
