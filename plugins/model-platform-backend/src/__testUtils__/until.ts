import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for a condition, however often its probe fails before. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  const deadline = Date.now() + 40_000;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      const found = await probe();
      if (found) return found;
    } catch (error) {
      last = error;
    }
    await sleep(50);
  }
  throw new Error(`Waited in vain: ${what}${last ? ` (${last})` : ''}`);
}
