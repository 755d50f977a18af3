const MAX_METRICS = 1000;
const MAX_NAME = 255;

/** The numbers among what a file has for metrics; absent where it has none. */
export function evaluationOf(
  given: unknown,
): Record<string, number> | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return undefined;
  }
  const metrics = Object.entries(given).flatMap(([name, value]) => {
    const number =
      typeof value === 'string' && value.trim() ? Number(value) : value;
    return typeof number === 'number' &&
      Number.isFinite(number) &&
      name.length > 0 &&
      name.length <= MAX_NAME
      ? [[name, number] as const]
      : [];
  });
  return metrics.length > 0 && metrics.length <= MAX_METRICS
    ? Object.fromEntries(metrics)
    : undefined;
}
