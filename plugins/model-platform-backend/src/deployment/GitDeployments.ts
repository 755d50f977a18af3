import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import {
  ANNOTATION_LOCATION,
  Entity,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { Config } from '@backstage/config';
import { isError, NotAllowedError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { DeploymentActor } from './DeploymentActor';
import { Deployments } from './Deployments';
import { DeploymentStore, SourceRecord } from './DeploymentStore';
import { isBelow } from './isBelow';
import { LeaderLease } from './LeaderLease';

const EVERY_MS = 10_000;
/** After a push the catalog needs a moment to read it; so long it is looked at more often. */
const EAGER_MS = 20_000;
/** A declaration that was refused is tried again: a model may have been published since. */
const RETRY_REFUSED_MS = 10_000;

/** What declarations from one place may deploy. */
interface DeploymentSource {
  urlPrefix: string;
  systems: string[];
  environments: string[];
}

/**
 * Deployments as code: `ModelDeployment` entities that the catalog reads from
 * Git. Ingestion has no user, so configuration says which location may declare
 * what. A declaration is applied when it differs from the one applied last; one
 * that disappears stops nothing.
 */
export class GitDeployments {
  static fromConfig(
    config: Config,
    options: {
      store: DeploymentStore;
      deployments: Deployments;
      lease: LeaderLease;
      catalog: CatalogService;
      auth: AuthService;
      logger: LoggerService;
    },
  ): GitDeployments {
    const sources = (
      config.getOptionalConfigArray('modelPlatform.deploymentSources') ?? []
    ).map(source => ({
      urlPrefix: source.getString('urlPrefix'),
      systems: source.getStringArray('systems').map(toSystemName),
      environments: source.getStringArray('environments'),
    }));
    return new GitDeployments(sources, options);
  }

  private wakeUp: (() => void) | undefined;

  private eagerUntil = 0;

  private constructor(
    private readonly sources: DeploymentSource[],
    private readonly options: {
      store: DeploymentStore;
      deployments: Deployments;
      lease: LeaderLease;
      catalog: CatalogService;
      auth: AuthService;
      logger: LoggerService;
    },
  ) {}

  /** Looks at the declarations at once. */
  wake(): void {
    this.eagerUntil = Date.now() + EAGER_MS;
    this.wakeUp?.();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if ((await this.options.lease.hold()) !== undefined) {
          await this.sync();
        }
      } catch (error) {
        this.options.logger.warn(
          `Deployments as code could not be read: ${error}`,
        );
      }
      const woken = new Promise<void>(resolve => {
        this.wakeUp = resolve;
      });
      await Promise.race([
        woken,
        sleep(Date.now() < this.eagerUntil ? 1_000 : EVERY_MS, undefined, {
          signal,
        }).catch(() => {}),
      ]);
    }
  }

  /** One look at all declarations. */
  async sync(): Promise<void> {
    const { catalog, auth, store, logger } = this.options;
    const { items } = await catalog.getEntities(
      { filter: { kind: 'ModelDeployment' } },
      { credentials: await auth.getOwnServiceCredentials() },
    );
    const known = new Map(
      (await store.sources()).map(source => [source.entityRef, source]),
    );
    for (const entity of items) {
      const entityRef = stringifyEntityRef(entity);
      await this.take(entity, known.get(entityRef));
      known.delete(entityRef);
    }
    for (const source of known.values()) {
      if (source.state !== 'orphaned') {
        const message = `${source.location} no longer declares it; the deployment goes on as it is. Delete it if it is not wanted any more`;
        await store.saveSource({
          ...source,
          digest: undefined,
          state: 'orphaned',
          message,
          updatedAt: new Date().toISOString(),
        });
        logger.warn(`Deployment ${source.name}: ${message}`);
      }
    }
  }

  private async take(
    entity: Entity,
    known: SourceRecord | undefined,
  ): Promise<void> {
    const { store, deployments, logger } = this.options;
    const location =
      entity.metadata.annotations?.[ANNOTATION_LOCATION] ?? 'unknown';
    const { name } = entity.metadata;
    const digest = createHash('sha256')
      .update(JSON.stringify([name, location, entity.spec]))
      .digest('hex');
    const unchanged = known?.digest === digest;
    const isFresh =
      known !== undefined &&
      Date.now() - Date.parse(known.updatedAt) < RETRY_REFUSED_MS;
    if (unchanged && (known.state === 'applied' || isFresh)) {
      return;
    }
    const source: SourceRecord = {
      entityRef: stringifyEntityRef(entity),
      location,
      name: name.slice(0, 40),
      digest,
      state: 'applied',
      updatedAt: new Date().toISOString(),
    };
    try {
      await deployments.apply(
        name,
        entity.spec,
        this.actor(location, entity.spec?.owner),
        {
          reason: `Declared in ${location}`,
          source: location,
        },
      );
      logger.info(`Deployment ${name} was applied from ${location}`);
    } catch (error) {
      source.state = 'refused';
      source.message = isError(error) ? error.message : String(error);
      if (!unchanged || known?.message !== source.message) {
        logger.warn(
          `Deployment ${name}, declared in ${location}, was refused: ${source.message}`,
        );
      }
    }
    await store.saveSource(source);
  }

  /**
   * Whoever may write to the place speaks for the owner that the declaration
   * names, and for no other one: else a repository of one group could take over
   * what serves the model of another.
   */
  private actor(location: string, declaredOwner: unknown): DeploymentActor {
    const url = location.replace(/^[a-z]+:(?=\/|[a-z]+:)/, '');
    const sources = this.sources.filter(({ urlPrefix }) =>
      isBelow(url, urlPrefix),
    );
    return {
      name: `git:${url}`,
      async requireDeploy(model, environment) {
        const may = sources.some(
          ({ systems, environments }) =>
            (systems.includes('*') ||
              systems.includes(toSystemName(model.system))) &&
            (environments.includes('*') || environments.includes(environment)),
        );
        if (!may) {
          throw new NotAllowedError(
            `${url} may not deploy models of the system ${model.system} to ${environment}; modelPlatform.deploymentSources says which location may`,
          );
        }
        if (
          typeof declaredOwner !== 'string' ||
          toEntityRef(declaredOwner, 'group') !== model.owner
        ) {
          // Not whose it is: who declared it may not be one to know.
          throw new NotAllowedError(
            `${url} does not name the owner of the model as spec.owner; a declaration speaks for its own owner only`,
          );
        }
      },
      // It speaks for the owner of every model that it deploys.
      async requireOpen() {},
    };
  }
}
