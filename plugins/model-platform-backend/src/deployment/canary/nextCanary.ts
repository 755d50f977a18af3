import {
  AnalysisResult,
  CanaryStatus,
  DeploymentSpec,
} from '@model-platform/plugin-model-platform-common';
import { parseDuration } from '../spec/parseDuration';
import { CanaryDecision } from './CanaryDecision';

const DEFAULT_WAIT_AT_MOST = '1h';

type Strategy = NonNullable<DeploymentSpec['strategy']>;

/** What there is to know when a canary is looked at. */
export interface CanaryView {
  strategy: Strategy;
  decision?: CanaryDecision;
  /** A person holds everything. */
  isPaused: boolean;
  /** Whether the new revision's runners are ready; else what they say. */
  isReady: boolean;
  runnersSay?: string;
  /** Whether the share of this step reaches the new revision. */
  isRouted: boolean;
  /** Of this step so far. */
  analysis: AnalysisResult[];
  /** Until when calls are counted. */
  countedUntil?: Date;
  /** How long runners may take to be ready again, milliseconds. */
  readyTimeoutMs: number;
  /** Since when somebody looks: what nobody saw is not held against a revision. */
  watchedSince: Date;
  now: Date;
}

/** The first step, of which nothing is in force yet. */
export function firstStep(
  begin: Pick<CanaryStatus, 'revision' | 'stableRevision' | 'stable'>,
  { steps = [] }: Strategy,
  now: Date,
): CanaryStatus {
  return {
    ...begin,
    phase: 'progressing',
    step: 1,
    steps: steps.length,
    weight: steps[0]?.weight ?? 0,
    startedAt: now.toISOString(),
    waitsFor: 'route',
    analysis: [],
  };
}

/** What a person decided, where that ends it. */
export function decided(
  canary: CanaryStatus,
  decision: CanaryDecision | undefined,
  now: Date,
): CanaryStatus | undefined {
  if (
    canary.phase !== 'progressing' ||
    decision?.revision !== canary.revision ||
    decision.verdict === 'advance'
  ) {
    return undefined;
  }
  const why = decision.reason ? `: ${decision.reason}` : '';
  return decision.verdict === 'promote'
    ? ended(canary, 'promoted', `promoted by ${decision.by}${why}`, now)
    : ended(canary, 'rolled-back', `aborted by ${decision.by}${why}`, now);
}

/**
 * Where a canary stands after one more look. Whatever happened in between, the
 * same state and the same view give the same answer.
 */
export function nextCanary(
  canary: CanaryStatus,
  view: CanaryView,
): CanaryStatus {
  const { strategy, now, analysis } = view;
  if (canary.phase !== 'progressing') {
    return canary;
  }
  const byPerson = decided(canary, view.decision, now);
  if (byPerson) {
    return byPerson;
  }
  const stays = (
    waitsFor: CanaryStatus['waitsFor'],
    more: Partial<CanaryStatus> = {},
  ): CanaryStatus => ({
    ...canary,
    analysis,
    unreadySince: undefined,
    ...more,
    waitsFor,
  });
  if (view.isPaused) {
    // Nobody judged by its time.
    return { ...anew(canary), analysis, waitsFor: 'resume' };
  }
  if (!view.isReady) {
    return unready(canary, view, stays);
  }
  if (canary.since === undefined) {
    return view.isRouted ? stays('time', begun(view, canary)) : stays('route');
  }
  const failed = analysis.filter(({ verdict }) => verdict === 'failed');
  if (failed.length > 0) {
    return ended(
      { ...canary, analysis },
      'rolled-back',
      `${messages(failed)} at step ${canary.step} of ${canary.steps}`,
      now,
    );
  }
  const until = pauseEnd(canary.since, strategy, canary.step);
  if (now < until) {
    return stays('time');
  }
  // It has shown enough once: only what fails takes that back.
  const hasShown = canary.shownAt !== undefined;
  // Then a person's word is enough, also where the figures are gone by now.
  const isResumed = hasShown && mayAdvance(canary, view.decision);
  const late =
    !hasShown &&
    now.getTime() >
      Math.max(until.getTime(), view.watchedSince.getTime()) +
        milliseconds(strategy.analysis?.waitAtMost ?? DEFAULT_WAIT_AT_MOST);
  if (
    !isResumed &&
    strategy.analysis &&
    !(view.countedUntil && view.countedUntil >= until)
  ) {
    return late
      ? ended(canary, 'rolled-back', 'no figures came in time', now)
      : stays(hasShown ? 'person' : 'figures');
  }
  const waiting = analysis.filter(({ verdict }) => verdict === 'waiting');
  if (!isResumed && waiting.length > 0) {
    return late
      ? ended(
          { ...canary, analysis },
          'rolled-back',
          `too little to judge by in time: ${messages(waiting)}`,
          now,
        )
      : stays(hasShown ? 'person' : 'calls');
  }
  const step = strategy.steps?.[canary.step - 1];
  if (step?.waitForPerson && !mayAdvance(canary, view.decision)) {
    return stays('person', { shownAt: canary.shownAt ?? now.toISOString() });
  }
  const next = strategy.steps?.[canary.step];
  return next
    ? {
        ...anew(canary),
        step: canary.step + 1,
        weight: next.weight,
        waitsFor: 'route',
        analysis: [],
        reason: passed(`Step ${canary.step} passed`, ': ', analysis),
      }
    : ended(
        { ...canary, analysis },
        'promoted',
        passed(`all ${canary.steps} steps passed`, '; ', analysis),
        now,
      );
}

