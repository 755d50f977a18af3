import {
  AnalysisResult,
  CanaryStatus,
} from '@model-platform/plugin-model-platform-common';
import { CanaryView, decided, firstStep, nextCanary } from './nextCanary';

const T0 = Date.parse('2026-11-26T12:00:00.000Z');
const after = (seconds: number) => new Date(T0 + seconds * 1000);

const strategy: CanaryView['strategy'] = {
  type: 'canary',
  steps: [
    { weight: 5, pause: '1m' },
    { weight: 50, waitForPerson: true },
  ],
  analysis: {
    minCalls: 10,
    waitAtMost: '5m',
    metrics: [{ metric: 'error_ratio', max: 0.05 }],
  },
};

const result = (verdict: AnalysisResult['verdict']): AnalysisResult => ({
  metric: 'error ratio',
  verdict,
  calls: 20,
  stableCalls: 380,
  message: `error ratio ${verdict}`,
});

const first = firstStep(
  { revision: 8, stableRevision: 7, stable: [] },
  strategy,
  after(0),
);

function look(
  canary: CanaryStatus,
  seconds: number,
  change: Partial<CanaryView> = {},
): CanaryStatus {
  return nextCanary(canary, {
    strategy,
    isPaused: false,
    isReady: true,
    isRouted: true,
    analysis: [result('passed')],
    countedUntil: after(seconds),
    readyTimeoutMs: 120_000,
    watchedSince: after(0),
    now: after(seconds),
    ...change,
  });
}

