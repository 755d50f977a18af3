import { DeployableModels } from '../models/DeployableModels';
import { Resolution, RevisionResolver } from '../revisions/RevisionResolver';
import { DeploymentRecord } from '../store/DeploymentStore';
import { followed, takenOf } from './followed';

/** What the selectors of a deployment mean to its triggers, which may pass over versions. */
export class TakenVersions {
  constructor(
    private readonly resolver: RevisionResolver,
    private readonly models: DeployableModels,
  ) {}

  /** @param now - what its selectors mean to anybody, where that is known already */
  async resolve(
    deployment: DeploymentRecord,
    now?: Resolution,
  ): Promise<Resolution> {
    const plain = now ?? (await this.resolver.resolve(deployment.spec));
    const watched = await followed(deployment, plain.watched, this.models);
    const isPassed = Object.values(watched).some(
      ({ taken }) => taken !== undefined,
    );
    const resolution = isPassed
      ? await this.resolver.resolve(
          deployment.spec,
          undefined,
          model => takenOf(watched[model.id]) ?? model.latest?.number,
        )
      : plain;
    return { ...resolution, watched };
  }
}
