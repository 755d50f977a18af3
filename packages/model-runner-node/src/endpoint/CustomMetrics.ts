import { WireCustomMetric, WireSignature } from '@model-platform/model-wire';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { Logger } from '../Logger';
import { CustomMetricsApi, Labels } from './EndpointContext';
import { OTHER, SeriesLimit } from './SeriesLimit';

type Kind = WireCustomMetric['type'];
type Metrics = { counter: Counter; gauge: Gauge; histogram: Histogram };

const KINDS = { counter: Counter, gauge: Gauge, histogram: Histogram };

interface Declared {
  declared: WireCustomMetric;
  metric: Metrics[Kind];
  limit: SeriesLimit;
}

interface CustomMetricsOptions {
  declared: WireCustomMetric[];
  inputs: WireSignature['inputs'];
  registry: Registry;
  logger: Logger;
}

/** What endpoint code counts: only what `model.yaml` declares; everything else throws. */
export class CustomMetrics implements CustomMetricsApi {
  private readonly metrics = new Map<string, Declared>();
  private readonly limited: Counter<'metric'>;
  private readonly told = new Set<string>();
  private readonly logger: Logger;
  private isMuted = false;

  constructor({ declared, inputs, registry, logger }: CustomMetricsOptions) {
    this.logger = logger;
    this.limited = new Counter({
      name: 'model_runner_metric_series_limited_total',
      help: "Counts of the model's own metrics that went to the series `other`",
      labelNames: ['metric'],
      registers: [registry],
    });
    const closed = new Set(
      inputs.filter(field => field.enum).map(({ name }) => name),
    );
    for (const one of declared) {
      const metric = new KINDS[one.type]({
        name: one.name,
        help: one.description ?? one.name,
        labelNames: one.labels ?? [],
        registers: [registry],
      });
      this.metrics.set(one.name, {
        declared: one,
        metric,
        limit: new SeriesLimit(closed),
      });
    }
  }

  /** Nothing is counted meanwhile. */
  async muted<T>(work: () => Promise<T>): Promise<T> {
    this.isMuted = true;
    try {
      return await work();
    } finally {
      this.isMuted = false;
    }
  }

  counter(name: string, labels: Labels = {}) {
    const { metric, count } = this.find('counter', name, labels);
    return {
      inc: (amount = 1) => {
        if (amount < 0)
          throw new Error(
            `metric '${name}' is a counter, which can't be counted down; declare a gauge for that`,
          );
        count(amount, series => metric.inc(series, amount));
      },
    };
  }

  gauge(name: string, labels: Labels = {}) {
    const { metric, count } = this.find('gauge', name, labels);
    return {
      inc: (amount = 1) => count(amount, series => metric.inc(series, amount)),
      dec: (amount = 1) => count(amount, series => metric.dec(series, amount)),
      set: (value: number) => count(value, series => metric.set(series, value)),
    };
  }

  histogram(name: string, labels: Labels = {}) {
    const { metric, count } = this.find('histogram', name, labels);
    return {
      observe: (value: number) =>
        count(value, series => metric.observe(series, value)),
    };
  }

  private find<K extends Kind>(kind: K, name: string, labels: Labels) {
    const found = this.metrics.get(name);
    if (!found) {
      const known = [...this.metrics.keys()].join(', ') || 'none';
      throw new Error(
        `metric '${name}' is not declared in model.yaml (declared: ${known})`,
      );
    }
    const { declared, metric, limit } = found;
    if (declared.type !== kind)
      throw new Error(
        `metric '${name}' is declared as a ${declared.type}, not a ${kind}`,
      );
    const given = textLabels(name, declared.labels ?? [], labels);
    const count = (amount: unknown, write: (series: Labels) => void) => {
      if (typeof amount !== 'number' || !Number.isFinite(amount))
        throw new Error(`metric '${name}' takes finite numbers only`);
      if (this.isMuted) return;
      const { labels: series, reason } = limit.bounded(given);
      if (reason !== undefined) this.tellLimited(name, reason);
      write(series);
    };
    return { metric: metric as Metrics[K], count };
  }

  private tellLimited(name: string, reason: string) {
    this.limited.inc({ metric: name });
    const about = `${name} ${reason}`;
    if (this.told.has(about)) return;
    this.told.add(about);
    this.logger.warn(
      `metric '${name}' counts further label values as '${OTHER}': ${reason}`,
    );
  }
}

/** @throws Error that names what is not as it was declared */
function textLabels(name: string, declared: string[], labels: Labels): Labels {
  const wanted = [...declared].sort().join(', ');
  const given = Object.keys(labels).sort().join(', ');
  if (wanted !== given)
    throw new Error(
      `metric '${name}' takes the labels ${wanted || 'none'}, not ${
        given || 'none'
      }`,
    );
  return Object.fromEntries(
    declared.map(label => {
      const value: unknown = labels[label];
      if (!['string', 'number', 'boolean'].includes(typeof value))
        throw new Error(
          `label '${label}' of metric '${name}' must be text, not ${typeof value}`,
        );
      return [label, String(value)];
    }),
  );
}
