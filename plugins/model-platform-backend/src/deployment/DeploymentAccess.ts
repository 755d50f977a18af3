import { NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  Deployment,
  endpointTokenCreatePermission,
  Model,
  modelDeployPermission,
  modelReadPermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../access/Authorizer';
import { Caller, toActor } from '../access/Caller';
import { DeployableModels } from './DeployableModels';
import { DeploymentActor } from './DeploymentActor';
import { deploymentNotFound, Deployments } from './Deployments';
import { DeploymentRecord } from './DeploymentStore';
import { DEPLOYER_TOKEN_SECONDS } from './EndpointTokens';

/** Who may do what with a deployment: decided on its model. */
export class DeploymentAccess {
  constructor(
    private readonly options: {
      authorizer: Authorizer;
      models: DeployableModels;
      deployments: Deployments;
    },
  ) {}

  actor(caller: Caller): DeploymentActor {
    const { authorizer } = this.options;
    return {
      name: toActor(caller),
      async requireDeploy(model) {
        await authorizer.require(caller, modelDeployPermission, model);
      },
    };
  }

  /** Throws the same `NotFoundError` for what is not there and what may not be seen. */
  async readable(
    caller: Caller,
    name: string,
  ): Promise<{ deployment: DeploymentRecord; model: Model }> {
    const deployment = await this.options.deployments.get(name);
    const model = await this.options.models.byId(deployment.modelId);
    if (
      !model ||
      !(await this.options.authorizer.can(caller, modelReadPermission, model))
    ) {
      throw deploymentNotFound(name);
    }
    return { deployment, model };
  }

  async actions(caller: Caller, model: Model): Promise<Deployment['actions']> {
    const { deploy, createEndpointToken } =
      await this.options.authorizer.actions(caller, model);
    return { deploy, createEndpointToken };
  }

  /**
   * Who may make tokens of this life. Throws `NotAllowedError`.
   *
   * @param expiresInSeconds - undefined for one that does not expire
   */
  async requireTokenCreate(
    caller: Caller,
    model: Model,
    expiresInSeconds: number | undefined,
  ): Promise<void> {
    const { authorizer } = this.options;
    if (await authorizer.can(caller, endpointTokenCreatePermission, model)) {
      return;
    }
    if (await authorizer.can(caller, modelDeployPermission, model)) {
      if (
        expiresInSeconds !== undefined &&
        expiresInSeconds <= DEPLOYER_TOKEN_SECONDS
      ) {
        return;
      }
      throw new NotAllowedError(
        `With the right to deploy alone you may make tokens of at most ${DEPLOYER_TOKEN_SECONDS} seconds (expiresInSeconds); for longer ones ${model.owner} can give the right to make endpoint tokens`,
      );
    }
    await authorizer.require(caller, endpointTokenCreatePermission, model);
  }

  /** Who may see and revoke tokens: who may make them, of whatever life. */
  async requireTokens(caller: Caller, model: Model): Promise<void> {
    const { authorizer } = this.options;
    if (!(await authorizer.can(caller, modelDeployPermission, model))) {
      await authorizer.require(caller, endpointTokenCreatePermission, model);
    }
  }

  /** Undefined where the caller may not see it. */
  async readableModel(caller: Caller, ref: string): Promise<Model | undefined> {
    try {
      const model = await this.options.models.find(ref);
      const may =
        model &&
        (await this.options.authorizer.can(caller, modelReadPermission, model));
      return may ? model : undefined;
    } catch (error) {
      if (error instanceof NotFoundError) {
        return undefined;
      }
      throw error;
    }
  }
}
