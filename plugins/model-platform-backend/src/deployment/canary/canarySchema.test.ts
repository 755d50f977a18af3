import { parseDeploymentSpec } from '../spec/parseDeploymentSpec';
import { analysisProblems } from './canarySchema';

const canary = (strategy: object, more: object = {}) =>
  parseDeploymentSpec('iris', {
    system: 'plant-catalogue',
    environment: 'local',
    model: 'iris',
    strategy: { type: 'canary', ...strategy },
    ...more,
  });

const fields = (found: ReturnType<typeof canary>) =>
  found.problems.map(({ field }) => field);

describe('the strategy canary', () => {
  it('takes steps to a tenth of a percent, and bounds', () => {
    const { spec, problems } = canary({
      steps: [
        { weight: 0.1, pause: '30s' },
        { weight: 33.3, pause: '2h', waitForPerson: true },
      ],
      analysis: {
        metrics: [
          { metric: 'latency', againstStable: { maxRatio: 1.5 } },
          { metric: 'offers_accepted_total', min: 0 },
        ],
      },
    });
    expect(problems).toEqual([]);
    const catalogue = (name: string) =>
      name === 'offers_accepted_total'
        ? {
            name,
            type: 'counter' as const,
            description: '',
            better: 'higher' as const,
          }
        : undefined;
    expect(analysisProblems(spec!, catalogue)).toEqual([]);
    expect(analysisProblems(spec!, () => undefined)).toMatchObject([
      { field: 'spec.strategy.analysis.metrics[1].metric' },
    ]);
  });

  it.each<[string, object, object]>([
    ['spec.strategy.steps', {}, {}],
    ['spec.strategy.steps[0].weight', { steps: [{ weight: 100 }] }, {}],
    ['spec.strategy.steps[0].weight', { steps: [{ weight: 0.05 }] }, {}],
    [
      'spec.strategy.steps[0].pause',
      { steps: [{ weight: 1, pause: '5' }] },
      {},
    ],
    [
      'spec.strategy.steps[1].weight',
      { steps: [{ weight: 20 }, { weight: 10 }] },
      {},
    ],
    [
      'spec.strategy.analysis.metrics[0]',
      {
        steps: [{ weight: 1 }],
        analysis: { metrics: [{ metric: 'latency' }] },
      },
      {},
    ],
    [
      'spec.variants',
      { steps: [{ weight: 1 }] },
      {
        variants: [
          { name: 'a', version: { number: 1 }, weight: 50 },
          { name: 'b', version: { number: 2 }, weight: 50 },
        ],
      },
    ],
    ['spec.strategy.steps', { type: 'single', steps: [{ weight: 1 }] }, {}],
  ])('refuses by %s', (field, strategy, more) => {
    expect(fields(canary(strategy, more))).toEqual([field]);
  });
});
