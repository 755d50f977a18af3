import { RequestError } from './RequestError';

/**
 * So many lists and objects may lie within each other, in values that may hold
 * anything; the same in Python, and once more in `lineProblems` of the portal,
 * whose packages and the runner import nothing of each other.
 */
export const MAX_LEVELS = 100;
export const LEVELS_RULE = `must be nested at most ${MAX_LEVELS} levels deep`;

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null;

/** Looked at level by level: whatever goes down by itself has an end that a caller would choose. */
export function isTooDeep(value: unknown): boolean {
  let level = [value].filter(isContainer);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MAX_LEVELS) return true;
    level = level.flatMap(one => Object.values(one).filter(isContainer));
  }
  return false;
}

/** @throws RequestError 400 where a value that is let pass is nested too deep */
export function requireLevels(where: string, value: unknown): void {
  if (isTooDeep(value)) throw new RequestError(400, `${where} ${LEVELS_RULE}.`);
}
