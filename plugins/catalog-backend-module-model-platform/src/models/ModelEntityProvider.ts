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
import { createHash } from 'node:crypto';
import { RetryingTask } from '../RetryingTask';
import { RegistryReader } from './RegistryReader';
import { toEndpointApiEntity } from './toEndpointApiEntity';
import { toModelEntity } from './toModelEntity';

const FIRST_SYNC_DELAY_MS = 1_000;
/** Events come in bursts: a publish moves an alias and makes a deployment. */
const EVENT_DELAY_MS = 200;
/** All of it is applied again after this long, should somebody have deleted it in the catalog. */
const REAPPLY_AFTER_MS = 10 * 60_000;
const NAME = 'model-platform-models';

/**
 * Keeps the catalog equal to the registry: one `Model` for each model with a
 * ready version, one `API` for each endpoint. Reads everything each time, page
 * by page, and hands over what differs from what it handed over before; a read
 * that fails anywhere changes nothing.
 */
export class ModelEntityProvider implements EntityProvider {
  private connection: EntityProviderConnection | undefined;
  private readonly task: RetryingTask;
  /** Digests by entity ref, and when all of it was applied last. */
  private applied: { digests: Map<string, string>; at: number } | undefined;

  constructor(
    private readonly options: {
      reader: RegistryReader;
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
    if (!this.connection)
      throw new Error(`${NAME} is not connected to the catalog`);
    const entities = await this.read();
    const digests = new Map<string, string>();
    for (const entity of entities)
      digests.set(
        stringifyEntityRef(entity),
        createHash('sha256').update(JSON.stringify(entity)).digest('hex'),
      );
    const now = Date.now();
    const deferred = (entity: Entity) => ({ entity, locationKey: NAME });
    const before =
      this.applied && now - this.applied.at < REAPPLY_AFTER_MS
        ? this.applied
        : undefined;
    if (before) {
      const changed = entities.filter(entity => {
        const ref = stringifyEntityRef(entity);
        return before.digests.get(ref) !== digests.get(ref);
      });
      const removed = [...before.digests.keys()]
        .filter(ref => !digests.has(ref))
        .map(entityRef => ({ entityRef, locationKey: NAME }));
      if (changed.length === 0 && removed.length === 0) return;
      await this.connection.applyMutation({
        type: 'delta',
        added: changed.map(deferred),
        removed,
      });
    } else {
      await this.connection.applyMutation({
        type: 'full',
        entities: entities.map(deferred),
      });
    }
    this.applied = { digests, at: before?.at ?? now };
    this.options.logger.debug(
      `The catalog has ${entities.length} entities of models and endpoints`,
    );
  }

  private async read(): Promise<Entity[]> {
    const { reader, logger } = this.options;
    const models = new Map<string, Model>();
    for await (const model of reader.models()) {
      // A model without a ready version is a draft: nothing of it is public.
      if (!model.archivedAt && model.current) models.set(model.id, model);
    }
    const endpoints = new Map<string, Endpoint[]>();
    const entities: Entity[] = [];
    for await (const endpoint of reader.endpoints()) {
      const model = models.get(endpoint.modelId);
      if (!model) continue;
      const openApi = await reader.openApi(endpoint.name);
      if (!openApi) {
        logger.debug(
          `Endpoint ${endpoint.name} has no OpenAPI document yet and is left out of the catalog`,
        );
        continue;
      }
      endpoints.set(model.id, [...(endpoints.get(model.id) ?? []), endpoint]);
      entities.push(toEndpointApiEntity(endpoint, model, openApi));
    }
    for (const model of models.values())
      entities.push(toModelEntity(model, endpoints.get(model.id) ?? []));
    return entities.sort((a, b) => toSortKey(a).localeCompare(toSortKey(b)));
  }
}

function toSortKey(entity: Entity): string {
  return `${entity.kind}/${entity.metadata.name}`;
}
