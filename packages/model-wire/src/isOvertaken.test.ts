import { isOvertaken } from './isOvertaken';

describe('isOvertaken', () => {
  const now = Date.parse('2026-03-02T09:00:00.000Z');
  const seconds = now / 1_000;

  it('knows a later leader from a number that none can have had', () => {
    const isLate = (fencing: number, written: number) =>
      isOvertaken(fencing, written, now);
    expect(isLate(seconds, seconds)).toBe(false);
    expect(isLate(seconds + 1, seconds)).toBe(false);
    expect(isLate(seconds, seconds + 1)).toBe(true);
    // Of a clock that goes wrong by less than a day.
    expect(isLate(seconds, seconds + 86_000)).toBe(true);
    expect(isLate(seconds, 99_999_999_999)).toBe(false);
    expect(isLate(seconds, NaN)).toBe(false);
    // Numbers of the database lie ahead themselves: then its leaders still follow each other.
    expect(isLate(seconds + 200_000, seconds + 200_001)).toBe(true);
  });
});
