import { createHash } from 'node:crypto';
import { TrafficPlan, trafficPlanSchema } from './TrafficPlan';

/**
 * SHA-256 (hex) of a traffic plan with its defaults filled in, whatever the
 * order of its keys: what a driver wants and what a host has in force are the
 * same plan where these are equal.
 */
export function trafficPlanHash(plan: TrafficPlan): string {
  return createHash('sha256').update(canonical(trafficPlanSchema.parse(plan))).digest('hex');
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
