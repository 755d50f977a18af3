const amount = new Intl.NumberFormat('en', { maximumFractionDigits: 2 });
const fraction = new Intl.NumberFormat('en', { maximumFractionDigits: 4 });

/** A measured value with its unit: `1,204.5 euros`. @public */
export function formatAmount(value: number | undefined, unit?: string): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  const text = (Math.abs(value) < 1 ? fraction : amount).format(value);
  return unit ? `${text} ${unit}` : text;
}
