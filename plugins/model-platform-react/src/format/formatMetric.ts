import { formatNumber } from './formatNumber';

/** A metric's value with its unit, where it has one. @public */
export function formatMetric(value: number | undefined, unit?: string): string {
  const text = formatNumber(value);
  return unit && value !== undefined ? `${text} ${unit}` : text;
}
