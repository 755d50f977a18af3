import { MetricsStore } from '@model-platform/plugin-model-platform-node';
import { CanaryFigures, RevisionFigure } from '../deployment';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { CallFigures, Counted } from './CallFigures';

type Query = Parameters<CanaryFigures['read']>[0];

/** Revisions of one endpoint side by side, from what gateway and runners count. */
export class RevisionFigures implements CanaryFigures {
  constructor(
    private readonly options: {
      store: MetricsStore;
      catalogue: MetricCatalogue;
    },
  ) {}

  async read(query: Query): Promise<Map<number, RevisionFigure>> {
    const { start, end, revisions, metric } = query;
    const calls = new CallFigures(this.options.store, labelsOf(query));
    const totals = await calls.totals(start, end, ['revision']);
    const values = await this.values(query, calls);
    const found = new Map<number, RevisionFigure>();
    for (const { labels, calls: count, errors } of totals) {
      const revision = Number(labels.revision);
      if (count > 0 && revisions.includes(revision)) {
        found.set(revision, {
          calls: count,
          value: this.valueOf(metric.metric, {
            calls: count,
            errors,
            value: values.get(revision),
          }),
        });
      }
    }
    return found;
  }

  async completeUntil(environment: string): Promise<Date | undefined> {
    return await this.options.store.collectedAt(environment);
  }

  private valueOf(
    metric: string,
    { calls, errors, value }: Counted & { value?: number },
  ): number | undefined {
    if (metric === 'calls') {
      return calls;
    }
    if (metric === 'error_ratio') {
      return errors / calls;
    }
    return this.options.catalogue.get(metric)?.type === 'counter'
      ? // One that was not counted is none.
        (value ?? 0) / calls
      : value;
  }

  private async values(
    query: Query,
    calls: CallFigures,
  ): Promise<Map<number, number>> {
    const { start, end, metric: asked } = query;
    const { metric, quantile = 0.95 } = asked;
    if (metric === 'error_ratio' || metric === 'calls') {
      return new Map();
    }
    const by = ['revision'];
    const type = this.options.catalogue.get(metric)?.type;
    const samples =
      metric === 'latency'
        ? await calls.quantile(quantile, start, end, by)
        : await this.options.store.instant({
            metric,
            labels: labelsOf(query),
            by,
            start,
            end,
            ...(type === 'histogram'
              ? { aggregation: 'quantile', quantile }
              : { aggregation: type === 'gauge' ? 'last' : 'increase' }),
          });
    return new Map(
      samples.map(({ labels, value }) => [Number(labels.revision), value]),
    );
  }
}

function labelsOf({ endpoint, environment, variant }: Query) {
  return {
    endpoint,
    environment,
    ...(variant === undefined ? {} : { variant }),
  };
}
