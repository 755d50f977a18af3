import {
  ResolvedVariant,
  Resources,
  RevisionTraffic,
} from '@model-platform/plugin-model-platform-common';

/** How far a trigger by a metric is. */
export interface MetricTriggerState {
  /** Revision whose figure it read. */
  revision: number;
  /** Since when the figure is beyond the bound. */
  beyondSince?: string;
  /** When it was read last, as long as it is beyond. */
  lastReadAt?: string;
  /** Since when what it did holds, until it clears. */
  actingSince?: string;
  /** Since when there is no figure, as long as what it did holds. */
  silentSince?: string;
  /** When it acted last. */
  actedAt?: string;
}

/** Content of a revision that a trigger rolled back from. */
export interface RolledBack {
  number: number;
  variants: ResolvedVariant[];
  resources?: Resources;
  traffic?: RevisionTraffic;
}

/** What the triggers of a deployment that look at times and figures saw last; by the trigger as JSON. */
export interface TriggerStates {
  metrics: Record<string, MetricTriggerState>;
  /** Time up to which runs were looked for. */
  schedules: Record<string, string>;
  /** The revision that one of them rolled back to. */
  rolledBackTo?: number;
  /** What it rolled back from, as long as selectors mean that. */
  rolledBackFrom?: RolledBack;
}

export interface TriggerStateStore {
  get(deploymentId: string): Promise<TriggerStates>;
  save(deploymentId: string, states: TriggerStates): Promise<void>;
}
