import { Duration } from 'luxon';

const UNITS = {
  s: 'seconds',
  m: 'minutes',
  h: 'hours',
  d: 'days',
  w: 'weeks',
} as const;

/** How durations are written. */
export const DURATION = /^(\d{1,6})([smhdw])$/;

/** `30s`, `10m`, `2h`, `1d` or `1w`; undefined where it is none. */
export function parseDuration(given: string): Duration | undefined {
  const [, count, unit] = DURATION.exec(given) ?? [];
  return unit
    ? Duration.fromObject({
        [UNITS[unit as keyof typeof UNITS]]: Number(count),
      })
    : undefined;
}
