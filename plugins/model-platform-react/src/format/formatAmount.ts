const amount = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });

/** A measured value with its unit: `1,204.5 euros`. @public */
export function formatAmount(value: number | undefined, unit?: string): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return unit ? `${amount.format(value)} ${unit}` : amount.format(value);
}
