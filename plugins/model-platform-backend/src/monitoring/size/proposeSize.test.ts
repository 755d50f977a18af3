import { percentile, proposeSize } from './proposeSize';

const MIB = 2 ** 20;
const observed = (more: object = {}) => ({
  seconds: 3 * 3_600,
  calls: 1_240,
  memoryPeakBytes: 100 * MIB,
  cpuP95Cores: 0.12,
  ...more,
});

describe('proposeSize', () => {
  it.each<[number, string]>([
    [1, '32Mi'],
    [98, '128Mi'],
    [100, '160Mi'],
    [390, '512Mi'],
    [400, '576Mi'],
    [787, '1Gi'],
    [1_000, '1536Mi'],
    [3_150, '4Gi'],
    [4_000, '6Gi'],
  ])('adds a third to a peak of %d MiB', (peak, memory) => {
    expect(
      proposeSize(observed({ memoryPeakBytes: peak * MIB })),
    ).toMatchObject({ memory });
  });

  it.each<[number, string]>([
    [0, '50m'],
    [0.05, '50m'],
    [0.051, '100m'],
    [0.5, '500m'],
    [0.51, '600m'],
    [0.95, '1'],
    [1.31, '1400m'],
    [2, '2'],
    [2.1, '2500m'],
    [2.6, '3'],
  ])('rounds %d cores up', (cpuP95Cores, cpu) => {
    expect(proposeSize(observed({ cpuP95Cores }))).toMatchObject({ cpu });
  });

  it('waits until enough was seen, and says for what', () => {
    expect(proposeSize(observed({ seconds: 3_300 }))).toEqual({
      missing: 'a size is proposed after 1 h of observation',
    });
    expect(proposeSize(observed({ calls: 99 }))).toEqual({
      missing: 'a size is proposed after 100 calls',
    });
    expect(proposeSize(observed({ seconds: 0, calls: 0 }))).toEqual({
      missing: 'a size is proposed after 1 h of observation and 100 calls',
    });
    expect(proposeSize(observed({ memoryPeakBytes: undefined }))).toEqual({
      missing: 'its runners do not say what they take',
    });
  });

  it('takes a percentile that is one of the values', () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 95)).toBe(95);
    expect(percentile([7], 95)).toBe(7);
    expect(percentile([2, 1], 95)).toBe(2);
    expect(percentile([], 95)).toBeUndefined();
  });
});
