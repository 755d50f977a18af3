import { ChangedMeanwhileError } from '../store/ChangedMeanwhileError';
import { RoomTakenError } from '../store/RoomTakenError';

/** Of a change that says what shall be, whatever was before. */
const MAX_ATTEMPTS = 5;
/** Where many take of one quota at once; each time one of them has got its share. */
const MAX_COUNTS = 100;

/**
 * Again where someone else was quicker, e.g. a trigger of the platform's own:
 * who names no state it must come from is not refused for that.
 */
export async function repeated<T>(
  options: { ifMatch?: string },
  change: () => Promise<T>,
): Promise<T> {
  let attempt = 1;
  let counts = 1;
  for (;;) {
    try {
      return await change();
    } catch (error) {
      if (error instanceof RoomTakenError && counts < MAX_COUNTS) {
        counts += 1;
        continue;
      }
      if (
        !(error instanceof ChangedMeanwhileError) ||
        options.ifMatch !== undefined ||
        attempt >= MAX_ATTEMPTS
      ) {
        throw error;
      }
      attempt += 1;
    }
  }
}
