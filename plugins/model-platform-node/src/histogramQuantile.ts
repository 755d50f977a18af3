/** How many observations were at most `le`. */
export interface HistogramBucket {
  le: number;
  count: number;
}

/**
 * A quantile of a histogram, by linear interpolation within the bucket it
 * falls into, as PromQL's `histogram_quantile` does: in the highest bucket
 * (`+Inf`) it is the bound below, in the lowest one the bucket starts at 0.
 *
 * @param buckets - cumulative, in any order, with one of `le` `Infinity`
 * @returns undefined where there were no observations
 */
export function histogramQuantile(
  quantile: number,
  buckets: HistogramBucket[],
): number | undefined {
  const sorted = buckets
    .map(bucket => ({ ...bucket }))
    .sort((a, b) => a.le - b.le);
  const total = sorted.at(-1);
  if (
    !total ||
    total.le !== Infinity ||
    total.count <= 0 ||
    sorted.length < 2
  ) {
    return undefined;
  }
  // Buckets are read one after the other; a sample in between must not make them decrease.
  let highest = 0;
  for (const bucket of sorted) {
    highest = Math.max(highest, bucket.count);
    bucket.count = highest;
  }
  const rank = Math.min(Math.max(quantile, 0), 1) * total.count;
  const index = sorted.findIndex(bucket => bucket.count >= rank);
  if (index === sorted.length - 1) {
    return sorted[sorted.length - 2].le;
  }
  const upper = sorted[index];
  if (index === 0 && upper.le <= 0) {
    return upper.le;
  }
  const lower = index === 0 ? { le: 0, count: 0 } : sorted[index - 1];
  const inBucket = upper.count - lower.count;
  if (inBucket <= 0) {
    return upper.le;
  }
  return lower.le + (upper.le - lower.le) * ((rank - lower.count) / inBucket);
}
