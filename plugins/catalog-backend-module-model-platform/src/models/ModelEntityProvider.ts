import { createHash } from 'node:crypto';
import {
  LoggerService,
  SchedulerServiceTaskRunner,
} from '@backstage/backend-plugin-api';
import { Entity, stringifyEntityRef } from '@backstage/catalog-model';
import {
  EntityProvider,
  EntityProviderConnection,
} from '@backstage/plugin-catalog-node';
import { EventsService } from '@backstage/plugin-events-node';
import {
  DEPLOYMENT_EVENTS_TOPIC,
  Endpoint,
  MODEL_EVENTS_TOPIC,
  Model,
} from '@model-platform/plugin-model-platform-common';
import { RetryingTask } from '../RetryingTask';
import { CatalogReader } from './CatalogReader';
import { RegistryReader } from './RegistryReader';
import { toEndpointApiEntity } from './toEndpointApiEntity';
import { toModelEntity } from './toModelEntity';

const FIRST_SYNC_DELAY_MS = 1_000;
/** Events come in bursts: a publish moves an alias and makes a deployment. */
const EVENT_DELAY_MS = 200;
/** All of it is looked through again after this long, should somebody have changed it in the catalog. */
const SWEEP_AFTER_MS = 30 * 60_000;
/** Clocks of the portal's replicas differ, and a change is stored a moment after its time. */
const OVERLAP_MS = 2 * 60_000;
const REMOVED_AT_ONCE = 500;
const NAME = 'model-platform-models';

interface ServedEndpoint extends Endpoint {
  /** Of all that its entity is made of, but for the model. */
  digest: string;
}

/**
 * Keeps the catalog equal to the registry: one `Model` for each model with a
 * ready version, one `API` for each endpoint. First all models, page by page,
 * then only what changed; the catalog compares hashes of contents, so what is
 * handed over again costs a look. Removed is only what a whole read of the
 * registry did not find, or what the registry says is archived: a read that
 * fails anywhere removes nothing.
 */
export class ModelEntityProvider implements EntityProvider {
  private connection: EntityProviderConnection | undefined;
  private readonly task: RetryingTask;
  private endpoints = new Map<string, ServedEndpoint>();
  private sweptAt: number | undefined;
  private syncedAt = 0;

  constructor(
    private readonly options: {
      reader: RegistryReader;
      catalog: Pick<CatalogReader, 'refs'>;
      taskRunner: SchedulerServiceTaskRunner;
      events: EventsService;
      logger: LoggerService;
    },
  ) {
    this.task = new RetryingTask(
      'Reading models for the catalog',
      options.logger,
      () => this.sync(),
    );
  }

  getProviderName(): string {
    return NAME;
  }

  async connect(connection: EntityProviderConnection): Promise<void> {
    this.connection = connection;
    // The schedule lives in the database and may be due in a minute only; nobody waits that long after a start.
    this.task.requestIn(FIRST_SYNC_DELAY_MS);
    await this.options.taskRunner.run({
      id: NAME,
      fn: () => this.task.request(),
    });
    await this.options.events.subscribe({
      id: NAME,
      topics: [MODEL_EVENTS_TOPIC, DEPLOYMENT_EVENTS_TOPIC],
      onEvent: async () => this.task.requestIn(EVENT_DELAY_MS),
    });
  }

  stop(): void {
    this.task.stop();
  }

  private async sync(): Promise<void> {
    const startedAt = Date.now();
    const endpoints = await this.readEndpoints();
    if (
      this.sweptAt === undefined ||
      startedAt - this.sweptAt > SWEEP_AFTER_MS
    ) {
      await this.sweep(endpoints);
      this.sweptAt = startedAt;
    } else {
      await this.follow(endpoints);
    }
    this.endpoints = endpoints;
    this.syncedAt = startedAt;
  }

  /** All models; then what the catalog has beyond them goes. */
  private async sweep(endpoints: Map<string, ServedEndpoint>): Promise<void> {
    const { reader, catalog, logger } = this.options;
    const gone = new Set<string>();
    for await (const ref of catalog.refs()) gone.add(ref);
    const byModel = groupByModel(endpoints.values());
    let count = 0;
    for await (const models of reader.models()) {
      const entities = await this.toEntities(models, byModel);
      for (const entity of entities) gone.delete(stringifyEntityRef(entity));
      await this.apply(entities, []);
      count += entities.length;
    }
    await this.apply([], [...gone]);
    logger.debug(`The catalog has ${count} entities of models and endpoints`);
  }

