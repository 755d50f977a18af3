import { setTimeout as sleep } from 'node:timers/promises';

/** Waits so long, or until the signal: whichever comes first. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch {
    // The signal is as good as the time.
  }
}
