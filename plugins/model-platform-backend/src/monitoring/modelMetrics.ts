import {
  Model,
  ModelMetrics,
} from '@model-platform/plugin-model-platform-common';
import { MetricsStore } from '@model-platform/plugin-model-platform-node';
import { MetricCatalogue } from '../registry/metadata/MetricCatalogue';
import { CallFigures, Counted, isError } from './CallFigures';
import { CustomFigures } from './CustomFigures';
import { figure, ratio, sumPoints, toPoints } from './points';
import { RESTARTS_METRIC } from './selectSamples';
import { shadowFigures } from './shadowFigures';
import { Period } from './timeRanges';
import { variantFigures } from './variantFigures';

/** Technical and business metrics of one model, with the period before beside them. */
export async function modelMetrics(options: {
  store: MetricsStore;
  catalogue: MetricCatalogue;
  model: Model;
  period: Period;
  collectedAt: Date | undefined;
}): Promise<ModelMetrics> {
  const { store, catalogue, model, period } = options;
  const { start, end, previousStart } = period;
  const calls = new CallFigures(store, { model: [model.slug] });
  const [
    byVariant,
    shadows,
    byConsumer,
    before,
    series,
    p50,
    p95,
    p50Before,
    p95Before,
    restarts,
  ] = await Promise.all([
    variantFigures(calls, start, end),
    shadowFigures(store, model.slug, start, end),
    calls.totals(start, end, ['consumer']),
    calls.totals(previousStart, start, []),
    calls.series(period, []),
    calls.quantile(0.5, start, end),
    calls.quantile(0.95, start, end),
    calls.quantile(0.5, previousStart, start),
    calls.quantile(0.95, previousStart, start),
    store.instant({
      metric: RESTARTS_METRIC,
      labels: { model: model.slug },
      start,
      end,
      aggregation: 'increase',
    }),
  ]);
  const [p50Series, p95Series] = await Promise.all([
    calls.quantileSeries(0.5, period),
    calls.quantileSeries(0.95, period),
  ]);
  const now = sum(byVariant);
  const previous = sum(before);
  return {
    range: period.range,
    calls: figure(now.calls, previous.calls),
    errors: figure(now.errors, previous.errors),
    errorRatio: figure(
      ratio(now.errors, now.calls),
      ratio(previous.errors, previous.calls),
    ),
    latencyP50Seconds: figure(p50[0]?.value, p50Before[0]?.value),
    latencyP95Seconds: figure(p95[0]?.value, p95Before[0]?.value),
    series: {
      calls: sumPoints(series, period),
      errors: sumPoints(
        series.filter(({ labels }) => isError(labels.code)),
        period,
      ),
      latencyP50Seconds: toPoints(p50Series[0]),
      latencyP95Seconds: toPoints(p95Series[0]),
    },
    byVariant,
    shadows,
    byConsumer: byConsumer
      .map(({ labels, calls: count }) => ({
        consumer: labels.consumer,
        calls: count,
      }))
      .sort((a, b) => b.calls - a.calls),
    custom: await customMetrics(options),
    runnerRestarts: restarts[0]?.value ?? 0,
    collectedAt: options.collectedAt?.toISOString(),
  };

  async function customMetrics({ model: { slug } }: { model: Model }) {
    const custom = new CustomFigures(store, [slug]);
    const found: ModelMetrics['custom'] = [];
    for (const metric of catalogue.items()) {
      const [total, totalBefore, metricSeries] = await Promise.all([
        custom.totals(metric, start, end),
        custom.totals(metric, previousStart, start),
        custom.series(metric, period),
      ]);
      if (total.has(slug) || totalBefore.has(slug)) {
        found.push({
          ...metric,
          total: figure(total.get(slug), totalBefore.get(slug)),
          series:
            metric.type === 'gauge'
              ? toPoints(metricSeries[0])
              : sumPoints(metricSeries, period),
        });
      }
    }
    return found;
  }
}

export function sum(counted: Counted[]): Counted {
  let calls = 0;
  let errors = 0;
  for (const one of counted) {
    calls += one.calls;
    errors += one.errors;
  }
  return { calls, errors };
}
