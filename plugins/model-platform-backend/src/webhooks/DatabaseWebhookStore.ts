import { WebhookDelivery } from '@model-platform/plugin-model-platform-common';
import { Knex } from 'knex';
import {
  DeliveryRow,
  toChangedColumns,
  toDelivery,
  toDeliveryRecord,
  toWebhookRecord,
  toWebhookRow,
  WebhookRow,
} from './webhookRows';
import {
  AttemptOutcome,
  DeliveryRecord,
  NewDelivery,
  WebhookChange,
  WebhookRecord,
  WebhookStore,
} from './WebhookStore';

const INSERT_CHUNK = 100;

/** Webhooks in SQLite or PostgreSQL. */
export class DatabaseWebhookStore implements WebhookStore {
  static create(options: { knex: Knex; clock?: () => Date }) {
    return new DatabaseWebhookStore(
      options.knex,
      options.clock ?? (() => new Date()),
    );
  }

  private constructor(
    private readonly knex: Knex,
    private readonly clock: () => Date,
  ) {}

  async add(webhook: WebhookRecord): Promise<void> {
    await this.knex<WebhookRow>('webhooks').insert(toWebhookRow(webhook));
  }

  async update(id: string, change: WebhookChange): Promise<void> {
    await this.knex<WebhookRow>('webhooks')
      .where({ id })
      .update(toChangedColumns(change));
  }

  async disable(
    { id, updatedAt }: WebhookRecord,
    because: string,
  ): Promise<void> {
    await this.knex<WebhookRow>('webhooks')
      .where({ id, updated_at: updatedAt })
      .update({
        status: 'DISABLED',
        disabled_because: because,
        updated_at: this.now(),
      });
  }

  async get(id: string): Promise<WebhookRecord | undefined> {
    const row = await this.knex<WebhookRow>('webhooks').where({ id }).first();
    return row && toWebhookRecord(row);
  }

  async remove(id: string): Promise<void> {
    await this.knex.transaction(async tx => {
      // Not left to the database: SQLite looks after references only where it was told to.
      await tx<DeliveryRow>('webhook_deliveries')
        .where({ webhook_id: id })
        .delete();
      await tx<WebhookRow>('webhooks').where({ id }).delete();
    });
  }

  async systems(): Promise<string[]> {
    return await this.knex<WebhookRow>('webhooks').distinct().pluck('system');
  }

  async count(system: string): Promise<number> {
    const row = await this.knex<WebhookRow>('webhooks')
      .where({ system })
      .count({ count: '*' })
      .first<{ count: number | string }>();
    return Number(row?.count ?? 0);
  }

  async list(query: {
    systems: string[];
    own: { systems: string[]; maker: string };
    limit: number;
    after?: { value: string; id: string };
  }): Promise<WebhookRecord[]> {
    const { systems, own } = query;
    const select = this.knex<WebhookRow>('webhooks').where(either =>
      either
        .whereIn('system', systems)
        .orWhere(made =>
          made.where({ maker: own.maker }).whereIn('system', own.systems),
        ),
    );
    newestFirst(select, query);
    return (await select).map(toWebhookRecord);
  }

  async listening(system: string): Promise<WebhookRecord[]> {
    const rows = await this.knex<WebhookRow>('webhooks')
      .where({ system, status: 'ACTIVE' })
      .orderBy('id');
    return rows.map(toWebhookRecord);
  }

  async enqueue(deliveries: NewDelivery[]): Promise<void> {
    const now = this.now();
    const rows = deliveries.map(
      (delivery): DeliveryRow => ({
        id: delivery.id,
        webhook_id: delivery.webhookId,
        model_id: delivery.modelId,
        history_id: delivery.historyId,
        event: delivery.event,
        body: delivery.body,
        status: 'pending',
        attempts: 0,
        created_at: now,
        next_attempt_at: now,
        finished_at: null,
        response_status: null,
        error: null,
      }),
    );
    for (let start = 0; start < rows.length; start += INSERT_CHUNK) {
      await this.knex<DeliveryRow>('webhook_deliveries')
        .insert(rows.slice(start, start + INSERT_CHUNK))
        .onConflict(['webhook_id', 'history_id', 'event'])
        .ignore();
    }
  }

  async getDelivery(
    webhookId: string,
    id: string,
  ): Promise<DeliveryRecord | undefined> {
    const row = await this.knex<DeliveryRow>('webhook_deliveries')
      .where({ id, webhook_id: webhookId })
      .first();
    return row && toDeliveryRecord(row);
  }

  async deliveries(
    webhookId: string,
    page: { limit: number; after?: { value: string; id: string } },
  ): Promise<WebhookDelivery[]> {
    const select = this.knex<DeliveryRow>('webhook_deliveries').where({
      webhook_id: webhookId,
    });
    newestFirst(select, page);
    return (await select).map(toDelivery);
  }

  async due(
    now: string,
    limit: number,
    busy: string[],
  ): Promise<DeliveryRecord[]> {
    const rows: DeliveryRow[] = await this.knex('webhook_deliveries')
      .join('webhooks', 'webhooks.id', 'webhook_deliveries.webhook_id')
      .where({
        'webhook_deliveries.status': 'pending',
        'webhooks.status': 'ACTIVE',
      })
      .andWhere('webhook_deliveries.next_attempt_at', '<=', now)
      .whereNotIn('webhook_deliveries.webhook_id', busy)
      .orderBy([
        { column: 'webhook_deliveries.next_attempt_at' },
        { column: 'webhook_deliveries.history_id' },
      ])
      .limit(limit)
      .select('webhook_deliveries.*');
    return rows.map(toDeliveryRecord);
  }

  async claim(delivery: DeliveryRecord, until: string): Promise<boolean> {
    const { id, attempts } = delivery;
    const claimed = await this.knex<DeliveryRow>('webhook_deliveries')
      .where({ id, attempts, status: 'pending' })
      .update({ attempts: attempts + 1, next_attempt_at: until });
    return claimed > 0;
  }

  async finish(id: string, outcome: AttemptOutcome): Promise<void> {
    await this.knex<DeliveryRow>('webhook_deliveries')
      .where({ id })
      .update({
        status: outcome.status,
        next_attempt_at: outcome.nextAttemptAt ?? null,
        finished_at: outcome.status === 'pending' ? null : this.now(),
        response_status: outcome.responseStatus ?? null,
        error: outcome.error ?? null,
      });
  }

  async redeliver(webhookId: string, id: string): Promise<boolean> {
    const again = await this.knex<DeliveryRow>('webhook_deliveries')
      .where({ id, webhook_id: webhookId })
      .whereNot({ status: 'pending' })
      .update({
        status: 'pending',
        next_attempt_at: this.now(),
        finished_at: null,
      });
    return again > 0;
  }

  async removeFinished(before: string): Promise<number> {
    return await this.knex<DeliveryRow>('webhook_deliveries')
      .whereIn('status', ['delivered', 'failed'])
      .andWhere('finished_at', '<', before)
      .delete();
  }

  private now(): string {
    return this.clock().toISOString();
  }
}

function newestFirst(
  select: Knex.QueryBuilder,
  page: { limit: number; after?: { value: string; id: string } },
): void {
  const { after, limit } = page;
  if (after) {
    select.andWhere(older =>
      older
        .where('created_at', '<', after.value)
        .orWhere(same =>
          same.where('created_at', after.value).andWhere('id', '<', after.id),
        ),
    );
  }
  select
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit);
}
