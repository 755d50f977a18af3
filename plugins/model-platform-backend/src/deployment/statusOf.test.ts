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
