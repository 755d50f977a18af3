import { RepeatBudget } from './RepeatBudget';

/** How many may be made again at once. */
function granted(budget: RepeatBudget, now: number): number {
  let count = 0;
  while (count < 1_000 && budget.take(now, 0)) {
    count += 1;
  }
  return count;
}

describe('RepeatBudget', () => {
  it('lets a tenth of the calls of the last seconds be made again, and a few in any case', () => {
    const budget = new RepeatBudget();
    expect(granted(budget, 1_000)).toBe(3);
    expect(granted(budget, 1_000)).toBe(0);
    expect(granted(budget, 60_000)).toBe(2);
    // 100 calls a second: some 1,000 in ten seconds.
    for (let now = 100_000; now < 200_000; now += 10) {
      budget.called(now);
    }
    const many = granted(budget, 200_000);
    expect(many).toBeGreaterThan(90);
    expect(many).toBeLessThan(110);
    expect(granted(budget, 300_000)).toBe(2);
  });

  it('lets all calls of a runner be made again where they take long', () => {
    const budget = new RepeatBudget();
    for (let call = 0; call < 8; call += 1) {
      budget.called(1_000);
    }
    // A minute later; those that were made again are in flight, too.
    for (let broken = 0; broken < 8; broken += 1) {
      expect(budget.take(60_000, broken)).toBe(true);
    }
  });

  it('lets none be made again for a minute once one has ended two runners', () => {
    const budget = new RepeatBudget();
    expect(budget.take(1_000, 0)).toBe(true);
    budget.failed(2_000);
    expect(granted(budget, 61_000)).toBe(0);
    expect(granted(budget, 62_000)).toBeGreaterThan(0);
  });
});
