import { VariantFigures } from '@model-platform/plugin-model-platform-common';
import { CallFigures } from './CallFigures';

const BY = ['endpoint', 'variant', 'version'];

/** What each variant answered, how, and how fast; the most called first. */
export async function variantFigures(
  calls: CallFigures,
  start: Date,
  end: Date,
): Promise<VariantFigures[]> {
  const [totals, p50, p95] = await Promise.all([
    calls.totals(start, end, BY),
    calls.quantile(0.5, start, end, BY),
    calls.quantile(0.95, start, end, BY),
  ]);
  const keyOf = (labels: Record<string, string>) =>
    BY.map(label => labels[label]).join('\n');
  const valuesOf = (samples: typeof p50) =>
    new Map(samples.map(({ labels, value }) => [keyOf(labels), value]));
  const medians = valuesOf(p50);
  const highs = valuesOf(p95);
  return totals
    .map(({ labels, calls: count, errors, callerErrors }) => ({
      endpoint: labels.endpoint,
      variant: labels.variant,
      version: labels.version,
      calls: count,
      errors,
      callerErrors,
      latencyP50Seconds: medians.get(keyOf(labels)),
      latencyP95Seconds: highs.get(keyOf(labels)),
    }))
    .sort((a, b) => b.calls - a.calls);
}
