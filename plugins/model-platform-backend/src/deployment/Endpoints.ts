import { NotFoundError } from '@backstage/errors';
import {
  Endpoint,
  endpointOpenApi,
  ModelVersion,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from './DeployableModels';
import {
  DeploymentRecord,
  DeploymentStore,
  RevisionRecord,
} from './DeploymentStore';

const MAX_CACHED = 2_000;

/** Deployments as applications see them. */
export class Endpoints {
  /** Versions are immutable once ready. */
  private readonly versions = new Map<string, ModelVersion>();

  constructor(
    private readonly options: {
      store: DeploymentStore;
      models: DeployableModels;
    },
  ) {}

  async of(deployments: DeploymentRecord[]): Promise<Endpoint[]> {
    return await Promise.all(
      deployments.map(async deployment => await this.one(deployment)),
    );
  }

  /** The OpenAPI document of what the endpoint serves now. Throws `NotFoundError`. */
  async openApi(deployment: DeploymentRecord): Promise<object> {
    const version = await this.served(deployment);
    const model = version && (await this.options.models.byId(version.modelId));
    if (!version || !model) {
      throw new NotFoundError(
        `The endpoint ${deployment.name} serves nothing yet`,
      );
    }
    const document = endpointOpenApi({
      endpoint: deployment.name,
      model,
      version: version.number,
      signature: version.signature,
      example: version.example,
      flavor: version.flavor,
    });
    // Where the document is not served by the endpoint itself, it must say where that is.
    return deployment.url
      ? { ...document, servers: [{ url: deployment.url }] }
      : document;
  }

  private async one(deployment: DeploymentRecord): Promise<Endpoint> {
    const version = await this.served(deployment);
    return {
      name: deployment.name,
      url: deployment.url ?? '',
      model: deployment.model,
      modelSlug: deployment.modelSlug,
      modelId: deployment.modelId,
      system: deployment.system,
      owner: deployment.owner,
      version: version?.number,
      ready:
        !deployment.off &&
        deployment.conditions.some(
          ({ type, status }) => type === 'Available' && status === 'True',
        ),
      example: version?.example,
    };
  }

  /** Version with the most traffic, of the revision that serves or will. */
  private async served(
    deployment: DeploymentRecord,
  ): Promise<ModelVersion | undefined> {
    const number = deployment.servingRevision ?? deployment.revision;
    const revision =
      number === undefined
        ? undefined
        : await this.options.store.revision(deployment.id, number);
    const variant = revision && mainVariant(revision);
    if (!variant) {
      return undefined;
    }
    const key = `${variant.modelId}/${variant.version}`;
    const known = this.versions.get(key);
    if (known) {
      return known;
    }
    const version = await this.options.models.version(
      variant.modelId,
      variant.version,
    );
    if (version) {
      if (this.versions.size >= MAX_CACHED) this.versions.clear();
      this.versions.set(key, version);
    }
    return version;
  }
}

function mainVariant(revision: RevisionRecord) {
  return [...revision.variants].sort((a, b) => b.weight - a.weight)[0];
}
