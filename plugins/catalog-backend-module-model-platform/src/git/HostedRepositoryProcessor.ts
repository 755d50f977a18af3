import { Entity } from '@backstage/catalog-model';
import { Config } from '@backstage/config';
import { InputError, toError } from '@backstage/errors';
import { ScmIntegrations } from '@backstage/integration';
import {
  CatalogProcessor,
  CatalogProcessorEmit,
  LocationSpec,
} from '@backstage/plugin-catalog-node';
import { ANNOTATION_REPOSITORY } from '@model-platform/plugin-model-platform-common';
import { requireRepositoryEntity } from './requireRepositoryEntity';

/**
 * Holds repositories on the Git host to the same as those on this machine: they
 * declare projects and deployments, no people and no rights, and what they
 * declare is for whom the model may be seen. Locations that the configuration
 * itself names are the operator's, and are left alone.
 */
export class HostedRepositoryProcessor implements CatalogProcessor {
  static fromConfig(config: Config): HostedRepositoryProcessor | undefined {
    const remote = config.getOptionalConfig('modelPlatform.git.remote');
    if (!remote) return undefined;
    const host = remote.getString('host');
    const root =
      ScmIntegrations.fromConfig(config).gitlab.byHost(host)?.config.baseUrl ??
      `https://${host}`;
    const { pathname } = new URL(root);
    return new HostedRepositoryProcessor(
      host,
      `${pathname.replace(/\/+$/, '')}/${remote.getString('owner')}/`,
      (config.getOptionalConfigArray('catalog.locations') ?? []).map(location =>
        location.getString('target'),
      ),
    );
  }

  private constructor(
    private readonly host: string,
    /** Path of the owner's page, with a slash at the end. */
    private readonly path: string,
    private readonly configured: string[],
  ) {}

  getProcessorName(): string {
    return 'ModelPlatformHostedRepository';
  }

  /** The catalog's own processors are at 20; lower comes first. */
  getPriority(): number {
    return 1;
  }

  async preProcessEntity(
    entity: Entity,
    location: LocationSpec,
    _emit: CatalogProcessorEmit,
    origin: LocationSpec,
  ): Promise<Entity> {
    if (this.configured.includes(origin.target)) return entity;
    const repository = this.repositoryOf(location) ?? this.repositoryOf(origin);
    if (!repository) return entity;
    if (!isLocationOf(entity, location)) {
      try {
        requireRepositoryEntity(entity);
      } catch (error) {
        throw new InputError(`${location.target} ${toError(error).message}`);
      }
    }
    return {
      ...entity,
      metadata: {
        ...entity.metadata,
        annotations: {
          ...entity.metadata.annotations,
          [ANNOTATION_REPOSITORY]: repository,
        },
      },
    };
  }

  /** `acme/wine` of any address in it, however it is spelled: hosts see no difference of case. */
  private repositoryOf({ type, target }: LocationSpec): string | undefined {
    if (type !== 'url' || !URL.canParse(target)) return undefined;
    const { host, pathname } = new URL(target);
    if (host !== this.host) return undefined;
    const decoded = decodeURIComponent(pathname).replace(/\/+/g, '/');
    if (!lower(decoded).startsWith(lower(this.path))) return undefined;
    return decoded.split(/\/(?:-\/)?(?:blob|tree|raw)\//, 1)[0].slice(1);
  }
}

/** What the catalog itself makes of a registered location, and reads it by. */
function isLocationOf(entity: Entity, { type, target }: LocationSpec): boolean {
  return (
    entity.kind === 'Location' &&
    entity.spec?.type === type &&
    entity.spec.target === target &&
    entity.spec.targets === undefined
  );
}

function lower(text: string): string {
  return text.toLocaleLowerCase('en-US');
}
