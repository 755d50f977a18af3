import { InputError } from '@backstage/errors';
import { TimeRange } from '@model-platform/plugin-model-platform-common';

const HOUR = 3_600;
const DAY = 86_400;

const RANGES: Record<string, { seconds: number; step: number }> = {
  '1h': { seconds: HOUR, step: 60 },
  '24h': { seconds: DAY, step: 1_800 },
  '7d': { seconds: 7 * DAY, step: 6 * HOUR },
  '30d': { seconds: 30 * DAY, step: DAY },
  '90d': { seconds: 90 * DAY, step: DAY },
};

/** A range of time with the one of the same length before it. */
export interface Period {
  start: Date;
  end: Date;
  previousStart: Date;
  stepSeconds: number;
  range: TimeRange;
}

/**
 * The period that a range such as `7d` means now. It starts at a whole step,
 * so that the bars of a chart stay where they are while time goes on.
 *
 * Throws `InputError`.
 */
export function parsePeriod(
  value: unknown,
  allowed: string[],
  now: Date,
): Period {
  const name = value === undefined || value === '' ? allowed[0] : String(value);
  if (!allowed.includes(name)) {
    throw new InputError(
      `range must be one of ${allowed.join(', ')}, not '${name}'`,
    );
  }
  const { seconds, step } = RANGES[name];
  const end = now.getTime() / 1000;
  const start = Math.floor((end - seconds) / step) * step;
  const date = (unix: number) => new Date(unix * 1000);
  return {
    start: date(start),
    end: now,
    previousStart: date(start - seconds),
    stepSeconds: step,
    range: {
      from: date(start).toISOString(),
      to: now.toISOString(),
      stepSeconds: step,
    },
  };
}
