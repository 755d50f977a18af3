import { CounterCell } from './CellCounter';
import { VariantMetrics } from './VariantMetrics';

/** What is counted of the copies that a variant gets. */
export class CopyMetrics extends VariantMetrics {
  readonly #dropped = new Map<CopyLoss, CounterCell>();

  /** A copy that was not sent. */
  lost(reason: CopyLoss): void {
    let cell = this.#dropped.get(reason);
    if (!cell) {
      cell = { labels: { ...this.labels, reason }, value: 0 };
      this.#dropped.set(reason, cell);
    }
    cell.value += 1;
  }

  dropped(): Iterable<CounterCell> {
    return this.#dropped.values();
  }
}

/** `busy`: too many copies are on their way; `memory`: their bodies are too large together. */
export type CopyLoss = 'busy' | 'memory' | 'no_runner';
