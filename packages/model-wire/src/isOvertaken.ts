/** Clocks of portals differ, but not by a day. */
const AHEAD_SECONDS = 86_400;

/**
 * Whether a leader with this lease number comes too late where another number
 * was written. Numbers are never far from the time in seconds: one that lies far
 * ahead was written by somebody else, or by a clock that was wrong, and must not
 * lock every leader out for good.
 *
 * @param now - Unix time, milliseconds
 */
export function isOvertaken(
  fencing: number,
  written: number,
  now = Date.now(),
): boolean {
  return (
    written > fencing &&
    written <= Math.max(fencing, now / 1_000) + AHEAD_SECONDS
  );
}
