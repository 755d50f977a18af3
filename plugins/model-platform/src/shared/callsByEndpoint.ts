import { ModelMetrics } from '@model-platform/plugin-model-platform-common';

/** Calls in the range of some metrics, by endpoint. */
export function callsByEndpoint(metrics: ModelMetrics): Map<string, number> {
  const calls = new Map<string, number>();
  for (const row of metrics.byVariant) {
    calls.set(row.endpoint, (calls.get(row.endpoint) ?? 0) + row.calls);
  }
  return calls;
}
