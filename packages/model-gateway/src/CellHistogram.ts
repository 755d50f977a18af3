import {
  Histogram,
  MetricObjectWithValues,
  MetricValueWithName,
  Registry,
} from 'prom-client';

/** One series of a {@link CellHistogram}. */
export class HistogramCell {
  readonly labels: Record<string, string>;
  readonly counts: number[];
  sum = 0;
  count = 0;
  readonly #buckets: readonly number[];

  constructor(labels: Record<string, string>, buckets: readonly number[]) {
    this.labels = labels;
    this.#buckets = buckets;
    this.counts = buckets.map(() => 0);
  }

  observe(value: number): void {
    this.sum += value;
    this.count += 1;
    for (let index = 0; index < this.#buckets.length; index += 1) {
      if (value <= this.#buckets[index]) {
        this.counts[index] += 1;
        return;
      }
    }
  }
}

/** A histogram whose series are held by those who observe; see CellCounter. */
export class CellHistogram extends Histogram<string> {
  readonly #buckets: readonly number[];
  readonly metricName: string;
  /** Tells name, help and type; prom-client's own `get` would call the method below. */
  readonly #empty: Histogram<string>;
  readonly #cells: () => Iterable<HistogramCell>;

  constructor(options: {
    name: string;
    help: string;
    labelNames: string[];
    buckets: readonly number[];
    registry: Registry;
    cells: () => Iterable<HistogramCell>;
  }) {
    super({
      name: options.name,
      help: options.help,
      labelNames: options.labelNames,
      buckets: [...options.buckets],
      registers: [options.registry],
    });
    this.#buckets = options.buckets;
    this.metricName = options.name;
    this.#empty = new Histogram({
      name: options.name,
      help: options.help,
      registers: [],
    });
    this.#cells = options.cells;
  }

  override async get(): Promise<
    MetricObjectWithValues<MetricValueWithName<string>>
  > {
    const empty = await this.#empty.get();
    const values: Array<MetricValueWithName<string>> = [];
    for (const cell of this.#cells()) {
      let cumulative = 0;
      for (const [index, bucket] of this.#buckets.entries()) {
        cumulative += cell.counts[index];
        values.push({
          metricName: `${this.metricName}_bucket`,
          labels: { ...cell.labels, le: bucket },
          value: cumulative,
        });
      }
      values.push({
        metricName: `${this.metricName}_bucket`,
        labels: { ...cell.labels, le: '+Inf' },
        value: cell.count,
      });
      values.push({
        metricName: `${this.metricName}_sum`,
        labels: cell.labels,
        value: cell.sum,
      });
      values.push({
        metricName: `${this.metricName}_count`,
        labels: cell.labels,
        value: cell.count,
      });
    }
    return { ...empty, values };
  }

  /** What the registry asks a histogram for instead of `get`. */
  getForPromString(): Promise<
    MetricObjectWithValues<MetricValueWithName<string>>
  > {
    return this.get();
  }
}
