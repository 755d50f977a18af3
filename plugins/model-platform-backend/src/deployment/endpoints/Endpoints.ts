import { NotFoundError } from '@backstage/errors';
import { LRUCache } from 'lru-cache';
import {
  Endpoint,
  endpointOpenApi,
  ModelVersion,
  publishedSignature,
  SignedVariant,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';

const MAX_CACHED = 10_000;

/** Deployments as applications see them. */
export class Endpoints {
  /** Versions are immutable once ready. */
  private readonly versions = new LRUCache<string, ModelVersion>({
    max: MAX_CACHED,
  });

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
    const version = (await this.served(deployment)).published;
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
    const { main, published } = await this.served(deployment);
    return {
      name: deployment.name,
      url: deployment.url ?? '',
      model: deployment.model,
      modelSlug: deployment.modelSlug,
      modelId: deployment.modelId,
      system: deployment.system,
      owner: deployment.owner,
      version: main?.number,
      ready:
        !deployment.off &&
        deployment.conditions.some(
          ({ type, status }) => type === 'Available' && status === 'True',
        ),
      example: published?.example,
    };
  }

  /**
   * Of the revision that serves or will: the version with the most traffic, and
   * the one whose signature all variants take.
   */
  private async served(
    deployment: DeploymentRecord,
  ): Promise<{ main?: ModelVersion; published?: ModelVersion }> {
    const number = deployment.servingRevision ?? deployment.revision;
    const revision =
      number === undefined
        ? undefined
        : await this.options.store.revisions.get(deployment.id, number);
    const variants: Array<SignedVariant & { version: ModelVersion }> = [];
    for (const { name, weight, modelId, version: own } of revision?.variants ??
      []) {
      const version = await this.version(modelId, own);
      if (version)
        variants.push({ name, weight, signature: version.signature, version });
    }
    return {
      main: mainVariant(variants)?.version,
      published: publishedSignature(variants).published?.version,
    };
  }

  private async version(
    modelId: string,
    number: number,
  ): Promise<ModelVersion | undefined> {
    const key = `${modelId}/${number}`;
    const known = this.versions.get(key);
    if (known) {
      return known;
    }
    const version = await this.options.models.version(modelId, number);
    if (version) {
      this.versions.set(key, version);
    }
    return version;
  }
}

function mainVariant<T extends { weight: number }>(variants: T[]) {
  return [...variants].sort((a, b) => b.weight - a.weight)[0];
}
