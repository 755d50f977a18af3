import { VariantLabels } from '@model-platform/model-wire';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { CellCounter, CounterCell } from './CellCounter';
import { CopyMetrics } from './CopyMetrics';
import { VariantMetrics } from './VariantMetrics';
import { VARIANT_LABEL_NAMES, VariantSeries } from './VariantSeries';

/** Everything the gateway counts, as `GET /metrics` of its admin listener tells it. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #calls: VariantSeries<VariantMetrics>;
  readonly #copies: VariantSeries<CopyMetrics>;
  readonly #refused = new Map<string, CounterCell>();

  constructor() {
    const registry = this.#registry;
    collectDefaultMetrics({ register: registry });
    this.#calls = new VariantSeries({
      registry,
      prefix: 'model_gateway_request',
      of: 'Calls of a model',
      labelNames: ['consumer', 'code'],
      create: labels => new VariantMetrics(labels),
    });
    // Under names of their own: whoever adds up calls adds up no copies.
    this.#copies = new VariantSeries({
      registry,
      prefix: 'model_gateway_shadow_request',
      of: 'Copies of calls, whose answers are dropped',
      labelNames: ['code'],
      create: labels => new CopyMetrics(labels),
    });
    const dropped = new CellCounter({
      name: 'model_gateway_shadow_dropped_total',
      help: 'Copies that were not sent: busy, memory or no_runner',
      labelNames: [...VARIANT_LABEL_NAMES, 'reason'],
      registry,
      cells: () => this.#copies.flat(copies => copies.dropped()),
    });
    const refused = new CellCounter({
      name: 'model_gateway_refused_total',
      help: 'Calls refused before a variant was chosen, by consumer where the token is known',
      labelNames: ['endpoint', 'consumer', 'code'],
      registry,
      cells: () => this.#refused.values(),
    });
    this.metricNames = [
      ...this.#calls.metricNames,
      ...this.#copies.metricNames,
      dropped.metricName,
      refused.metricName,
    ];
  }

  /** Names of the gateway's own metrics, without those of the process. */
  readonly metricNames: readonly string[];

  /** The same object for the same labels, so that counts go on across plans. */
  calls(labels: VariantLabels): VariantMetrics {
    return this.#calls.of(labels);
  }

  /** The same of the copies that the variant gets. */
  copies(labels: VariantLabels): CopyMetrics {
    return this.#copies.of(labels);
  }

  refused(endpoint: string, consumer: string | undefined, code: number): void {
    const key = `${endpoint}\n${consumer ?? ''}\n${code}`;
    let cell = this.#refused.get(key);
    if (!cell) {
      cell = {
        labels: {
          endpoint,
          ...(consumer === undefined ? {} : { consumer }),
          code: String(code),
        },
        value: 0,
      };
      this.#refused.set(key, cell);
    }
    cell.value += 1;
  }

  async text(): Promise<string> {
    this.#calls.forgetRetired();
    this.#copies.forgetRetired();
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }
}
