import { DeploymentActor } from '../access/DeploymentActor';
import { deploymentNotFound } from '../access/deploymentNotFound';
import { DeploymentModels } from '../models/DeploymentModels';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { requireMatch } from './deploymentEtag';

/** What a person says with a change, and from which state it shall be made. */
export interface ChangeOptions {
  reason?: string;
  ifMatch?: string;
}

/** Finds deployments for those who would change them. */
export class ChangeableDeployments {
  constructor(
    private readonly store: DeploymentStore,
    private readonly models: DeploymentModels,
  ) {}

  /** Throws `NotFoundError`. */
  async get(name: string): Promise<DeploymentRecord> {
    const deployment = await this.store.get(name);
    if (!deployment || deployment.deleting) {
      throw deploymentNotFound(name);
    }
    return deployment;
  }

  /** The deployment, where this actor may change it. Throws `ConflictError` where it is in another state. */
  async require(
    name: string,
    actor: DeploymentActor,
    ifMatch: string | undefined,
  ): Promise<DeploymentRecord> {
    const deployment = await this.get(name);
    await this.models.requireDeploy(deployment, actor);
    requireMatch(deployment, ifMatch);
    return deployment;
  }
}
