import { sampleDeployment } from '../__testUtils__/samples';
import { replicasText } from './replicasText';

describe('replicasText', () => {
  const [runner] = sampleDeployment().runners;

  it.each([
    ['1 of 1', {}],
    // Of what is tried beside it, none counts.
    ['1 of 1', { runners: [runner, { ...runner, revision: 3 }] }],
    [
      '1 of 2',
      { runners: [runner, { ...runner, phase: 'starting' as const }] },
    ],
    ['asleep', { replicas: { ready: 0, asleep: true } }],
    [
      '1 (1–4 a variant)',
      { replicas: { ready: 1, asleep: false, min: 1, max: 4 } },
    ],
    ['none', { servingRevision: undefined, runners: [] }],
  ])('is %s of %j', (text, fields) => {
    expect(replicasText(sampleDeployment(fields))).toBe(text);
  });
});
