import { setTimeout as wait } from 'node:timers/promises';

/** Waits, and ends with the signal's reason when that comes first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await wait(ms, undefined, { signal });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
}
