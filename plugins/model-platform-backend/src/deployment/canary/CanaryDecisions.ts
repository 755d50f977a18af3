import { ConflictError } from '@backstage/errors';
import { CanaryStatus } from '@model-platform/plugin-model-platform-common';
import { DeploymentActor } from '../access/DeploymentActor';
import { Announce } from '../changes/Announce';
import { withoutOverride } from '../overrides/overrides';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { CanaryDecision } from './CanaryDecision';
import { canaryOf, isCanaried } from './canaryOf';

const ACTIONS: Record<CanaryDecision['verdict'], string> = {
  promote: 'promoted',
  abort: 'aborted',
  advance: 'resumed',
};

/** What persons decide on the canary of the revision that is wanted. */
export class CanaryDecisions {
  constructor(
    private readonly store: DeploymentStore,
    private readonly announce: Announce,
  ) {}

  /** Lets the step go on that waits for a person. Throws `ConflictError` where none does. */
  async advance(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    reason: string | undefined,
  ): Promise<DeploymentRecord> {
    const { step } = waitingCanary(deployment);
    return await this.decide(
      deployment,
      actor,
      { verdict: 'advance', step, reason },
      waitingCanary,
    );
  }

  /** All traffic stays with the stable revision. Throws `ConflictError` where no canary is under way. */
  async abort(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    reason: string | undefined,
  ): Promise<DeploymentRecord> {
    requireCanary(deployment);
    return await this.decide(
      deployment,
      actor,
      { verdict: 'abort', reason },
      requireCanary,
    );
  }

  /** All traffic goes to the new revision, without the steps that are left. Throws `ConflictError` where no canary is under way. */
  async promote(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    reason: string | undefined,
  ): Promise<DeploymentRecord> {
    return await this.decide(
      deployment,
      actor,
      { verdict: 'promote', reason },
      requireCanary,
    );
  }

  private async decide(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    decision: Pick<CanaryDecision, 'verdict' | 'step' | 'reason'>,
    // It may have come to its end since it was read: then nothing would come of the decision.
    check: (now: DeploymentRecord) => void,
  ): Promise<DeploymentRecord> {
    const { revision } = deployment;
    if (revision === undefined) {
      throw new ConflictError(`Deployment ${deployment.name} has no revision`);
    }
    const changed = await this.store.change(deployment, {
      set: {
        // Who lets it move, or stops it, wants no pause any more.
        overrides: withoutOverride(deployment.overrides, 'pause'),
        decision: {
          ...decision,
          revision,
          by: actor.name,
          at: new Date().toISOString(),
        },
      },
      check,
      history: {
        actor: actor.name,
        action: ACTIONS[decision.verdict],
        reason: decision.reason,
        details: {
          revision,
          ...(decision.step ? { step: decision.step } : {}),
        },
      },
    });
    this.announce(changed, 'applied');
    return changed;
  }
}

/** Throws `ConflictError` where it is not under way. */
function requireCanary(deployment: DeploymentRecord): void {
  if (!isCanaried(deployment)) {
    throw new ConflictError(
      `Deployment ${deployment.name} has no canary under way; \`rollback\` goes back to an earlier revision`,
    );
  }
}

/** Throws `ConflictError` where none waits for a person. */
function waitingCanary(deployment: DeploymentRecord): CanaryStatus {
  const canary = canaryOf(deployment);
  if (canary?.phase !== 'progressing' || canary.waitsFor !== 'person') {
    throw new ConflictError(
      `Deployment ${deployment.name} is not paused, and no canary of it waits for a person`,
    );
  }
  return canary;
}
