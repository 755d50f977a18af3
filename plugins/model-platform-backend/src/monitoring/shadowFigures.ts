import { ShadowFigures } from '@model-platform/plugin-model-platform-common';
import { MetricsStore } from '@model-platform/plugin-model-platform-node';
import { CallFigures, COPY_METRICS } from './CallFigures';
import { variantFigures } from './variantFigures';

/** Of the copies that variants got, and of those that were not sent. */
export async function shadowFigures(
  store: MetricsStore,
  model: string,
  start: Date,
  end: Date,
): Promise<ShadowFigures[]> {
  const [figures, dropped] = await Promise.all([
    variantFigures(
      new CallFigures(store, { model: [model] }, COPY_METRICS),
      start,
      end,
    ),
    store.instant({
      metric: 'model_gateway_shadow_dropped_total',
      labels: { model },
      by: ['endpoint', 'variant', 'version'],
      start,
      end,
      aggregation: 'increase',
    }),
  ]);
  const found: ShadowFigures[] = figures.map(one => ({ ...one, dropped: 0 }));
  for (const { labels, value } of dropped) {
    const { endpoint, variant, version } = labels;
    const known = found.find(
      one =>
        one.endpoint === endpoint &&
        one.variant === variant &&
        one.version === version,
    );
    if (known) {
      known.dropped += value;
    } else if (value > 0) {
      const none = { calls: 0, errors: 0, callerErrors: 0 };
      found.push({ endpoint, variant, version, ...none, dropped: value });
    }
  }
  return found;
}
