import { MetricTrigger } from '@model-platform/plugin-model-platform-common';
import { parseDuration } from '../spec/parseDuration';
import { MetricTriggerState } from './TriggerStates';

const COOLDOWN = '15m';
/** What a reading looks back on. */
export const OVER = '1m';
/** Looks are so far apart at most, or somebody was away. */
const AWAY_MS = 60_000;

/** What a trigger reads. */
export interface Reading {
  revision: number;
  /** Undefined where there is no figure. */
  value: number | undefined;
  /** All was counted, and yet there is none: nobody calls, or too few. */
  isSilent?: boolean;
}

/**
 * One reading of a trigger's figure: it acts once the figure was beyond its
 * bound for long enough, and not again before it has cleared and cooled down.
 * Between the bound and where it clears, nothing changes. Where nobody calls any
 * more it cannot clear: then what it did ends after a while.
 */
export function stepMetricTrigger(
  trigger: MetricTrigger,
  before: MetricTriggerState | undefined,
  reading: Reading,
  now: Date,
): { state: MetricTriggerState; acts: boolean } {
  const { revision, value, isSilent } = reading;
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
    fallSilent(trigger, state, isSilent ? now : undefined);
    return { state, acts: false };
  }
  delete state.silentSince;
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

/** @param now - undefined where it is not known that nobody calls */
function fallSilent(
  { for: lasts, over = OVER }: MetricTrigger,
  state: MetricTriggerState,
  now: Date | undefined,
): void {
  if (!now || state.actingSince === undefined) {
    delete state.silentSince;
    return;
  }
  state.silentSince ??= now.toISOString();
  if (
    isOver(state.silentSince, lasts, now) &&
    isOver(state.silentSince, over, now)
  ) {
    delete state.silentSince;
    delete state.actingSince;
  }
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
