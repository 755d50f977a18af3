import {
  Webhook,
  WebhookDelivery,
} from '@model-platform/plugin-model-platform-common';
import { ModelFilter } from '../access/ModelFilter';

/** A webhook as it is kept. */
export interface WebhookRecord extends Omit<Webhook, 'hasSecret'> {
  /** Sealed. */
  secret?: string;
  /** Who made it, whatever name it goes by: a person, `token:<id>` or `plugin:<id>`. */
  maker: string;
  /** Of a person, whom it spoke for when saving it last. */
  makerClaims?: string[];
  /** Which models its maker could read then. */
  readable: ModelFilter;
}

/** What is given is changed, and nothing else; null removes. */
export interface WebhookChange
  extends Partial<
    Pick<
      WebhookRecord,
      | 'name'
      | 'description'
      | 'url'
      | 'events'
      | 'status'
      | 'speaksFor'
      | 'makerClaims'
      | 'readable'
    >
  > {
  secret?: string | null;
  disabledBecause?: null;
  updatedAt: string;
}

/** A message that is to be sent. */
export interface DeliveryRecord extends WebhookDelivery {
  webhookId: string;
  modelId: string;
  body: string;
}

export interface NewDelivery {
  id: string;
  webhookId: string;
  modelId: string;
  /** With the event, what makes it the same message. */
  historyId: string;
  event: string;
  body: string;
}

/** What became of an attempt. */
export type AttemptOutcome = Pick<
  WebhookDelivery,
  'status' | 'nextAttemptAt' | 'responseStatus' | 'error'
>;

/** Keeps webhooks and deliveries. Knows no rules. */
export interface WebhookStore {
  add(webhook: WebhookRecord): Promise<void>;
  update(id: string, change: WebhookChange): Promise<void>;
  /** Where nobody changed it since it was read. */
  disable(webhook: WebhookRecord, because: string): Promise<void>;
  get(id: string): Promise<WebhookRecord | undefined>;
  /** With its deliveries. */
  remove(id: string): Promise<void>;
  /** Systems that have any. */
  systems(): Promise<string[]>;
  count(system: string): Promise<number>;
  /** All of some systems, of others those of one maker; newest first. */
  list(query: {
    systems: string[];
    own: { systems: string[]; maker: string };
    limit: number;
    after?: { value: string; id: string };
  }): Promise<WebhookRecord[]>;
  /** Active ones of a system. */
  listening(system: string): Promise<WebhookRecord[]>;

  /** Adds those that are not there yet. */
  enqueue(deliveries: NewDelivery[]): Promise<void>;
  getDelivery(
    webhookId: string,
    id: string,
  ): Promise<DeliveryRecord | undefined>;
  /** Newest first. */
  deliveries(
    webhookId: string,
    page: { limit: number; after?: { value: string; id: string } },
  ): Promise<WebhookDelivery[]>;
  /** Pending ones of active webhooks whose time has come, oldest first; none of the busy webhooks. */
  due(now: string, limit: number, busy: string[]): Promise<DeliveryRecord[]>;
  /**
   * Counts an attempt, and puts the next one off until then, should nobody
   * tell what became of it; false where somebody else took it.
   */
  claim(delivery: DeliveryRecord, until: string): Promise<boolean>;
  finish(id: string, outcome: AttemptOutcome): Promise<void>;
  /** Makes one that is finished pending again, with all its attempts before it. */
  redeliver(webhookId: string, id: string): Promise<boolean>;
  /** Finished ones of before. @returns how many. */
  removeFinished(before: string): Promise<number>;
}
