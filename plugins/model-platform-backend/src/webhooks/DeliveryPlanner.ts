import { randomUUID } from 'node:crypto';
import { matchesFilter } from '../access/matchesFilter';
import { ModelFilter, ModelSubject } from '../access/ModelFilter';
import { Change, ChangeOutbox } from '../registry/ChangeOutbox';
import { HistoryStore } from '../registry/HistoryStore';
import { Registry } from '../registry/Registry';
import { toBody } from './toBody';
import { ChangedModel, toMessages } from './toMessages';
import { WebhookMakers } from './WebhookMakers';
import { NewDelivery, WebhookRecord, WebhookStore } from './WebhookStore';

const BATCH = 100;

/** Makes of each change the messages that webhooks shall get. */
export class DeliveryPlanner {
  constructor(
    private readonly options: {
      outbox: ChangeOutbox;
      registry: Registry;
      history: HistoryStore;
      store: WebhookStore;
      makers: WebhookMakers;
    },
  ) {}

  /** Asked anew before each attempt: rights may have ended since it was planned. */
  async mayHear(webhook: WebhookRecord, modelId: string): Promise<boolean> {
    const model = await this.modelOf(modelId);
    return (
      model !== undefined &&
      matchesFilter(await this.options.makers.readableBy(webhook), model)
    );
  }

  /** All that is there; what a killed process planned in part is planned once all the same. */
  async plan(signal: AbortSignal): Promise<void> {
    const { outbox, store } = this.options;
    while (!signal.aborted) {
      const changes = await outbox.pending(BATCH);
      if (changes.length === 0) return;
      const heard = new Set(await store.systems());
      const deliveries: NewDelivery[] = [];
      const known = new Map<string, Promise<ModelFilter>>();
      const readableBy = (webhook: WebhookRecord) => {
        const asked =
          known.get(webhook.id) ?? this.options.makers.readableBy(webhook);
        known.set(webhook.id, asked);
        return asked;
      };
      for (const change of heard.size === 0 ? [] : changes) {
        deliveries.push(
          ...(await this.deliveriesOf(change, heard, readableBy)),
        );
      }
      await store.enqueue(deliveries);
      await outbox.done(changes);
    }
  }

  private async deliveriesOf(
    change: Change,
    heard: Set<string>,
    readableBy: (webhook: WebhookRecord) => Promise<ModelFilter>,
  ): Promise<NewDelivery[]> {
    const model = await this.modelOf(change.modelId);
    if (!model || !heard.has(model.system)) return [];
    const { system } = model;
    const listening: WebhookRecord[] = [];
    for (const webhook of await this.options.store.listening(system)) {
      if (matchesFilter(await readableBy(webhook), model)) {
        listening.push(webhook);
      }
    }
    if (listening.length === 0) return [];
    const number = change.details?.version;
    const version =
      typeof number === 'number'
        ? await this.options.registry.findVersion(change.modelId, number)
        : undefined;
    return toMessages(change, model, version).flatMap(({ event, data }) => {
      const body = toBody({ event, at: change.at, system, data });
      return listening
        .filter(({ events }) => events.includes(event))
        .map(({ id }) => ({
          id: randomUUID(),
          webhookId: id,
          modelId: change.modelId,
          historyId: change.id,
          event,
          body,
        }));
    });
  }

  private async modelOf(
    id: string,
  ): Promise<(ModelSubject & ChangedModel) | undefined> {
    const { registry, history } = this.options;
    return (
      (await registry.findUnpublishedModelById(id)) ??
      (await history.findDeleted(id))?.subject
    );
  }
}
