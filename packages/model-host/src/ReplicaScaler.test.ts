import { ReplicaScaler } from './ReplicaScaler';

const RULE = { min: 0, max: 4, inFlight: 2, idleMs: 60_000 };

function readings(scaler: ReplicaScaler) {
  return (
    now: number,
    inFlight: number | undefined,
    more: { waiting?: number; mayBeNone?: boolean } = {},
  ) =>
    scaler.read({
      now,
      inFlight,
      waiting: more.waiting ?? 0,
      mayBeNone: more.mayBeNone ?? true,
    });
}

describe('ReplicaScaler', () => {
  it('grows at once, shrinks when it was less for a while, and sleeps when nobody calls', () => {
    const read = readings(
      new ReplicaScaler(RULE, { calmMs: 10_000, count: 1, now: 0 }),
    );
    expect(read(1_000, 2.1)).toBe(1);
    expect(read(2_000, 5)).toBe(3);
    expect(read(3_000, 100)).toBe(4);
    expect(read(4_000, 3)).toBe(4);
    expect(read(13_000, 1)).toBe(4);
    expect(read(13_500, 1)).toBe(2);
    expect(read(14_500, 0)).toBe(1);
    // A moment that tells nothing of calls changes nothing.
    expect(read(14_600, undefined)).toBe(1);
    expect(read(73_000, 0)).toBe(1);
    expect(read(74_000, 0)).toBe(0);
    expect(read(75_000, 0)).toBe(0);
    // Calls that wait wake as many as they need, without a reading of time.
    expect(read(75_100, undefined, { waiting: 1 })).toBe(1);
    expect(read(75_200, undefined, { waiting: 5 })).toBe(3);
  });

  it('lets nothing sleep that has no traffic yet, and keeps to its bounds', () => {
    const fresh = readings(
      new ReplicaScaler(RULE, { calmMs: 0, count: 1, now: 0 }),
    );
    expect(fresh(90_000, 0, { mayBeNone: false })).toBe(1);
    expect(fresh(100_000, 0)).toBe(1);
    expect(fresh(151_000, 0)).toBe(0);
    const atLeastTwo = readings(
      new ReplicaScaler({ ...RULE, min: 2 }, { calmMs: 0, count: 2, now: 0 }),
    );
    expect(atLeastTwo(900_000, 0)).toBe(2);
    expect(atLeastTwo(901_000, 50)).toBe(4);
    expect(atLeastTwo(902_000, 0)).toBe(2);
  });
});
