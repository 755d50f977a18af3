import { LRUCache } from 'lru-cache';

/** Longer than looks that fail are apart: an engine or the portal was away, or the machine slept. */
const MAX_GAP_MS = 30_000;

/** Since when deployments are looked at: what nobody saw is not held against a revision. */
export class Attention {
  private readonly looks = new LRUCache<string, { since: Date; at: number }>({
    max: 10_000,
  });

  /** Notes one more look that found something; answers since when there was no long gap. */
  since(deploymentId: string): Date {
    const now = new Date();
    const before = this.looks.get(deploymentId);
    const since =
      before && now.getTime() - before.at <= MAX_GAP_MS ? before.since : now;
    this.looks.set(deploymentId, { since, at: now.getTime() });
    return since;
  }
}
