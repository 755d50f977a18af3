import { Duration } from 'luxon';

const UNITS = {
  s: 'seconds',
  m: 'minutes',
  h: 'hours',
  d: 'days',
  w: 'weeks',
} as const;

/** How durations are written: `30s`, `5m`, `2h`, `1d`, `1w`. */
export const DURATION = /^(\d{1,6})([smhdw])$/;

/** Milliseconds of a duration that `DURATION` matches. */
export function durationMs(text: string): number {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return Duration.fromObject({
    [UNITS[unit as keyof typeof UNITS]]: Number(count),
  }).toMillis();
}
