import { Model } from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { Resolution, RevisionResolver } from '../revisions/RevisionResolver';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { followed, takenOf } from './followed';

/** What the selectors of a deployment mean to its triggers, which may pass over versions. */
export class TakenVersions {
  constructor(
    private readonly resolver: RevisionResolver,
    private readonly models: DeployableModels,
  ) {}

  async resolve(
    deployment: DeploymentRecord,
    options: {
      /** What its selectors mean to anybody, where that is known already. */
      now?: Resolution;
      /** Finds a model for the one who asks; any model where absent. */
      find?: (ref: string) => Promise<Model | undefined>;
    } = {},
  ): Promise<Resolution> {
    const { find } = options;
    const plain =
      options.now ?? (await this.resolver.resolve(deployment.spec, find));
    const watched = await followed(deployment, plain.watched, this.models);
    const isPassed = Object.values(watched).some(
      ({ taken }) => taken !== undefined,
    );
    const resolution = isPassed
      ? await this.resolver.resolve(
          deployment.spec,
          find,
          model => takenOf(watched[model.id]) ?? model.latest?.number,
        )
      : plain;
    return { ...resolution, watched };
  }
}
