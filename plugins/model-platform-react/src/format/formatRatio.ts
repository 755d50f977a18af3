/** A share of 0 to 1 in percent: `0 %`, `0.4 %`, `12 %`. @public */
export function formatRatio(ratio: number | undefined): string {
  if (ratio === undefined || !Number.isFinite(ratio)) return '–';
  const percent = ratio * 100;
  if (percent > 0 && percent < 0.01) return '< 0.01 %';
  let digits = 0;
  if (percent !== 0 && percent < 1) digits = 2;
  else if (percent < 10 && percent % 1 !== 0) digits = 1;
  return `${percent.toFixed(digits)} %`;
}
