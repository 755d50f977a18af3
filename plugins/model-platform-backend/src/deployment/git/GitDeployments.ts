import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { Config } from '@backstage/config';
import { ConflictError, isError, NotAllowedError } from '@backstage/errors';
import { CatalogService } from '@backstage/plugin-catalog-node';
import {
  toEntityRef,
  toSystemName,
} from '@model-platform/plugin-model-platform-common';
import { toActorName } from '../../access/toActorName';
import { DeploymentActor } from '../access/DeploymentActor';
import { Deployments } from '../Deployments';
import { DeploymentStore } from '../store/DeploymentStore';
import { SourceRecord } from './SourceStore';
import { isBelow } from './isBelow';
import { locationOf, Namesakes } from './Namesakes';
import { LeaderLease } from '../lease/LeaderLease';

const EVERY_MS = 10_000;
/** After a push the catalog needs a moment to read it; so long it is looked at more often. */
const EAGER_MS = 20_000;
/** A declaration that was refused is tried again: a model may have been published since. */
const RETRY_REFUSED_MS = 10_000;
/** So long a declaration must be gone before its deployment is removed: a catalog that is filled anew has none for a while. */
const PRUNE_AFTER_MS = 10 * 60_000;
/** After a longer break of looks the time begins anew: nobody knows what was declared meanwhile. */
const UNWATCHED_MS = 2 * 60_000;
/** Of an entity whose file is gone, where the catalog keeps those. */
const ORPHAN_ANNOTATION = 'backstage.io/orphan';

