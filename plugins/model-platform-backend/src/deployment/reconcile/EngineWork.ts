import pLimit from 'p-limit';

const MAX_CONCURRENT = 8;

/**
 * What the reconciler does at one engine. Each has its own, so that one that
 * does not answer holds up no other.
 */
export class EngineWork {
  readonly looks = pLimit(MAX_CONCURRENT);

  /** For what is quick, and must not wait for what may take its time. */
  readonly quickly = pLimit(MAX_CONCURRENT);

  /** For what no deployment wants any more. */
  readonly clearing = pLimit(MAX_CONCURRENT);

  /** Names of what is looked at, or cleared away. */
  readonly inFlight = new Set<string>();

  /** Whether it is being asked what runs there. */
  isListing = false;
}
