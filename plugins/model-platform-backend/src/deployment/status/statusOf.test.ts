import {
  CanaryStatus,
  DeploymentPhase,
  RunnerStatus,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RolloutOutcome } from '../rollout/RolloutOutcome';
import { statusOf } from './statusOf';

const record: DeploymentRecord = {
  id: 'd1',
  name: 'churn',
  modelId: 'm1',
  model: 'churn',
  modelSlug: 'churn',
  system: 'customer-care',
  owner: 'group:default/crm',
  environment: 'local',
  spec: { system: 'customer-care', environment: 'local', model: 'churn' },
  generation: 1,
  changes: 1,
  tokenChanges: 0,
  source: 'api',
  overrides: [],
  off: false,
  deleting: false,
  revision: 5,
  servingRevision: 5,
  rolloutStartedAt: '2026-03-02T09:00:00.000Z',
  watched: {},
  gates: [],
  drift: [],
  phase: 'Ready',
  conditions: [],
  runners: [],
  createdAt: '2026-03-02T09:00:00.000Z',
  updatedAt: '2026-03-02T09:00:00.000Z',
  updatedBy: 'user:default/mira',
};

/** Of runners that have had all the time they may take to start. */
function phaseOf(variants: Record<string, Array<RunnerStatus['phase']>>) {
  const runners = Object.entries(variants).flatMap(([variant, phases]) =>
    phases.map((phase, index) => ({
      id: `churn--r5-${variant}-${index}`,
      variant,
      version: 1,
      revision: 5,
      phase,
      restarts: 0,
    })),
  );
  const { phase, conditions } = statusOf(
    record,
    {
      observed: { runners, routedRevision: 5 },
      serving: 5,
      rolloutStartedAt: record.rolloutStartedAt,
      overdue: true,
      settled: false,
    },
    { now: new Date('2026-03-02T10:00:00.000Z'), drift: [] },
  );
  const available = conditions.find(({ type }) => type === 'Available');
  return [phase, available?.status];
}

