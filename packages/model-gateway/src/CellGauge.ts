import {
  Gauge,
  MetricObjectWithValues,
  MetricValue,
  Registry,
} from 'prom-client';
import { CounterCell } from './CellCounter';

/** A gauge whose series are held by those who change them; see CellCounter. */
export class CellGauge extends Gauge<string> {
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