  /** Models that changed since, and those whose endpoints are others than before. */
  private async follow(endpoints: Map<string, ServedEndpoint>): Promise<void> {
    const { reader } = this.options;
    const byModel = groupByModel(endpoints.values());
    const since = new Date(this.syncedAt - OVERLAP_MS);
    const followed = new Set<string>();
    for await (const models of reader.changedModels(since)) {
      await this.applyModels(models, byModel);
      for (const { slug } of models) followed.add(slug);
    }
    for (const slug of this.servedOtherwise(endpoints)) {
      if (followed.has(slug)) continue;
      const model = await reader.model(slug);
      if (model) await this.applyModels([model], byModel);
    }
    const gone = [...this.endpoints.keys()].filter(
      name => !endpoints.has(name),
    );
    await this.apply([], gone.map(toApiRef));
  }

  private async applyModels(
    models: Model[],
    endpoints: Map<string, ServedEndpoint[]>,
  ): Promise<void> {
    const removed = models.filter(model => !isShown(model));
    await this.apply(await this.toEntities(models, endpoints), [
      ...removed.map(({ slug }) => `model:default/${slug}`),
      ...removed.flatMap(({ id }) =>
        (endpoints.get(id) ?? []).map(({ name }) => toApiRef(name)),
      ),
    ]);
  }

  private async apply(entities: Entity[], removed: string[]): Promise<void> {
    if (!this.connection)
      throw new Error(`${NAME} is not connected to the catalog`);
    if (entities.length > 0)
      await this.connection.applyMutation({
        type: 'delta',
        added: entities.map(entity => ({ entity, locationKey: NAME })),
        removed: [],
      });
    for (let start = 0; start < removed.length; start += REMOVED_AT_ONCE)
      await this.connection.applyMutation({
        type: 'delta',
        added: [],
        removed: removed
          .slice(start, start + REMOVED_AT_ONCE)
          .map(entityRef => ({ entityRef, locationKey: NAME })),
      });
  }

  private async readEndpoints(): Promise<Map<string, ServedEndpoint>> {
    const { reader, logger } = this.options;
    const served = new Map<string, ServedEndpoint>();
    for await (const page of reader.endpoints()) {
      for (const endpoint of page) {
        const openApi = await reader.openApi(endpoint.name);
        if (openApi)
          served.set(endpoint.name, {
            ...endpoint,
            digest: digestOf([endpoint.url, endpoint.modelId, openApi]),
          });
        else
          logger.debug(
            `Endpoint ${endpoint.name} has no OpenAPI document yet and is left out of the catalog`,
          );
      }
    }
    return served;
  }

  /** Slugs of the models that have an endpoint more, less, or one that changed. */
  private servedOtherwise(now: Map<string, ServedEndpoint>): Set<string> {
    const slugs = new Set<string>();
    for (const [one, other] of [
      [now, this.endpoints],
      [this.endpoints, now],
    ]) {
      for (const { name, modelSlug, digest } of one.values())
        if (other.get(name)?.digest !== digest) slugs.add(modelSlug);
    }
    return slugs;
  }

  private async toEntities(
    models: Model[],
    endpoints: Map<string, ServedEndpoint[]>,
  ): Promise<Entity[]> {
    const entities: Entity[] = [];
    for (const model of models.filter(isShown)) {
      const own = endpoints.get(model.id) ?? [];
      entities.push(toModelEntity(model, own));
      for (const endpoint of own) {
        const openApi = await this.options.reader.openApi(endpoint.name);
        if (openApi)
          entities.push(toEndpointApiEntity(endpoint, model, openApi));
      }
    }
    return entities;
  }
}

/** A model without a ready version is a draft: nothing of it is public. */
function isShown(model: Model): boolean {
  return !model.archivedAt && model.current !== undefined;
}

function toApiRef(endpoint: string): string {
  return `api:default/${endpoint}`;
}

function groupByModel(
  endpoints: Iterable<ServedEndpoint>,
): Map<string, ServedEndpoint[]> {
  const grouped = new Map<string, ServedEndpoint[]>();
  for (const endpoint of endpoints)
    grouped.set(endpoint.modelId, [
      ...(grouped.get(endpoint.modelId) ?? []),
      endpoint,
    ]);
  return grouped;
}

function digestOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
