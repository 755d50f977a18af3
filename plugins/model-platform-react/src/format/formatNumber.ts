const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const small = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const compact = new Intl.NumberFormat('en', {
  notation: 'compact',
  maximumFractionDigits: 1,
});

/** `1,234`; `56.8K` from 10,000 on; `–` for what is not known. @public */
export function formatNumber(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 10_000) return compact.format(value);
  return Number.isInteger(value) || Math.abs(value) >= 100
    ? whole.format(value)
    : small.format(value);
}
