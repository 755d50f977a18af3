import {
  EndpointScope,
  MetricSample,
  MetricsStore,
} from '@model-platform/plugin-model-platform-node';
import { CanaryFigures, RevisionFigure } from '../deployment';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { CallFigures, Counted } from './CallFigures';
import { RUNNER_REQUESTS_METRIC } from './selectSamples';

type Query = Parameters<CanaryFigures['read']>[0];

/** Of counts that something comes in between; with ever more of it, each weighs less. */
const MAX_READS = 3;

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
    const { values, answered } = await this.told(query, calls);
    const found = new Map<number, RevisionFigure>();
    for (const { labels, calls: count, errors } of totals) {
      const revision = Number(labels.revision);
      if (count > 0 && revisions.includes(revision)) {
        const value = values.get(revision);
        found.set(
          revision,
          this.isCounter(metric.metric)
            ? perCall(count, answered.get(revision), value)
            : {
                calls: count,
                value: valueOf(metric.metric, { calls: count, errors, value }),
              },
        );
      }
    }
    return found;
  }

  async completeUntil(of: EndpointScope): Promise<Date | undefined> {
    return await this.options.store.collectedAt(of);
  }

  private isCounter(metric: string): boolean {
    return this.options.catalogue.get(metric)?.type === 'counter';
  }

  /**
   * What models count, and of how many calls. Both are of the same moment: a
   * runner that is read in between would have more calls than counts.
   */
  private async told(query: Query, calls: CallFigures) {
    let answered = await this.answered(query);
    for (let read = 1; ; read += 1) {
      const values = await this.values(query, calls);
      const now = await this.answered(query);
      if (read === MAX_READS || isSame(answered, now))
        return { values, answered: now };
      answered = now;
    }
  }

  /** Calls that runners have counted together with what their models count. */
  private async answered(query: Query): Promise<Map<number, number>> {
    const { start, end, metric } = query;
    if (!this.isCounter(metric.metric)) return new Map();
    const samples = await this.options.store.instant({
      metric: RUNNER_REQUESTS_METRIC,
      labels: labelsOf(query),
      by: ['revision'],
      start,
      end,
      aggregation: 'increase',
    });
    return byRevision(samples);
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
    return byRevision(samples);
  }
}

/**
 * Of a counter of the model. Runners are read at another moment than the
 * gateway, and new ones are found later: what one has not told yet is not none.
 */
function perCall(
  calls: number,
  answered: number | undefined,
  value: number | undefined,
): RevisionFigure {
  // A runtime of the developer's own may count no calls.
  if (answered === undefined)
    return { calls, value: value === undefined ? undefined : value / calls };
  return { calls: Math.min(calls, answered), value: (value ?? 0) / answered };
}

function valueOf(
  metric: string,
  { calls, errors, value }: Counted & { value?: number },
): number | undefined {
  if (metric === 'calls') return calls;
  return metric === 'error_ratio' ? errors / calls : value;
}

function isSame(one: Map<number, number>, other: Map<number, number>): boolean {
  return (
    one.size === other.size &&
    [...one].every(([revision, value]) => other.get(revision) === value)
  );
}

function byRevision(samples: MetricSample[]): Map<number, number> {
  return new Map(
    samples.map(({ labels, value }) => [Number(labels.revision), value]),
  );
}

function labelsOf({ endpoint, environment, variant }: Query) {
  return {
    endpoint,
    environment,
    ...(variant === undefined ? {} : { variant }),
  };
}
