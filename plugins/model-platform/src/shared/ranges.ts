/** Time ranges that pages offer, with how one says the period before. */
export const RANGES = {
  '1h': { title: '1 hour', before: 'the hour before' },
  '24h': { title: '24 hours', before: 'the 24 hours before' },
  '7d': { title: '7 days', before: 'the 7 days before' },
  '30d': { title: '30 days', before: 'the 30 days before' },
  '90d': { title: '90 days', before: 'the 90 days before' },
} as const;

export type Range = keyof typeof RANGES;
export type KpiRange = '7d' | '30d' | '90d';

export const KPI_RANGES: KpiRange[] = ['7d', '30d', '90d'];
export const METRIC_RANGES: Range[] = ['1h', '24h', '7d', '30d', '90d'];

/** The value if it is one of `offered`, else `otherwise`. */
export function rangeOf<R extends Range>(
  value: string | undefined,
  offered: readonly R[],
  otherwise: R,
): R {
  return offered.find(range => range === value) ?? otherwise;
}
