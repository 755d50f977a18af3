import { VariantLabels } from '@model-platform/model-wire';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { CellCounter, CounterCell } from './CellCounter';
import { CellGauge } from './CellGauge';
import { CellHistogram } from './CellHistogram';
import { VariantMetrics } from './VariantMetrics';

const VARIANT_LABEL_NAMES = [
  'system',
  'model',
  'version',
  'environment',
  'endpoint',
  'variant',
  'revision',
];

/** Series of a variant outlive its route so long, for the collector to read them a last time. */
const KEEP_RETIRED_MS = 10 * 60_000;

/** Everything the gateway counts, as `GET /metrics` of its admin listener tells it. */
export class GatewayMetrics {
  readonly #registry = new Registry();
  readonly #variants = new Map<string, VariantMetrics>();
  readonly #refused = new Map<string, CounterCell>();

  constructor() {
    const registry = this.#registry;
    collectDefaultMetrics({ register: registry });
    const counter = new CellCounter({
      name: 'model_gateway_requests_total',
      help: 'Calls of a model, by consumer and status code; 499: the caller left before the answer',
      labelNames: [...VARIANT_LABEL_NAMES, 'consumer', 'code'],
      registry,
      cells: () => this.#flat(variant => variant.requests()),
    });
    const histogram = new CellHistogram({
      name: 'model_gateway_request_duration_seconds',
      help: 'Time from a call to the end of its answer',
      labelNames: VARIANT_LABEL_NAMES,
      buckets: VariantMetrics.buckets,
      registry,
      cells: () => this.#flat(variant => [variant.durations]),
    });
    const gauge = new CellGauge({
      name: 'model_gateway_requests_in_flight',
      help: 'Calls that are being answered',
      labelNames: VARIANT_LABEL_NAMES,
      registry,
      cells: () => this.#flat(variant => [variant.inFlight]),
    });
    const refused = new CellCounter({
      name: 'model_gateway_refused_total',
      help: 'Calls refused before a variant was chosen',
      labelNames: ['endpoint', 'code'],
      registry,
      cells: () => this.#refused.values(),
    });
    this.metricNames = [counter, histogram, gauge, refused].map(
      metric => metric.metricName,
    );
  }

  /** Names of the gateway's own metrics, without those of the process. */
  readonly metricNames: readonly string[];

  /** The series of a variant: the same object for the same labels, so that counts go on across plans. */
  variant(labels: VariantLabels): VariantMetrics {
    const key = VARIANT_LABEL_NAMES.map(
      name => labels[name as keyof VariantLabels],
    ).join('\n');
    let variant = this.#variants.get(key);
    if (!variant) {
      variant = new VariantMetrics(labels);
      this.#variants.set(key, variant);
    }
    return variant;
  }

  refused(endpoint: string, code: number): void {
    const key = `${endpoint}\n${code}`;
    let cell = this.#refused.get(key);
    if (!cell) {
      cell = { labels: { endpoint, code: String(code) }, value: 0 };
      this.#refused.set(key, cell);
    }
    cell.value += 1;
  }

  async text(): Promise<string> {
    const before = Date.now() - KEEP_RETIRED_MS;
    for (const [key, variant] of this.#variants) {
      if (variant.retiredBefore(before)) {
        this.#variants.delete(key);
      }
    }
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  *#flat<T>(cells: (variant: VariantMetrics) => Iterable<T>): Iterable<T> {
    for (const variant of this.#variants.values()) {
      yield* cells(variant);
    }
  }
}
