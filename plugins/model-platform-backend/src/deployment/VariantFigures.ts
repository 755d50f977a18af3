/** What is asked of the calls of a deployment in a time. */
export interface FigureQuery {
  deployment: string;
  revision: number;
  /** All of the revision together where absent. */
  variant?: string;
  /**
   * `error_ratio` (0 to 1), `latency` (seconds), `calls`, or one of the metric
   * catalogue: of a counter its increase per call, of a gauge its last value,
   * of a histogram a quantile.
   */
  metric: string;
  /** Of `latency` and of histograms, 0 to 1; 0.95 where absent. */
  quantile?: number;
  start: Date;
  end: Date;
}

export interface Figure {
  /** Absent where nothing was counted that it could be made of. */
  value?: number;
  /** Calls in this time. */
  calls: number;
}

/** Reads what callers of variants got; monitoring knows it, and is above this domain. */
export interface VariantFigures {
  /** Whether there is such a metric. */
  knows(metric: string): boolean;
  read(query: FigureQuery): Promise<Figure>;
}