/** What there was to judge by; not what came too late for a person. */
function passed(
  what: string,
  separator: string,
  analysis: AnalysisResult[],
): string {
  const shown = analysis.filter(({ verdict }) => verdict !== 'waiting');
  return shown.length > 0 ? `${what}${separator}${messages(shown)}` : what;
}

/** What is off takes no step; one that was under way begins anew. */
export function whileOff(
  canary: CanaryStatus | undefined,
): CanaryStatus | undefined {
  return canary?.phase === 'progressing'
    ? { ...anew(canary), analysis: [], waitsFor: 'route' }
    : canary;
}

/** As before its step began. */
function anew(canary: CanaryStatus): CanaryStatus {
  return {
    ...canary,
    since: undefined,
    until: undefined,
    unreadySince: undefined,
    shownAt: undefined,
  };
}

function unready(
  canary: CanaryStatus,
  { now, runnersSay, readyTimeoutMs, watchedSince }: CanaryView,
  stays: (
    waitsFor: CanaryStatus['waitsFor'],
    more: Partial<CanaryStatus>,
  ) => CanaryStatus,
): CanaryStatus {
  const unreadySince = canary.unreadySince ?? now.toISOString();
  const since = Math.max(Date.parse(unreadySince), watchedSince.getTime());
  const seconds = (now.getTime() - since) / 1000;
  return seconds * 1000 > readyTimeoutMs
    ? ended(
        canary,
        'rolled-back',
        `its runners were not ready for ${Math.round(seconds)} s${
          runnersSay ? `: ${runnersSay}` : ''
        }`,
        now,
      )
    : stays('runners', { unreadySince });
}

function begun(
  { now, strategy }: CanaryView,
  { step }: CanaryStatus,
): Partial<CanaryStatus> {
  const since = now.toISOString();
  return {
    since,
    until: pauseEnd(since, strategy, step).toISOString(),
    analysis: [],
  };
}

function ended(
  canary: CanaryStatus,
  phase: 'promoted' | 'rolled-back',
  reason: string,
  now: Date,
): CanaryStatus {
  return {
    ...canary,
    phase,
    reason,
    endedAt: now.toISOString(),
    waitsFor: undefined,
    until: undefined,
  };
}

function mayAdvance(
  { revision, step }: CanaryStatus,
  decision: CanaryDecision | undefined,
): boolean {
  return (
    decision?.verdict === 'advance' &&
    decision.revision === revision &&
    decision.step === step
  );
}

function pauseEnd(since: string, { steps }: Strategy, step: number): Date {
  return new Date(
    Date.parse(since) + milliseconds(steps?.[step - 1]?.pause ?? '0s'),
  );
}

function milliseconds(duration: string): number {
  return parseDuration(duration)?.toMillis() ?? 0;
}

function messages(results: AnalysisResult[]): string {
  return results.map(({ message }) => message).join('; ');
}
