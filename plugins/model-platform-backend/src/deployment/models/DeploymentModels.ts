import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import { Model } from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from './DeployableModels';
import { DeploymentActor } from '../access/DeploymentActor';
import { deploymentNotFound } from '../access/deploymentNotFound';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionRecord } from '../revisions/RevisionStore';

/** What a deployment takes of its actor: rights on each model that it speaks of. */
export class DeploymentModels {
  constructor(
    private readonly store: DeploymentStore,
    private readonly models: DeployableModels,
  ) {}

  /**
   * Every model that the deployment speaks of, its own first; undefined where
   * one of them is not there any more.
   */
  async of(deployment: DeploymentRecord): Promise<Model[] | undefined> {
    const models: Model[] = [];
    for (const id of await this.modelIds(deployment)) {
      const model = await this.models.byId(id);
      if (!model) {
        return undefined;
      }
      models.push(model);
    }
    return models;
  }

  /**
   * On every model it speaks of: who may not see one of them may not know of
   * the deployment, whichever comes first.
   */
  async requireDeploy(
    deployment: DeploymentRecord,
    actor: DeploymentActor,
  ): Promise<void> {
    const models = await this.of(deployment);
    if (!models) {
      throw deploymentNotFound(deployment.name);
    }
    const refusals: unknown[] = [];
    for (const model of models) {
      try {
        await actor.requireDeploy(model, deployment.environment);
      } catch (error) {
        if (error instanceof NotFoundError) {
          throw deploymentNotFound(deployment.name);
        }
        refusals.push(error);
      }
    }
    if (refusals.length > 0) {
      throw refusals[0];
    }
  }

  /** Those of the models that the deployment did not speak of until now. */
  async added(
    deployment: DeploymentRecord,
    models: Map<string, Model>,
  ): Promise<Model[]> {
    const others = [...models.values()].filter(
      ({ id }) => id !== deployment.modelId,
    );
    if (others.length === 0) return [];
    const known = await this.modelIds(deployment);
    return others.filter(({ id }) => !known.includes(id));
  }

  /** Of those models that callers of the deployment come to call with it. */
  async requireOpen(
    deployment: DeploymentRecord,
    models: Map<string, Model>,
    actor: DeploymentActor,
  ): Promise<void> {
    for (const added of await this.added(deployment, models)) {
      await actor.requireOpen(added);
    }
  }

  /** The model of a name or ref, where the actor may deploy it: what may not be seen is not there. */
  async deployable(
    ref: string,
    environment: string,
    actor: DeploymentActor,
  ): Promise<Model | undefined> {
    const model = await this.models.find(ref);
    if (!model) {
      return undefined;
    }
    try {
      await actor.requireDeploy(model, environment);
      return model;
    } catch (error) {
      if (error instanceof NotFoundError) {
        return undefined;
      }
      throw error;
    }
  }

  /** Throws where a revision serves what is gone, or what the actor may not deploy. */
  async requireVersions(
    deployment: DeploymentRecord,
    revision: RevisionRecord,
    actor: DeploymentActor,
  ): Promise<void> {
    const models = new Map<string, Model>();
    for (const { modelId, model, version } of revision.variants) {
      const known = await this.models.byId(modelId);
      try {
        if (known) {
          await actor.requireDeploy(known, deployment.environment);
          models.set(modelId, known);
        }
      } catch (error) {
        // Not even which.
        throw error instanceof NotFoundError
          ? new NotAllowedError(
              `Not allowed: revision ${revision.number} serves a further model too, and this needs the right to deploy that one; its owner or a platform admin can give it`,
            )
          : error;
      }
      const found = await this.models.version(modelId, version);
      if (found?.status !== 'ready') {
        throw new InputError(
          `Revision ${
            revision.number
          } serves version ${version} of ${model}, which is ${
            found?.status ?? 'gone'
          }`,
        );
      }
    }
    await this.requireOpen(deployment, models, actor);
  }

  private async modelIds(deployment: DeploymentRecord): Promise<string[]> {
    const found = await this.store.modelIds([deployment]);
    return found.get(deployment.id) ?? [];
  }
}