describe('nextCanary', () => {
  it('goes step by step, each from when its share is in force', () => {
    expect(first).toMatchObject({ step: 1, steps: 2, weight: 5 });
    expect(look(first, 3, { isRouted: false })).toMatchObject({
      waitsFor: 'route',
    });
    const begun = look(first, 5);
    expect(begun).toMatchObject({
      waitsFor: 'time',
      since: after(5).toISOString(),
      until: after(65).toISOString(),
    });
    expect(look(begun, 64)).toMatchObject({ step: 1, waitsFor: 'time' });
    const enough = {
      ...result('passed'),
      message: 'error ratio passed in the end',
    };
    const second = look(begun, 65, { analysis: [enough] });
    expect(second).toMatchObject({
      step: 2,
      weight: 50,
      waitsFor: 'route',
      analysis: [],
      // As it was judged in the end, not at the look before.
      reason: 'Step 1 passed: error ratio passed in the end',
    });
    expect(second.since).toBeUndefined();

    const waiting = look(look(second, 66), 67);
    expect(waiting).toMatchObject({ step: 2, waitsFor: 'person' });
    const decision = { revision: 8, by: 'user:default/mira', at: '' };
    // What was said of another step or revision is none of this one's.
    for (const other of [
      { ...decision, verdict: 'advance' as const, step: 1 },
      { ...decision, verdict: 'advance' as const, step: 2, revision: 9 },
    ]) {
      expect(look(waiting, 900, { decision: other }).waitsFor).toBe('person');
    }
    expect(
      look(waiting, 901, {
        decision: { ...decision, verdict: 'advance', step: 2 },
      }),
    ).toMatchObject({
      phase: 'promoted',
      reason: 'all 2 steps passed; error ratio passed',
      endedAt: after(901).toISOString(),
    });
  });

  it('rolls back at once what fails, whatever is left of the pause', () => {
    const failed = look(look(first, 5), 20, { analysis: [result('failed')] });
    expect(failed).toMatchObject({
      phase: 'rolled-back',
      reason: 'error ratio failed at step 1 of 2',
      step: 1,
    });
    expect(look(failed, 30)).toBe(failed);
  });

  it('waits for figures of the whole pause and for calls, but not for ever', () => {
    const begun = look(first, 5);
    const early = { countedUntil: after(64) };
    expect(look(begun, 70, early)).toMatchObject({
      step: 1,
      waitsFor: 'figures',
    });
    expect(look(begun, 366, early)).toMatchObject({
      phase: 'rolled-back',
      reason: 'no figures came in time',
    });
    const few = { analysis: [result('waiting')] };
    expect(look(begun, 70, few)).toMatchObject({ step: 1, waitsFor: 'calls' });
    expect(look(begun, 366, few)).toMatchObject({
      phase: 'rolled-back',
      reason: 'too little to judge by in time: error ratio waiting',
    });
    // Nobody looked for an hour: it is given as long as ever.
    const away = { ...few, watchedSince: after(3_600) };
    expect(look(begun, 3_601, away)).toMatchObject({ waitsFor: 'calls' });
    expect(look(begun, 3_901, away).phase).toBe('rolled-back');
  });

  it('does not take back what was shown while it waits for a person', () => {
    const second = look(look(look(first, 5), 65), 66);
    const waiting = look(second, 67);
    expect(waiting).toMatchObject({ step: 2, waitsFor: 'person' });
    // Hours later the store of figures is away for a moment, or forgets.
    const away = look(waiting, 36_000, { countedUntil: undefined });
    expect(away).toMatchObject({ phase: 'progressing', waitsFor: 'person' });
    const few = { analysis: [result('waiting')] };
    expect(look(away, 36_001, few)).toMatchObject({
      ...{ phase: 'progressing', waitsFor: 'person' },
    });
    // Nor does a runner that is down for a moment, meanwhile or not.
    const down = look(away, 36_001, { isReady: false });
    expect(down).toMatchObject({ phase: 'progressing', waitsFor: 'runners' });
    expect(look(down, 36_004, { countedUntil: undefined })).toMatchObject({
      ...{ phase: 'progressing', waitsFor: 'person' },
    });
    // What a pause makes begin anew has everything to show again.
    const paused = look(waiting, 36_001, { isPaused: true });
    expect(look(look(paused, 36_002), 36_003, few).waitsFor).toBe('calls');
    const failing = { analysis: [result('failed')] };
    expect(look(away, 36_002, failing).phase).toBe('rolled-back');
  });

  it('goes on when a person says so, whatever figures are gone by then', () => {
    const waiting = look(look(look(look(first, 5), 65), 66), 67);
    const resumed = {
      decision: {
        ...{ verdict: 'advance' as const, revision: 8, step: 2 },
        ...{ by: 'user:default/mira', at: '' },
      },
    };
    const gone = [
      { countedUntil: undefined },
      { countedUntil: after(60) },
      { analysis: [result('waiting')] },
    ];
    for (const change of gone) {
      expect(look(waiting, 900, change).waitsFor).toBe('person');
      expect(look(waiting, 901, { ...change, ...resumed }).phase).toBe(
        'promoted',
      );
    }
    expect(
      look(waiting, 901, { ...resumed, analysis: [result('failed')] }).phase,
    ).toBe('rolled-back');
    // Said before anything was shown, it skips nothing.
    const early = look(look(look(first, 5), 65), 66);
    expect(
      look(early, 67, { ...resumed, countedUntil: after(60) }).waitsFor,
    ).toBe('figures');
  });

  it('gives no further share while its runners are down, and ends if they stay so', () => {
    const begun = look(first, 5);
    const down = { isReady: false, runnersSay: 'out of memory' };
    const unready = look(begun, 10, down);
    expect(unready).toMatchObject({
      waitsFor: 'runners',
      unreadySince: after(10).toISOString(),
    });
    expect(look(unready, 20).unreadySince).toBeUndefined();
    expect(look(unready, 131, down)).toMatchObject({
      phase: 'rolled-back',
      reason: 'its runners were not ready for 121 s: out of memory',
    });
    // Nobody looked meanwhile, or a person held everything.
    const away = { ...down, watchedSince: after(3_600) };
    const seen = look(unready, 3_700, away);
    expect(seen).toMatchObject({ phase: 'progressing', waitsFor: 'runners' });
    expect(look(seen, 3_721, away).phase).toBe('rolled-back');
    const paused = look(unready, 20, { ...down, isPaused: true });
    expect(look(paused, 900, down)).toMatchObject({
      ...{ phase: 'progressing', waitsFor: 'runners' },
      unreadySince: after(900).toISOString(),
    });
  });

  it('does what a person says: pause, promote, abort', () => {
    const begun = look(first, 5);
    const paused = look(begun, 900, {
      isPaused: true,
      analysis: [result('failed')],
    });
    expect(paused).toMatchObject({
      phase: 'progressing',
      step: 1,
      waitsFor: 'resume',
      analysis: [{ verdict: 'failed' }],
    });
    // Afterwards the step begins anew.
    expect(look(paused, 3_600)).toMatchObject({
      waitsFor: 'time',
      since: after(3_600).toISOString(),
      analysis: [],
    });
    const decision = {
      revision: 8,
      by: 'user:default/mira',
      at: '',
      reason: 'seen enough',
    };
    expect(
      look(begun, 6, { decision: { ...decision, verdict: 'promote' } }),
    ).toMatchObject({
      phase: 'promoted',
      reason: 'promoted by user:default/mira: seen enough',
    });
    expect(
      decided(first, { ...decision, verdict: 'abort' }, after(1)),
    ).toMatchObject({
      phase: 'rolled-back',
      reason: 'aborted by user:default/mira: seen enough',
    });
    expect(
      decided(first, { ...decision, verdict: 'abort', revision: 7 }, after(1)),
    ).toBeUndefined();
  });
});
