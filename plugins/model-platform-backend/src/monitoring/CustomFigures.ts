import { CatalogueMetric } from '@model-platform/plugin-model-platform-common';
import {
  MetricSeries,
  MetricsStore,
} from '@model-platform/plugin-model-platform-node';
import { Period } from './timeRanges';

/** The comparable business metrics of models, from what their runners count. */
export class CustomFigures {
  constructor(
    private readonly store: MetricsStore,
    private readonly models: string[],
  ) {}

  /** By model. Of a histogram the number of its observations. */
  async series(
    metric: CatalogueMetric,
    period: Period,
  ): Promise<MetricSeries[]> {
    return await this.store.range({
      ...this.query(metric),
      start: period.start,
      end: period.end,
      stepSeconds: period.stepSeconds,
    });
  }

  /** By slug of the model: of a gauge its last value, else how much was counted. */
  async totals(
    metric: CatalogueMetric,
    start: Date,
    end: Date,
  ): Promise<Map<string, number>> {
    const samples = await this.store.instant({
      ...this.query(metric),
      start,
      end,
    });
    return new Map(samples.map(({ labels, value }) => [labels.model, value]));
  }

  private query(metric: CatalogueMetric) {
    return {
      metric:
        metric.type === 'histogram' ? `${metric.name}_count` : metric.name,
      labels: { model: this.models },
      by: ['model'],
      aggregation:
        metric.type === 'gauge' ? ('last' as const) : ('increase' as const),
    };
  }
}
