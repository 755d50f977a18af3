import {
  DeploymentPhase,
  RunnerStatus,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentRecord } from './DeploymentStore';
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
