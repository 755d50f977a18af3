import { MetricTrigger } from '@model-platform/plugin-model-platform-common';
import { parseDuration } from '../parseDuration';
import { MetricTriggerState } from './TriggerStates';

const COOLDOWN = '15m';
/** What a reading looks back on. */
export const OVER = '1m';
/** Looks are so far apart at most, or somebody was away. */
const AWAY_MS = 60_000;

/**
 * One reading of a trigger's figure: it acts once the figure was beyond its
 * bound for long enough, and not again before it has cleared and cooled down.
 * Between the bound and where it clears, nothing changes.
 */
export function stepMetricTrigger(
  trigger: MetricTrigger,
  before: MetricTriggerState | undefined,
  reading: { revision: number; value: number | undefined },
  now: Date,
): { state: MetricTriggerState; acts: boolean } {
  const { revision, value } = reading;
  const state: MetricTriggerState =
    before?.revision === revision
      ? { ...before }
      : // What another revision did says nothing of this one.
        { revision, actedAt: before?.actedAt };
  // What nobody saw is not known to have lasted.
  if (wasAway(trigger, state, now)) delete state.beyondSince;
  delete state.lastReadAt;
  if (value === undefined) {
    delete state.beyondSince;
    return { state, acts: false };
  }
  if (!isBeyond(trigger, value)) {
    if (isClear(trigger, value)) {
      delete state.beyondSince;
      delete state.actingSince;
    }
    if (state.beyondSince) state.lastReadAt = now.toISOString();
    return { state, acts: false };
  }
  state.lastReadAt = now.toISOString();
  state.beyondSince ??= state.lastReadAt;
  const acts =
    state.actingSince === undefined &&
    isOver(state.beyondSince, trigger.for, now) &&
    (state.actedAt === undefined ||
      isOver(state.actedAt, trigger.cooldown ?? COOLDOWN, now));
  if (acts) {
    state.actingSince = now.toISOString();
    state.actedAt = state.actingSince;
  }
  return { state, acts };
}

/** Longer than what this reading looks back on. */
function wasAway(
  { over = OVER }: MetricTrigger,
  { beyondSince, lastReadAt }: MetricTriggerState,
  now: Date,
): boolean {
  return (
    beyondSince !== undefined &&
    lastReadAt !== undefined &&
    now.getTime() - Date.parse(lastReadAt) >
      Math.max(millisecondsOf(over), AWAY_MS)
  );
}

function isBeyond({ above, below }: MetricTrigger, value: number): boolean {
  return (
    (above !== undefined && value > above) ||
    (below !== undefined && value < below)
  );
}

function isClear(
  { above, below, clears }: MetricTrigger,
  value: number,
): boolean {
  return above === undefined
    ? value >= (clears ?? below ?? value)
    : value <= (clears ?? above);
}

function isOver(since: string, duration: string, now: Date): boolean {
  return now.getTime() - Date.parse(since) >= millisecondsOf(duration);
}

/** Of a duration as the schema of triggers takes them. */
export function millisecondsOf(duration: string): number {
  return parseDuration(duration)?.toMillis() ?? 0;
}
