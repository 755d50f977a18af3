import { NotFoundError } from '@backstage/errors';
import { LRUCache } from 'lru-cache';
import {
  Endpoint,
  endpointOpenApi,
  ModelVersion,
  publishedSignature,
  ResolvedVariant,
  SignedVariant,
} from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentStore } from '../store/DeploymentStore';
import { DeploymentRecord } from '../store/DeploymentRecord';

const MAX_CACHED = 10_000;

interface Served {
  /** The variant with the most traffic. */
  main?: ResolvedVariant;
  /** The version whose signature all variants take. */
  published?: ModelVersion;
}

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
      deployments.map(async deployment =>
        toEndpoint(deployment, await this.served(deployment)),
      ),
    );
  }

  async withSignature(deployment: DeploymentRecord): Promise<Endpoint> {
    const served = await this.served(deployment);
    return {
      ...toEndpoint(deployment, served),
      signature: served.published?.signature,
    };
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

  /**
   * Of the revision that serves or will: the version with the most traffic, and
   * the one whose signature all variants take.
   */
  private async served(deployment: DeploymentRecord): Promise<Served> {
    const number = deployment.servingRevision ?? deployment.revision;
    const revision =
      number === undefined
        ? undefined
        : await this.options.store.revisions.get(deployment.id, number);
    const variants: Array<
      SignedVariant & { version: ModelVersion; resolved: ResolvedVariant }
    > = [];
    for (const resolved of revision?.variants ?? []) {
      const { name, weight, modelId } = resolved;
      const version = await this.version(modelId, resolved.version);
      if (version) {
        const { signature } = version;
        variants.push({ name, weight, signature, version, resolved });
      }
    }
    return {
      main: mainVariant(variants)?.resolved,
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

function toEndpoint(
  deployment: DeploymentRecord,
  { main, published }: Served,
): Endpoint {
  return {
    name: deployment.name,
    url: deployment.url ?? '',
    model: deployment.model,
    modelSlug: deployment.modelSlug,
    modelId: deployment.modelId,
    system: deployment.system,
    owner: deployment.owner,
    version: main?.version,
    versionModel:
      main && main.modelId !== deployment.modelId ? main.model : undefined,
    ready:
      !deployment.off &&
      deployment.conditions.some(
        ({ type, status }) => type === 'Available' && status === 'True',
      ),
    example: published?.example,
  };
}
