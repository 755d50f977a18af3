import { WireCustomMetric } from '@model-platform/model-wire';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CustomMetricsApi, Labels } from './EndpointContext';

type Kind = WireCustomMetric['type'];
type Metric = Counter | Gauge | Histogram;

const KINDS = { counter: Counter, gauge: Gauge, histogram: Histogram };

/** What endpoint code counts: only what `model.yaml` declares; everything else throws. */
export class CustomMetrics implements CustomMetricsApi {
  private readonly metrics = new Map<
    string,
    { declared: WireCustomMetric; metric: Metric }
  >();
  private isMuted = false;

  constructor(declared: WireCustomMetric[], registry: Registry) {
    for (const one of declared) {
      const metric = new KINDS[one.type]({
        name: one.name,
        help: one.description ?? one.name,
        labelNames: one.labels ?? [],
        registers: [registry],
      });
      this.metrics.set(one.name, { declared: one, metric });
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
    const series = this.find('counter', name, labels) as Counter;
    return { inc: this.unlessMuted(by => series.inc(labels, by)) };
  }

  gauge(name: string, labels: Labels = {}) {
    const series = this.find('gauge', name, labels) as Gauge;
    return {
      inc: this.unlessMuted(by => series.inc(labels, by)),
      dec: this.unlessMuted(by => series.dec(labels, by)),
      set: this.unlessMuted(value => series.set(labels, value)),
    };
  }

  histogram(name: string, labels: Labels = {}) {
    const series = this.find('histogram', name, labels) as Histogram;
    return {
      observe: this.unlessMuted(value => series.observe(labels, value)),
    };
  }

  private unlessMuted(count: (amount: number) => void) {
    return (amount: number = 1) => {
      if (!this.isMuted) count(amount);
    };
  }

  private find(kind: Kind, name: string, labels: Labels): Metric {
    const found = this.metrics.get(name);
    if (!found) {
      const known = [...this.metrics.keys()].join(', ') || 'none';
      throw new Error(
        `metric '${name}' is not declared in model.yaml (declared: ${known})`,
      );
    }
    const { declared, metric } = found;
    if (declared.type !== kind)
      throw new Error(
        `metric '${name}' is declared as a ${declared.type}, not a ${kind}`,
      );
    const wanted = [...(declared.labels ?? [])].sort().join(', ');
    const given = Object.keys(labels).sort().join(', ');
    if (wanted !== given)
      throw new Error(
        `metric '${name}' takes the labels ${wanted || 'none'}, not ${
          given || 'none'
        }`,
      );
    return metric;
  }
}
