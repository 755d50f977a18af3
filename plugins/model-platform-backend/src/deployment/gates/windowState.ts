import {
  Weekday,
  WindowGate,
} from '@model-platform/plugin-model-platform-common';
import { DateTime } from 'luxon';

const DAYS: Weekday[] = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Whether a window is open, and until when; or when it opens next. */
export function windowState(
  window: WindowGate,
  now: Date,
): { open: boolean; until: DateTime } {
  const here = DateTime.fromJSDate(now, { zone: window.timezone });
  // From yesterday, whose window may reach into today.
  for (let day = -1; ; day += 1) {
    const date = here.startOf('day').plus({ days: day });
    const days = window.days ?? DAYS;
    if (!days.includes(DAYS[date.weekday - 1])) continue;
    const opens = at(date, window.from);
    const closes = at(
      window.to > window.from ? date : date.plus({ days: 1 }),
      window.to,
    );
    if (here < opens) return { open: false, until: opens };
    if (here < closes) return { open: true, until: closes };
  }
}

/** On the clock of that day, also where it is put forward or back. */
function at(date: DateTime, time: string): DateTime {
  const [hour, minute] = time.split(':').map(Number);
  return date.set({ hour, minute });
}
