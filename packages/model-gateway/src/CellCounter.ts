import {
  Counter,
  MetricObjectWithValues,
  MetricValue,
  Registry,
} from 'prom-client';

/** One series of a {@link CellCounter}: counting is an addition. */
export interface CounterCell {
  readonly labels: Record<string, string>;
  value: number;
}

/**
 * A counter whose series are held by those who count. prom-client hashes all
 * labels at every `inc`; a gateway knows them when it gets its route.
 */
export class CellCounter extends Counter<string> {
  readonly metricName: string;
  readonly #cells: () => Iterable<CounterCell>;

  constructor(options: {
    name: string;
    help: string;
    labelNames: string[];
    registry: Registry;
    cells: () => Iterable<CounterCell>;
  }) {
    super({
      name: options.name,
      help: options.help,
      labelNames: options.labelNames,
      registers: [options.registry],
    });
    this.metricName = options.name;
    this.#cells = options.cells;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<string>>> {
    const empty = await super.get();
    return {
      ...empty,
      values: Array.from(this.#cells(), ({ labels, value }) => ({
        labels,
        value,
      })),
    };
  }
}
