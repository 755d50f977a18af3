/** @public */
export interface MetricQuery {
  /** Prometheus name, e.g. `model_gateway_requests_total`; of a histogram without suffix. */
  metric: string;
  /** Equal to one of the values. */
  labels?: Record<string, string | string[]>;
  /** Labels kept apart in the answer; all others are summed over. */
  by?: string[];
  start: Date;
  end: Date;
  /** Width of one bucket; an instant query has one bucket from start to end. */
  stepSeconds?: number;
  /**
   * `increase`: of a counter, resets handled. `last`: of a gauge, the mean
   * over the targets that show the same series. `max`: of a gauge, the highest
   * at any of them.
   * `quantile`: of a histogram, with `quantile` from 0 to 1; unit of the metric.
   */
  aggregation: 'increase' | 'last' | 'max' | 'quantile';
  quantile?: number;
}

/** @public */
export interface MetricSeries {
  labels: Record<string, string>;
  /** `[start of the bucket in milliseconds, value]`; buckets without data are left out. */
  points: Array<[number, number]>;
}

/** @public */
export interface MetricSample {
  labels: Record<string, string>;
  value: number;
}

/** An endpoint, with where its gateways are. @public */
export interface EndpointScope {
  endpoint: string;
  system: string;
  environment: string;
}

/**
 * Time series of runners and gateway, already named and labelled; never one
 * per request. @public
 */
export interface MetricsStore {
  range(query: MetricQuery & { stepSeconds: number }): Promise<MetricSeries[]>;
  instant(query: MetricQuery): Promise<MetricSample[]>;
  /**
   * Without an endpoint, when somebody was read last. Of one, until when
   * all of its gateways were: what one of them has counted since is not known.
   * Undefined where nothing was yet.
   */
  collectedAt(of?: EndpointScope): Promise<Date | undefined>;
}