describe('statusOf', () => {
  it('takes a runner that comes with the load for no fault, and one that fails for one', () => {
    const phaseWith = (further: Partial<RunnerStatus>, isReady: boolean) => {
      const runner = { variant: 'main', version: 1, revision: 5, restarts: 0 };
      const runners: RunnerStatus[] = [
        { ...runner, id: 'churn--r5-main-0', phase: 'ready' },
        { ...runner, id: 'churn--r5-main-1', phase: 'starting', ...further },
      ];
      const outcome = {
        observed: { runners, routedRevision: 5 },
        serving: 5,
        isReady,
        settled: false,
      };
      const now = new Date('2026-03-02T10:00:00.000Z');
      return statusOf(record, outcome, { now, drift: [] }).phase;
    };
    expect(phaseWith({}, true)).toBe('Ready');
    // There must always be two.
    expect(phaseWith({}, false)).toBe('Degraded');
    expect(phaseWith({ restarts: 1 }, true)).toBe('Degraded');
    expect(phaseWith({ message: 'The cluster has no room' }, true)).toBe(
      'Degraded',
    );
    expect(phaseWith({ phase: 'failed' }, true)).toBe('Degraded');
  });

  it('is not available where runners are ready and calls do not get there', () => {
    const message = 'The Gateway gateways/public does not lead callers there';
    const ready: RunnerStatus = {
      id: 'churn--r5-main-0',
      variant: 'main',
      version: 1,
      revision: 5,
      restarts: 0,
      phase: 'ready',
    };
    const status = statusOf(
      record,
      {
        observed: { runners: [ready], routedRevision: 5, message },
        serving: 5,
        isReady: true,
        settled: true,
      },
      { now: new Date('2026-03-02T10:00:00.000Z'), drift: [] },
    );
    expect(status.phase).toBe('Failed');
    expect(
      status.conditions.map(({ type, status: is, reason, message: said }) => [
        type,
        is,
        reason,
        said,
      ]),
    ).toEqual([
      ['Available', 'False', 'NoTraffic', message],
      ['Progressing', 'False', 'Waiting', 'It is looked at again'],
      ['Degraded', 'True', 'NoTraffic', message],
    ]);
  });

  describe('where no caller is let in beside a revision that is tried', () => {
    const message = 'No Gateway is ready';
    const runner = { variant: 'main', version: 1, restarts: 0 };
    const canary: CanaryStatus = {
      phase: 'progressing',
      revision: 6,
      stableRevision: 5,
      stable: [],
      step: 1,
      steps: 2,
      weight: 5,
      startedAt: '2026-03-02T09:00:00.000Z',
      waitsFor: 'route',
      analysis: [],
    };
    const tried = (outcome: Partial<RolloutOutcome>, said?: string) => {
      const { phase, conditions } = statusOf(
        { ...record, revision: 6, canary: outcome.canary },
        {
          observed: {
            routedRevision: 5,
            message: said,
            runners: [
              {
                ...runner,
                id: 'churn--r5-main-0',
                revision: 5,
                phase: 'ready',
              },
              {
                ...runner,
                id: 'churn--r6-main-0',
                revision: 6,
                phase: 'starting',
              },
            ],
          },
          serving: 5,
          settled: false,
          ...outcome,
        },
        { now: new Date('2026-03-02T10:00:00.000Z'), drift: [] },
      );
      return {
        phase,
        ...Object.fromEntries(
          conditions.map(({ type, reason, message: told }) => [
            type,
            [reason, told],
          ]),
        ),
      };
    };
    const outcomes: Array<[string, Partial<RolloutOutcome>]> = [
      ['one that starts', {}],
      ['one that is late', { overdue: true }],
      ['one that is held', { isReady: true, isHeld: true }],
      ['a canary', { canary }],
      ['one that went back', { canary: { ...canary, phase: 'rolled-back' } }],
      [
        'one that was given up',
        { givenUp: { revision: 6, servingRevision: 5 } },
      ],
    ];

    it.each(outcomes)('says so of %s', (_, outcome) => {
      const status = tried(outcome, message);
      expect(status).toMatchObject({
        phase: 'Failed',
        Available: ['NoTraffic', message],
        Degraded: ['NoTraffic', message],
      });
      expect(JSON.stringify(status)).not.toContain('goes on serving');
      expect(tried(outcome).phase).not.toBe('Failed');
    });

    it('hides nothing else behind the steps of a canary', () => {
      expect(tried({ canary, impossible: 'No Python' })).toMatchObject({
        phase: 'Degraded',
        Degraded: ['RuntimeUnavailable', 'No Python'],
      });
      expect(tried({ canary })).toMatchObject({
        phase: 'Canary',
        Degraded: ['Canary', ''],
      });
    });
  });

  const cases: Array<
    [
      string,
      Record<string, Array<RunnerStatus['phase']>>,
      [DeploymentPhase, string],
    ]
  > = [
    // It wakes, too: calls are held until it is there.
    ['one that sleeps', { main: ['asleep', 'asleep'] }, ['Ready', 'True']],
    ['one with spares', { main: ['ready', 'asleep'] }, ['Ready', 'True']],
    [
      'spares of one that crashes',
      { main: ['failed', 'asleep', 'asleep', 'asleep'] },
      ['Failed', 'False'],
    ],
    [
      'spares of one that starts again',
      { main: ['starting', 'asleep'] },
      ['Failed', 'False'],
    ],
    [
      'one that drains beside what sleeps',
      { main: ['draining', 'asleep'] },
      ['Ready', 'True'],
    ],
    [
      'a variant that sleeps beside one that crashes',
      { main: ['failed', 'asleep'], other: ['asleep'] },
      ['Degraded', 'True'],
    ],
    // Kubernetes keeps a pod that was evicted to be looked at.
    [
      'one that took the place of one that ended',
      { main: ['ready', 'stopped'] },
      ['Ready', 'True'],
    ],
    [
      'nothing, once all have ended',
      { main: ['stopped'] },
      ['Failed', 'False'],
    ],
    [
      'a spare that crashes',
      { main: ['ready', 'failed', 'asleep'] },
      ['Degraded', 'True'],
    ],
  ];

  it.each(cases)('knows whether calls are answered by %s', (_, given, said) => {
    expect(phaseOf(given)).toEqual(said);
  });
});
