import { setTimeout as sleep } from 'node:timers/promises';
import { statusCodeOf, statusOf } from './toClusterError';

/** As long as an API server takes that starts anew, and a little more. */
const DELAYS_MS = [100, 200, 400, 800, 1_600, 3_200, 5_000];
const MAX_DELAY_MS = 10_000;

/** Somebody else was quicker, it has too much to do, or it is just not there. */
const PASSING = new Set([409, 429, 500, 502, 503, 504]);

/**
 * What may be done twice, again after failures that pass. A server that says
 * how long it wants to be left alone is left alone so long.
 */
export async function withRetry<T>(
  work: () => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  for (const delayMs of DELAYS_MS) {
    try {
      return await work();
    } catch (error) {
      signal?.throwIfAborted();
      const code = statusCodeOf(error);
      if (code !== undefined && !PASSING.has(code)) throw error;
      const askedMs = (statusOf(error).details?.retryAfterSeconds ?? 0) * 1000;
      // Not all at once: others wait for the same server.
      const waitMs = delayMs * (0.5 + Math.random() / 2);
      await sleep(
        Math.min(Math.max(waitMs, askedMs), MAX_DELAY_MS),
        undefined,
        { signal },
      );
    }
  }
  return await work();
}
