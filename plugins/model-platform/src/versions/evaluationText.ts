import { formatAmount } from '@model-platform/plugin-model-platform-react';

/** `accuracy 0.97, log_loss 0.14`: the first few metrics of an evaluation. */
export function evaluationText(
  evaluation: Record<string, number> | undefined,
  most = 3,
): string {
  const metrics = Object.entries(evaluation ?? {});
  const shown = metrics
    .slice(0, most)
    .map(([name, value]) => `${name} ${formatAmount(value)}`);
  if (metrics.length > most) shown.push(`${metrics.length - most} more`);
  return shown.join(', ');
}
