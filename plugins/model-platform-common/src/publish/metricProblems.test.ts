import { CustomMetric } from '../types';
import { metricProblems } from './metricProblems';

const counter = (name: string, labels?: string[]): CustomMetric => ({
  name,
  type: 'counter',
  labels,
});

describe('the business metrics that a version declares', () => {
  it.each([
    [[counter('offers_total', ['channel']), counter('refusals_total')], []],
    [[counter('process_cpu_seconds_total')], ['metrics[0].name']],
    [[counter('gen_ai_client_tokens')], ['metrics[0].name']],
    [[counter('offers', ['le'])], ['metrics[0].labels']],
    [
      [counter('offers', ['__name__', 'code'])],
      Array(2).fill('metrics[0].labels'),
    ],
    [[counter('offers'), counter('offers_total')], ['metrics[1].name']],
    [
      [{ name: 'age', type: 'histogram' as const }, counter('age_sum')],
      ['metrics[1].name'],
    ],
  ])(
    '%j are refused by field where no runner could count them',
    (metrics, fields) => {
      expect(metricProblems(metrics).map(({ field }) => field)).toEqual(fields);
    },
  );
});
