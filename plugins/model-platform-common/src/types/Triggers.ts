/** A figure that is beyond a bound for a time. @public */
export interface MetricTrigger {
  /**
   * `error_ratio` (0 to 1), `latency` (seconds), `calls`, or one of the metric
   * catalogue: of a counter its increase per call, of a gauge its last value,
   * of a histogram a quantile.
   */
  metric: string;
  /** Of `latency` and of histograms, 0 to 1; 0.95 where absent. */
  quantile?: number;
  above?: number;
  below?: number;
  /** How long without a break, e.g. `5m`. */
  for: string;
  /** What each reading looks back on, e.g. `1m`, which it is where absent. */
  over?: string;
  /** Of one variant; of all together where absent. */
  variant?: string;
  /** Fewer calls within `over` say nothing; 1 where absent. */
  minCalls?: number;
  /** `rollback` to the revision before, `hold` what would make new ones, or only `notify`. */
  action: 'rollback' | 'hold' | 'notify';
  /** The bound back at which it is over; the same where absent. */
  clears?: number;
  /** How long after it acted it does not act again, e.g. `1h`; `15m` where absent. */
  cooldown?: string;
}

/** When a deployment's selectors are resolved again by themselves. Has exactly one of these. @public */
export interface DeploymentTrigger {
  /** At each publish; with `where`, of a version whose metadata and evaluation satisfy the filter. */
  onVersion?: true | { where: string };
  onAlias?: { alias: string };
  onMetric?: MetricTrigger;
  /** Cron expression of five fields. */
  schedule?: { cron: string; timezone?: string };
}
