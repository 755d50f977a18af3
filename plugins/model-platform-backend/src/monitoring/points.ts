import { Figure, Point } from '@model-platform/plugin-model-platform-common';
import { MetricSeries } from '@model-platform/plugin-model-platform-node';
import { Period } from './timeRanges';

/** Sums of several series, one point for each step of the period, 0 where nothing was counted. */
export function sumPoints(series: MetricSeries[], period: Period): Point[] {
  const sums = new Map<number, number>();
  for (const { points } of series) {
    for (const [at, value] of points) {
      sums.set(at, (sums.get(at) ?? 0) + value);
    }
  }
  const points: Point[] = [];
  for (
    let at = period.start.getTime();
    at < period.end.getTime();
    at += period.stepSeconds * 1000
  ) {
    points.push([new Date(at).toISOString(), sums.get(at) ?? 0]);
  }
  return points;
}

/** Points as they are; steps without data are left out. */
export function toPoints(series: MetricSeries | undefined): Point[] {
  return (series?.points ?? []).map(([at, value]) => [
    new Date(at).toISOString(),
    value,
  ]);
}

export function ratio(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

export function figure(
  value: number | undefined,
  previous: number | undefined,
): Figure {
  return { value, previous };
}
