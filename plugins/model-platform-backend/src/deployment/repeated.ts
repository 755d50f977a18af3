import { ChangedMeanwhileError } from './ChangedMeanwhileError';

/** Of a change that says what shall be, whatever was before. */
const MAX_ATTEMPTS = 5;

/**
 * Again where someone else was quicker, e.g. a trigger of the platform's own:
 * who names no state it must come from is not refused for that.
 */
export async function repeated<T>(
  options: { ifMatch?: string },
  change: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (
        !(error instanceof ChangedMeanwhileError) ||
        options.ifMatch !== undefined ||
        attempt >= MAX_ATTEMPTS
      ) {
        throw error;
      }
    }
  }
}
