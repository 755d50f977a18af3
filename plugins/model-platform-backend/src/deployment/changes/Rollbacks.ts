import { ConflictError } from '@backstage/errors';
import { DeploymentActor, platformActor } from '../access/DeploymentActor';
import { aimOf } from '../canary/canaryOf';
import { SignatureCheck } from '../checks/SignatureCheck';
import { DeploymentModels } from '../models/DeploymentModels';
import { newOverride } from '../overrides/newOverride';
import { withOverride } from '../overrides/overrides';
import { RevisionRecord } from '../revisions/RevisionStore';
import { rollbackTarget } from '../revisions/rollbackTarget';
import { DeploymentStore, DesiredChange } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { Announce } from './Announce';

/** To what a deployment goes back, and over what. */
export interface RollbackOptions {
  revision?: number;
  /** Also where it breaks the signature that the endpoint serves. */
  allowBreaking?: boolean;
  /** Also to one that never had all traffic, as where it was given up or its canary was rolled back. */
  allowUnserved?: boolean;
}

/** Goes back to what an earlier revision served, with a new one. */
export class Rollbacks {
  constructor(
    private readonly options: {
      store: DeploymentStore;
      models: DeploymentModels;
      signatures: SignatureCheck;
      announce: Announce;
    },
  ) {}

  /** It holds beside the spec until that changes. */
  async byPerson(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
    options: RollbackOptions & { reason?: string },
  ): Promise<DeploymentRecord> {
    const { store, models, signatures } = this.options;
    const { reason } = options;
    const target = await rollbackTarget(
      store,
      deployment,
      options.revision,
      // A person means what was asked for last.
      deployment.revision,
    );
    await models.requireVersions(deployment, target, actor);
    if (!target.firstServedAt && !options.allowUnserved) {
      throw new ConflictError(unserved(deployment, target));
    }
    // The spec's own word counts with its approvals, and not before it has them.
    if (!options.allowBreaking) {
      await signatures.requireCompatible(deployment, target.variants);
    }
    return await this.goBack(store, deployment, target, {
      actor,
      reason,
      set: {
        overrides: withOverride(deployment.overrides, {
          ...newOverride('rollback', actor, reason),
          revision: target.number,
        }),
      },
    });
  }

  /**
   * Since a figure is beyond its bound; what is published from now on is tried
   * again. Also where it breaks the signature that the endpoint serves.
   */
  async byTrigger(
    store: DeploymentStore,
    deployment: DeploymentRecord,
    reason: string,
    triggerStates: DesiredChange['triggerStates'],
  ): Promise<DeploymentRecord> {
    const target = await rollbackTarget(
      store,
      deployment,
      undefined,
      // A figure is of what serves.
      aimOf(deployment),
    );
    await this.options.models.requireVersions(
      deployment,
      target,
      platformActor,
    );
    return await this.goBack(store, deployment, target, {
      actor: platformActor,
      reason,
      // What was published since triggers looked is still news to them.
      set: {},
      triggerStates,
    });
  }

  private async goBack(
    store: DeploymentStore,
    deployment: DeploymentRecord,
    target: RevisionRecord,
    change: Pick<DesiredChange, 'set' | 'triggerStates'> & {
      actor: DeploymentActor;
      reason?: string;
    },
  ): Promise<DeploymentRecord> {
    const { actor, reason, set, triggerStates } = change;
    const changed = await store.change(deployment, {
      set,
      revision: {
        actor: actor.name,
        reason: `Rolled back to revision ${target.number}${
          reason ? `: ${reason}` : ''
        }`,
        variants: target.variants,
        resources: target.resources,
        traffic: target.traffic,
      },
      history: {
        actor: actor.name,
        action: 'rolled-back',
        reason,
        details: { to: target.number },
      },
      triggerStates,
    });
    this.options.announce(changed, 'applied');
    return changed;
  }
}

function unserved(
  { name, canary, givenUp }: DeploymentRecord,
  { number }: RevisionRecord,
): string {
  const isLate = givenUp?.revision === number;
  let why = isLate ? ': it did not become ready in time' : '';
  if (canary?.revision === number && canary.phase === 'rolled-back')
    why = `: its canary was rolled back (${canary.reason})`;
  return `Revision ${number} of ${name} never had all traffic${why}; to serve it all the same, say so (allowUnserved, --allow-unserved)`;
}
