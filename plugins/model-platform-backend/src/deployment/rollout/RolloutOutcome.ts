import { CanaryStatus } from '@model-platform/plugin-model-platform-common';
import { ObservedDeployment } from '@model-platform/plugin-model-platform-node';
import { GivenUp } from '../revisions/GivenUp';

/** What one look at a deployment found and did. */
export interface RolloutOutcome {
  observed?: ObservedDeployment;
  /** Revision that traffic goes to now. */
  serving?: number;
  rolloutStartedAt?: string;
  /** There is no revision yet. */
  unmade?: boolean;
  /** Where the wanted revision stands, if it goes by steps; as before where absent. */
  canary?: CanaryStatus;
  /** Of each variant as many runners are ready as there must always be. */
  isReady?: boolean;
  /** A person holds it: it is ready, and gets no traffic. */
  isHeld?: boolean;
  /** What the wanted revision runs with is still being fetched. */
  preparing?: boolean;
  /** The wanted revision took longer than it may. */
  overdue?: boolean;
  /** From now on, since another one serves; as before where absent. */
  givenUp?: GivenUp;
  /** Why the wanted revision cannot run here at all. */
  impossible?: string;
  /**
   * The look itself failed, e.g. because the engine does not answer; where it is
   * known what runs, the wanted revision could not be prepared.
   */
  error?: Error;
  /** Nothing is under way, so that the next look has time. */
  settled: boolean;
  /** Sooner than otherwise, Unix time in milliseconds. */
  lookAgainAt?: number;
}
