import { VariantLabels } from '@model-platform/model-wire';
import { CounterCell } from './CellCounter';
import { HistogramCell } from './CellHistogram';

/** What is counted of one variant of one revision. */
export class VariantMetrics {
  /** Seconds. */
  static readonly buckets: readonly number[] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
    10, 30,
  ];

  readonly durations: HistogramCell;
  readonly inFlight: CounterCell;
  protected readonly labels: VariantLabels;
  readonly #requests = new Map<string | undefined, Map<number, CounterCell>>();
  /** A variant may be in the plan that goes and in the one that comes. */
  #routes = 0;
  #retiredAt: number | undefined;

  constructor(labels: VariantLabels) {
    this.labels = labels;
    this.durations = new HistogramCell(labels, VariantMetrics.buckets);
    this.inFlight = { labels, value: 0 };
  }

  started(): void {
    this.inFlight.value += 1;
  }

  /** The call goes to another variant, which counts it from now on. */
  moved(): void {
    this.inFlight.value -= 1;
  }

  /** @param consumer - undefined for what nobody has called for */
  finished(consumer: string | undefined, code: number, seconds: number): void {
    this.inFlight.value -= 1;
    this.durations.observe(seconds);
    let codes = this.#requests.get(consumer);
    if (!codes) {
      codes = new Map();
      this.#requests.set(consumer, codes);
    }
    let cell = codes.get(code);
    if (!cell) {
      cell = {
        labels: {
          ...this.labels,
          ...(consumer === undefined ? {} : { consumer }),
          code: String(code),
        },
        value: 0,
      };
      codes.set(code, cell);
    }
    cell.value += 1;
  }

  *requests(): Iterable<CounterCell> {
    for (const codes of this.#requests.values()) {
      yield* codes.values();
    }
  }

  retain(): void {
    this.#routes += 1;
    this.#retiredAt = undefined;
  }

  release(): void {
    this.#routes -= 1;
    if (this.#routes === 0) {
      this.#retiredAt = Date.now();
    }
  }

  retiredBefore(time: number): boolean {
    return (
      this.#retiredAt !== undefined &&
      this.#retiredAt < time &&
      this.inFlight.value === 0
    );
  }
}
