import { judgeMetric } from './judgeMetric';

describe('judgeMetric', () => {
  it('says of which calls a bound is broken', () => {
    expect(
      judgeMetric(
        { metric: 'error_ratio', max: 0.05 },
        { canary: { calls: 412, value: 0.1232 } },
      ),
    ).toMatchObject({
      verdict: 'failed',
      value: 0.1232,
      calls: 412,
      message: 'error ratio 12.3 % of 412 calls, bound 5 %',
    });
    expect(
      judgeMetric(
        { metric: 'latency', quantile: 0.99, max: 0.3 },
        { canary: { calls: 50, value: 0.25 } },
      ),
    ).toMatchObject({
      verdict: 'passed',
      message: 'latency p99 250 ms of 50 calls',
    });
    expect(
      judgeMetric(
        { metric: 'offers_accepted_total', min: 0.2 },
        { canary: { calls: 200, value: 0.1234 } },
      ),
    ).toMatchObject({
      verdict: 'failed',
      message: 'offers_accepted_total 0.123 of 200 calls, bound at least 0.2',
    });
  });

  it('says nothing of too few calls, of either revision', () => {
    const metric = {
      metric: 'error_ratio',
      againstStable: { maxDifference: 0.01 },
    };
    expect(judgeMetric(metric, {}, 100)).toMatchObject({
      verdict: 'waiting',
      message: 'error ratio: 0 calls of the 100 needed of the new revision',
    });
    expect(
      judgeMetric(
        metric,
        {
          canary: { calls: 99, value: 1 },
          stable: { calls: 900, value: 0 },
        },
        100,
      ).verdict,
    ).toBe('waiting');
    expect(
      judgeMetric(
        metric,
        { canary: { calls: 100, value: 1 }, stable: { calls: 7, value: 0 } },
        100,
      ),
    ).toMatchObject({
      verdict: 'waiting',
      message:
        'error ratio 100 % of 100 calls; 7 calls of the 100 needed of the stable revision',
    });
    // What is out of bounds by itself needs no comparison.
    expect(
      judgeMetric(
        { ...metric, max: 0.5 },
        {
          canary: { calls: 100, value: 1 },
        },
      ).verdict,
    ).toBe('failed');
  });

  it.each([
    [{ maxDifference: 0.02 }, 0.04, 0.01, 'bound 2 % more'],
    [{ minDifference: 0.02 }, 0.01, 0.04, 'bound 2 % less'],
    [{ maxRatio: 2 }, 0.21, 0.1, 'bound 2 times that'],
    [{ minRatio: 0.5 }, 0.04, 0.1, 'bound at least 0.5 times that'],
  ])('compares by %p', (againstStable, value, stable, words) => {
    const judge = (own: number) =>
      judgeMetric(
        { metric: 'error_ratio', againstStable },
        {
          canary: { calls: 100, value: own },
          stable: { calls: 900, value: stable },
        },
      );
    expect(judge(value)).toMatchObject({
      verdict: 'failed',
      stableValue: stable,
      message: expect.stringContaining(
        `the stable revision has ${stable * 100} %, ${words}`,
      ),
    });
    expect(judge(stable).verdict).toBe('passed');
  });

  it('waits for a metric that was not counted yet', () => {
    expect(
      judgeMetric(
        { metric: 'queue_length', max: 5 },
        { canary: { calls: 80 } },
      ),
    ).toMatchObject({
      verdict: 'waiting',
      message: 'queue_length: the new revision has not counted it yet',
    });
  });
});
