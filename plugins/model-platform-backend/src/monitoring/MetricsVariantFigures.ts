import { CatalogueMetric } from '@model-platform/plugin-model-platform-common';
import { MetricsStore } from '@model-platform/plugin-model-platform-node';
import { Figure, FigureQuery, VariantFigures } from '../deployment';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { CALLS_METRIC, isError, LATENCY_METRIC } from './CallFigures';

const TECHNICAL = ['error_ratio', 'latency', 'calls'];
const QUANTILE = 0.95;

/** Figures of variants, from what gateway and runners count. */
export class MetricsVariantFigures implements VariantFigures {
  constructor(
    private readonly store: MetricsStore,
    private readonly catalogue: MetricCatalogue,
  ) {}

  knows(metric: string): boolean {
    return (
      TECHNICAL.includes(metric) || this.catalogue.get(metric) !== undefined
    );
  }

  async read(query: FigureQuery): Promise<Figure> {
    const { calls, errors } = await this.counted(query);
    switch (query.metric) {
      case 'calls':
        return { value: calls, calls };
      case 'error_ratio':
        return { value: calls > 0 ? errors / calls : undefined, calls };
      case 'latency':
        return { value: await this.quantile(query, LATENCY_METRIC), calls };
      default: {
        const metric = this.catalogue.get(query.metric);
        return {
          value: metric && (await this.custom(query, metric, calls)),
          calls,
        };
      }
    }
  }

  private async counted(query: FigureQuery) {
    const samples = await this.store.instant({
      ...where(query),
      metric: CALLS_METRIC,
      by: ['code'],
      aggregation: 'increase',
    });
    let calls = 0;
    let errors = 0;
    for (const { labels, value } of samples) {
      calls += value;
      if (isError(labels.code)) errors += value;
    }
    return { calls, errors };
  }

  private async custom(
    query: FigureQuery,
    { name, type }: CatalogueMetric,
    calls: number,
  ): Promise<number | undefined> {
    if (type === 'histogram') return await this.quantile(query, name);
    const [sample] = await this.store.instant({
      ...where(query),
      metric: name,
      aggregation: type === 'gauge' ? 'last' : 'increase',
    });
    if (type === 'gauge') return sample?.value;
    return calls > 0 ? (sample?.value ?? 0) / calls : undefined;
  }

  private async quantile(
    query: FigureQuery,
    metric: string,
  ): Promise<number | undefined> {
    const [sample] = await this.store.instant({
      ...where(query),
      metric,
      aggregation: 'quantile',
      quantile: query.quantile ?? QUANTILE,
    });
    return sample?.value;
  }
}

function where({ deployment, revision, variant, start, end }: FigureQuery) {
  return {
    labels: {
      endpoint: deployment,
      revision: String(revision),
      ...(variant === undefined ? {} : { variant }),
    },
    start,
    end,
  };
}
