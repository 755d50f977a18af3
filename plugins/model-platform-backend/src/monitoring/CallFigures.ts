import {
  MetricSeries,
  MetricsStore,
} from '@model-platform/plugin-model-platform-node';
import { Period } from './timeRanges';

export const CALLS_METRIC = 'model_gateway_requests_total';
export const LATENCY_METRIC = 'model_gateway_request_duration_seconds';

/** What is counted of calls, by name. */
export interface CallMetrics {
  count: string;
  duration: string;
}

/** Of copies that shadows got; they are no calls. */
export const COPY_METRICS: CallMetrics = {
  count: 'model_gateway_shadow_requests_total',
  duration: 'model_gateway_shadow_request_duration_seconds',
};

/** Calls and those of them that failed (5xx). */
export interface Counted {
  calls: number;
  errors: number;
}

/** The same for some labels, with those that are their callers' own mistake (4xx). */
export interface CountedByLabels extends Counted {
  labels: Record<string, string>;
  callerErrors: number;
}

/** Series and totals of calls, errors and latency, from what the gateway counts. */
export class CallFigures {
  constructor(
    private readonly store: MetricsStore,
    /** What counts; nothing else is read. */
    private readonly labels:
      | { model: string[] }
      | { endpoint: string; environment: string; variant?: string },
    private readonly metrics: CallMetrics = {
      count: CALLS_METRIC,
      duration: LATENCY_METRIC,
    },
  ) {}

  /** Increase per step, by these labels and by class of the answer. */
  async series(period: Period, by: string[]): Promise<MetricSeries[]> {
    return await this.store.range({
      metric: this.metrics.count,
      labels: this.labels,
      by: [...by, 'code'],
      start: period.start,
      end: period.end,
      stepSeconds: period.stepSeconds,
      aggregation: 'increase',
    });
  }

  /** Totals by one label. */
  async totals(
    start: Date,
    end: Date,
    by: string[],
  ): Promise<CountedByLabels[]> {
    const samples = await this.store.instant({
      metric: this.metrics.count,
      labels: this.labels,
      by: [...by, 'code'],
      start,
      end,
      aggregation: 'increase',
    });
    const sums = new Map<string, CountedByLabels>();
    for (const { labels: all, value } of samples) {
      const { code, ...labels } = all;
      const key = JSON.stringify(labels);
      const sum = sums.get(key) ?? {
        labels,
        calls: 0,
        errors: 0,
        callerErrors: 0,
      };
      sum.calls += value;
      sum.errors += isError(code) ? value : 0;
      sum.callerErrors += code?.startsWith('4') ? value : 0;
      sums.set(key, sum);
    }
    return [...sums.values()];
  }

  async quantile(
    quantile: number,
    start: Date,
    end: Date,
    by: string[] = [],
  ): Promise<Array<{ labels: Record<string, string>; value: number }>> {
    return await this.store.instant({
      metric: this.metrics.duration,
      labels: this.labels,
      by,
      start,
      end,
      aggregation: 'quantile',
      quantile,
    });
  }

  async quantileSeries(
    quantile: number,
    period: Period,
  ): Promise<MetricSeries[]> {
    return await this.store.range({
      metric: this.metrics.duration,
      labels: this.labels,
      start: period.start,
      end: period.end,
      stepSeconds: period.stepSeconds,
      aggregation: 'quantile',
      quantile,
    });
  }
}

/** Answers that say that the platform or the model failed, not its caller. */
export function isError(code: string | undefined): boolean {
  return code !== undefined && code.startsWith('5');
}
