import { VariantLabels } from '@model-platform/model-wire';
import { Registry } from 'prom-client';
import { CellCounter } from './CellCounter';
import { CellGauge } from './CellGauge';
import { CellHistogram } from './CellHistogram';
import { VariantMetrics } from './VariantMetrics';

export const VARIANT_LABEL_NAMES = [
  'system',
  'model',
  'version',
  'environment',
  'endpoint',
  'variant',
  'revision',
] as const;

/** Series of a variant outlive its route so long, for the collector to read them a last time. */
const KEEP_RETIRED_MS = 10 * 60_000;

/** Count, duration and number in flight of one kind of requests, by variant. */
export class VariantSeries<T extends VariantMetrics> {
  readonly metricNames: readonly string[];
  readonly #variants = new Map<string, T>();
  readonly #create: (labels: VariantLabels) => T;

  constructor(options: {
    registry: Registry;
    prefix: string;
    /** What is counted, in words. */
    of: string;
    /** Of the count, beside those of the variant. */
    labelNames: string[];
    create: (labels: VariantLabels) => T;
  }) {
    const { registry, prefix, of, labelNames } = options;
    this.#create = options.create;
    this.metricNames = [
      new CellCounter({
        name: `${prefix}s_total`,
        help: `${of}, by ${labelNames.join(
          ' and ',
        )}; 499: the caller left before the answer`,
        labelNames: [...VARIANT_LABEL_NAMES, ...labelNames],
        registry,
        cells: () => this.flat(variant => variant.requests()),
      }),
      new CellHistogram({
        name: `${prefix}_duration_seconds`,
        help: `${of}: time to the end of the answer, without what was waited for a runner to start`,
        labelNames: [...VARIANT_LABEL_NAMES],
        buckets: VariantMetrics.buckets,
        registry,
        cells: () => this.flat(variant => [variant.durations]),
      }),
      new CellGauge({
        name: `${prefix}s_in_flight`,
        help: `${of}: those that are being answered`,
        labelNames: [...VARIANT_LABEL_NAMES],
        registry,
        cells: () => this.flat(variant => [variant.inFlight]),
      }),
    ].map(metric => metric.metricName);
  }

  of(labels: VariantLabels): T {
    const key = VARIANT_LABEL_NAMES.map(name => labels[name]).join('\n');
    let variant = this.#variants.get(key);
    if (!variant) {
      variant = this.#create(labels);
      this.#variants.set(key, variant);
    }
    return variant;
  }

  *flat<C>(cells: (variant: T) => Iterable<C>): Iterable<C> {
    for (const variant of this.#variants.values()) {
      yield* cells(variant);
    }
  }

  forgetRetired(): void {
    const before = Date.now() - KEEP_RETIRED_MS;
    for (const [key, variant] of this.#variants) {
      if (variant.retiredBefore(before)) {
        this.#variants.delete(key);
      }
    }
  }
}
