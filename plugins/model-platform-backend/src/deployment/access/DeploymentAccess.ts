import { NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  Deployment,
  endpointTokenCreatePermission,
  Model,
  modelDeployPermission,
  modelReadPermission,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../../access/Authorizer';
import { Caller, responsibleFor, toActor } from '../../access/Caller';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentActor } from './DeploymentActor';
import { deploymentNotFound } from './deploymentNotFound';
import { Deployments } from '../Deployments';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionRecord } from '../revisions/RevisionStore';
import { DEPLOYER_TOKEN_SECONDS } from '../endpoints/EndpointTokens';
import { RequestRecord } from '../gates/RequestStore';

/** Who may do what with a deployment: decided on every model it speaks of. */
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
      responsible: responsibleFor(caller),
      async requireDeploy(model) {
        await authorizer.require(caller, modelDeployPermission, model);
      },
      async requireOpen(model) {
        if (
          !(await authorizer.can(caller, endpointTokenCreatePermission, model))
        ) {
          throw new NotAllowedError(
            `Applications with tokens of this endpoint would call ${model.name} too. To let them takes the right to make endpoint tokens of it, which ${model.owner} can give; or deploy it under a name of its own`,
          );
        }
      },
    };
  }

  /** Throws the same `NotFoundError` for what is not there and what may not be seen. */
  async readable(
    caller: Caller,
    name: string,
  ): Promise<{ deployment: DeploymentRecord; models: Model[] }> {
    const { authorizer, deployments } = this.options;
    const deployment = await deployments.get(name);
    const models = await deployments.models.of(deployment);
    if (
      !models ||
      !(await allOf(models, model =>
        authorizer.can(caller, modelReadPermission, model),
      ))
    ) {
      throw deploymentNotFound(name);
    }
    return { deployment, models };
  }

  /** Earlier revisions, without the variants of models that the caller may not see. */
  async readableRevisions(
    caller: Caller,
    revisions: RevisionRecord[],
  ): Promise<RevisionRecord[]> {
    const readable = new Map<string, boolean>();
    for (const { modelId } of revisions.flatMap(({ variants }) => variants)) {
      if (!readable.has(modelId)) {
        const model = await this.options.models.byId(modelId);
        readable.set(
          modelId,
          model !== undefined &&
            (await this.options.authorizer.can(
              caller,
              modelReadPermission,
              model,
            )),
        );
      }
    }
    return revisions.map(revision => ({
      ...revision,
      variants: revision.variants.filter(({ modelId }) =>
        readable.get(modelId),
      ),
    }));
  }

  /** Requests all of whose models the caller may see: their gates speak of each of them. */
  async readableRequests(
    caller: Caller,
    requests: RequestRecord[],
  ): Promise<RequestRecord[]> {
    const readable: RequestRecord[] = [];
    for (const request of requests) {
      const isReadable = await allOf(request.variants, async ({ modelId }) => {
        const model = await this.options.models.byId(modelId);
        return (
          model !== undefined &&
          (await this.options.authorizer.can(
            caller,
            modelReadPermission,
            model,
          ))
        );
      });
      if (isReadable) readable.push(request);
    }
    return readable;
  }

  async actions(
    caller: Caller,
    models: Model[],
  ): Promise<NonNullable<Deployment['actions']>> {
    const each = await Promise.all(
      models.map(model => this.options.authorizer.actions(caller, model)),
    );
    return {
      deploy: each.every(({ deploy }) => deploy),
      createEndpointToken: each.every(
        ({ createEndpointToken }) => createEndpointToken,
      ),
    };
  }

  /**
   * Who may make such a token. Throws `NotAllowedError`. One that lets its
   * calls go past the traffic that was declared takes the right to declare it.
   */
  async requireTokenCreate(
    caller: Caller,
    models: Model[],
    token: {
      /** Undefined for one that does not expire. */
      expiresInSeconds?: number;
      mayChooseVariant?: boolean;
    },
  ): Promise<void> {
    const { authorizer } = this.options;
    for (const model of models) {
      await this.requireTokenCreateOn(caller, model, token.expiresInSeconds);
      if (
        token.mayChooseVariant &&
        !(await authorizer.can(caller, modelDeployPermission, model))
      ) {
        throw new NotAllowedError(
          `A token whose calls choose the variant (mayChooseVariant) may be made by those who may deploy ${model.name}; ${model.owner} can give that right`,
        );
      }
    }
  }

  private async requireTokenCreateOn(
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
  async requireTokens(caller: Caller, models: Model[]): Promise<void> {
    const { authorizer } = this.options;
    for (const model of models) {
      if (!(await authorizer.can(caller, modelDeployPermission, model))) {
        await authorizer.require(caller, endpointTokenCreatePermission, model);
      }
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

async function allOf<T>(
  items: T[],
  holds: (item: T) => Promise<boolean>,
): Promise<boolean> {
  for (const item of items) {
    if (!(await holds(item))) {
      return false;
    }
  }
  return true;
}