/** What declarations from one place may deploy. */
interface DeploymentSource {
  urlPrefix: string;
  systems: string[];
  environments: string[];
  /** Whether what is no longer declared is removed. */
  prune: boolean;
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
      clock?: () => Date;
    },
  ): GitDeployments {
    const sources = (
      config.getOptionalConfigArray('modelPlatform.deploymentSources') ?? []
    ).map(source => ({
      urlPrefix: source.getString('urlPrefix'),
      systems: source.getStringArray('systems').map(toSystemName),
      environments: source.getStringArray('environments'),
      prune: source.getOptionalBoolean('prune') ?? false,
    }));
    return new GitDeployments(sources, options);
  }

  private wakeUp: (() => void) | undefined;

  private eagerUntil = 0;

  /** Of declarations that are gone, by entity ref: since when this process looks, and when it last did. */
  private readonly missed = new Map<
    string,
    { sinceMs: number; lookedAtMs: number }
  >();

  private constructor(
    private readonly sources: DeploymentSource[],
    private readonly options: {
      store: DeploymentStore;
      deployments: Deployments;
      lease: LeaderLease;
      catalog: CatalogService;
      auth: AuthService;
      logger: LoggerService;
      clock?: () => Date;
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
        const fencing = await this.options.lease.hold();
        if (fencing !== undefined) {
          await this.sync(fencing);
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

  /** One look at all declarations, in the hands of the leader with this lease number. */
  async sync(fencing: number): Promise<void> {
    const { catalog, auth, store, logger } = this.options;
    const { items } = await catalog.getEntities(
      { filter: { kind: 'ModelDeployment' } },
      { credentials: await auth.getOwnServiceCredentials() },
    );
    const known = new Map(
      (await store.sources.list()).map(source => [source.entityRef, source]),
    );
    const declared = items.filter(
      ({ metadata }) => metadata.annotations?.[ORPHAN_ANNOTATION] !== 'true',
    );
    const namesakes = new Namesakes(declared, known);
    await this.handOver(declared, { known, namesakes, fencing });
    for (const entity of declared) {
      const entityRef = stringifyEntityRef(entity);
      await this.take(entity, {
        known: known.get(entityRef),
        insteadOf: namesakes.insteadOf(entity),
        fencing,
      });
      known.delete(entityRef);
    }
    for (const entityRef of this.missed.keys()) {
      if (!known.has(entityRef)) this.missed.delete(entityRef);
    }
    for (const source of known.values()) {
      try {
        await this.miss(source, fencing);
      } catch (error) {
        logger.warn(
          `Deployment ${source.name}, which ${source.location} no longer declares, could not be looked at: ${error}`,
        );
      }
    }
  }

  /** What was applied is still declared where only the namespace in the file was changed. */
  private async handOver(
    declared: Entity[],
    {
      known,
      namesakes,
      fencing,
    }: {
      known: Map<string, SourceRecord>;
      namesakes: Namesakes;
      fencing: number;
    },
  ): Promise<void> {
    const { sources } = this.options.store.asLeader(fencing);
    const refs = new Set(declared.map(entity => stringifyEntityRef(entity)));
    for (const source of [...known.values()]) {
      const heir = namesakes.heirOf(source);
      if (
        refs.has(source.entityRef) ||
        heir === undefined ||
        source.appliedFrom === undefined
      )
        continue;
      const moved = { ...source, entityRef: heir };
      await sources.save(moved);
      await sources.drop(source.entityRef);
      known.delete(source.entityRef);
      known.set(heir, moved);
    }
  }

  /** What is declared no longer goes on, until a person or `prune` removes it. */
  private async miss(source: SourceRecord, fencing: number): Promise<void> {
    const { deployments, logger } = this.options;
    const store = this.options.store.asLeader(fencing);
    const deployment = await store.get(source.name);
    const goneMs = this.goneFor(source);
    const { appliedFrom } = source;
    // One that was never applied, or that another declaration or a person has by now, is none of its business.
    if (
      !deployment ||
      deployment.deleting ||
      appliedFrom === undefined ||
      deployment.source !== appliedFrom
    ) {
      await store.sources.drop(source.entityRef);
      return;
    }
    if (source.state !== 'orphaned') {
      const message = `${appliedFrom} no longer declares it; the deployment goes on as it is. Delete it if it is not wanted any more`;
      await deployments.orphan(deployment, this.actor(appliedFrom).name, {
        fencing,
      });
      await store.sources.save({
        ...source,
        digest: undefined,
        state: 'orphaned',
        message,
        updatedAt: this.now().toISOString(),
      });
      logger.warn(`Deployment ${source.name}: ${message}`);
    } else if (
      this.sourcesOf(appliedFrom).some(({ prune }) => prune) &&
      goneMs >= PRUNE_AFTER_MS
    ) {
      const actor = this.actor(appliedFrom, deployment.owner);
      await deployments.delete(source.name, actor, {
        reason: `${appliedFrom} no longer declares it, and its source is pruned`,
        fencing,
      });
      await store.sources.drop(source.entityRef);
      logger.warn(
        `Deployment ${source.name} was removed: its source is pruned`,
      );
    }
  }

  /** So long somebody has looked for it and not found it, milliseconds. */
  private goneFor({ entityRef }: SourceRecord): number {
    const now = this.now().getTime();
    const before = this.missed.get(entityRef);
    const sinceMs =
      before && now - before.lookedAtMs <= UNWATCHED_MS ? before.sinceMs : now;
    this.missed.set(entityRef, { sinceMs, lookedAtMs: now });
    return now - sinceMs;
  }

  private async take(
    entity: Entity,
    {
      known,
      insteadOf,
      fencing,
    }: {
      known: SourceRecord | undefined;
      /** Another declaration of its name in its file, which counts. */
      insteadOf: string | undefined;
      fencing: number;
    },
  ): Promise<void> {
    const { deployments, logger } = this.options;
    const store = this.options.store.asLeader(fencing);
    const location = locationOf(entity);
    const { name } = entity.metadata;
    const digest = createHash('sha256')
      .update(JSON.stringify([name, location, entity.spec]))
      .digest('hex');
    const unchanged = known?.digest === digest;
    const isFresh =
      known !== undefined &&
      this.now().getTime() - Date.parse(known.updatedAt) < RETRY_REFUSED_MS;
    if (unchanged && (known.state === 'applied' || isFresh)) {
      return;
    }
    const source: SourceRecord = {
      entityRef: stringifyEntityRef(entity),
      location,
      appliedFrom: location,
      name: name.slice(0, 40),
      digest,
      state: 'applied',
      updatedAt: this.now().toISOString(),
    };
    try {
      if (insteadOf !== undefined) {
        throw new ConflictError(
          `The deployment ${name} is declared by ${insteadOf} in the same file, and deployments have one name in all namespaces; remove one of the two, or give it another name`,
        );
      }
      await deployments.apply(
        name,
        entity.spec,
        this.actor(location, entity.spec?.owner),
        {
          reason: `Declared in ${location}`,
          source: location,
          movedFrom: known?.appliedFrom,
          fencing,
        },
      );
      logger.info(`Deployment ${name} was applied from ${location}`);
    } catch (error) {
      source.state = 'refused';
      source.appliedFrom = known?.appliedFrom;
      source.message = isError(error) ? error.message : String(error);
      if (!unchanged || known?.message !== source.message) {
        logger.warn(
          `Deployment ${name}, declared in ${location}, was refused: ${source.message}`,
        );
      }
    }
    await store.sources.save(source);
  }

  /**
   * Whoever may write to the place speaks for the owner that the declaration
   * names, and for no other one: else a repository of one group could take over
   * what serves the model of another.
   */
  private actor(location: string, declaredOwner?: unknown): DeploymentActor {
    const url = urlOf(location);
    const sources = this.sourcesOf(location);
    return {
      name: toActorName(`git:${url}`),
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

  private sourcesOf(location: string): DeploymentSource[] {
    return this.sources.filter(({ urlPrefix }) =>
      isBelow(urlOf(location), urlPrefix),
    );
  }

  private now(): Date {
    return this.options.clock?.() ?? new Date();
  }
}

/** Of a location as the catalog writes it: `url:https://…`. */
function urlOf(location: string): string {
  return location.replace(/^[a-z]+:(?=\/|[a-z]+:)/, '');
}
