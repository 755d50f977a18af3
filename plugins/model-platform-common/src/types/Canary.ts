import { ResolvedVariant } from './ResolvedVariant';

/** One step of a canary: how much of the traffic, and for how long at least. @public */
export interface CanaryStep {
  /** Share of the new revision, in percent, to 0.1. */
  weight: number;
  /** At least so long: `30s`, `10m`, `2h`, `1d`. */
  pause?: string;
  /** Goes on only once a person says so. */
  waitForPerson?: true;
}

/** A metric of the new revision, and what it must keep to. @public */
export interface AnalysisMetric {
  /**
   * `error_ratio` (0 to 1), `latency` (seconds), or a metric of the platform's
   * metric catalogue: of a counter its increase per call, of a gauge its last
   * value, of a histogram a quantile.
   */
  metric: string;
  /** Of `latency` and of histograms, 0 to 1; 0.95 where absent. */
  quantile?: number;
  max?: number;
  min?: number;
  /** Compared with what the stable revision had in the same time. */
  againstStable?: {
    /** At most so much more. */
    maxDifference?: number;
    /** At most so much less. */
    minDifference?: number;
    /** At most so many times as much. */
    maxRatio?: number;
    /** At least so many times as much. */
    minRatio?: number;
  };
}

/** How a new revision proves itself. @public */
export interface CanaryAnalysis {
  /** Calls of a revision below which nothing is said of it; 50 where absent. */
  minCalls?: number;
  /** How long after its pause a step waits for calls before it is rolled back; `1h` where absent. */
  waitAtMost?: string;
  metrics: AnalysisMetric[];
}

/** What one metric says at one step. @public */
export interface AnalysisResult {
  metric: string;
  verdict: 'passed' | 'failed' | 'waiting';
  value?: number;
  stableValue?: number;
  calls: number;
  stableCalls: number;
  /** In words, such as `error ratio 12.3 % of 412 calls, bound 5 %`. */
  message: string;
}

/** How far a new revision has come beside the one that serves. @public */
export interface CanaryStatus {
  /** The new one. */
  revision: number;
  stableRevision: number;
  /** What the stable revision serves. */
  stable: ResolvedVariant[];
  phase: 'progressing' | 'promoted' | 'rolled-back';
  /** From 1. */
  step: number;
  steps: number;
  /** Share of the new revision at this step, in percent. */
  weight: number;
  startedAt: string;
  /** Since when this step's share reaches the new revision. */
  since?: string;
  /** What it waits for now. */
  waitsFor?:
    | 'route'
    | 'runners'
    | 'time'
    | 'figures'
    | 'calls'
    | 'person'
    | 'resume';
  /** When the pause of this step is over. */
  until?: string;
  /** Since when its runners are not ready. */
  unreadySince?: string;
  /** When this step had shown enough, where it waits for a person since. */
  shownAt?: string;
  analysis: AnalysisResult[];
  /** Why it ended so; while it goes on, how it passed the step before. */
  reason?: string;
  endedAt?: string;
}
