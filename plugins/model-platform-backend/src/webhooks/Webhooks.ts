import { randomUUID } from 'node:crypto';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import {
  modelPublishPermission,
  modelReadPermission,
  Page,
  toSystemName,
  Webhook,
  WEBHOOK_EVENTS,
  WebhookDelivery,
  WebhookSpec,
  WebhookTestResult,
} from '@model-platform/plugin-model-platform-common';
import { Authorizer } from '../access/Authorizer';
import { Caller, toActor } from '../access/Caller';
import { mayInSystem } from '../access/mayInSystem';
import { decodeCursor, encodeCursor } from '../registry/cursor';
import { AddressGuard } from './AddressGuard';
import { openSecret, SecretBox } from './SecretBox';
import { toBody } from './toBody';
import { exampleData } from './toMessages';
import { WebhookSender } from './WebhookSender';
import { WebhookRecord, WebhookStore } from './WebhookStore';

const MAX_PER_SYSTEM = 100;
/** MLflow's rule. */
const NAME = /^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

export interface WebhooksOptions {
  store: WebhookStore;
  authorizer: Authorizer;
  guard: AddressGuard;
  sender: WebhookSender;
  /** Without it, no secrets are taken. */
  secrets?: SecretBox;
  /** Told when there may be something to send. */
  wake: () => void;
  now?: () => Date;
}

/**
 * Webhooks belong to a system. Who may publish there manages them; each hears
 * only of models that who saved it last could read then.
 */
export class Webhooks {
  constructor(private readonly options: WebhooksOptions) {}

  /** Newest first; of one system, or of all whose webhooks the caller manages. */
  async list(
    caller: Caller,
    query: { system?: string; limit?: number; cursor?: string } = {},
  ): Promise<Page<Webhook>> {
    const { store } = this.options;
    let systems: string[];
    if (query.system === undefined) {
      const all = await store.systems();
      const may = await Promise.all(all.map(one => this.manages(caller, one)));
      systems = all.filter((_, index) => may[index]);
    } else {
      systems = [toSystemName(query.system)];
      await this.requireManager(caller, systems[0]);
    }
    const limit = query.limit ?? 50;
    const found = await store.list({
      systems,
      limit: limit + 1,
      after:
        query.cursor === undefined ? undefined : decodeCursor(query.cursor),
    });
    return toPage(found, limit, toWebhook);
  }

  async get(caller: Caller, id: string): Promise<Webhook> {
    return toWebhook(await this.managed(caller, id));
  }

  /** Throws `InputError` for what is wrong, `NotAllowedError` where the caller may not publish in the system. */
  async create(caller: Caller, spec: WebhookSpec): Promise<Webhook> {
    const { store } = this.options;
    const system = toSystemName(spec.system);
    await this.requireManager(caller, system);
    await this.check(spec);
    if ((await store.count(system)) >= MAX_PER_SYSTEM) {
      throw new ConflictError(
        `System ${system} has ${MAX_PER_SYSTEM} webhooks already; remove one first`,
      );
    }
    const id = randomUUID();
    const now = this.now();
    const { name, description, url, status = 'ACTIVE' } = spec;
    const webhook: WebhookRecord = {
      id,
      system,
      name,
      description,
      url,
      events: [...new Set(spec.events)],
      status,
      secret: this.seal(spec.secret, id),
      ...(await this.voiceOf(caller)),
      createdAt: now,
      updatedAt: now,
    };
    await store.add(webhook);
    return toWebhook(webhook);
  }

  /** What is absent stays; an empty secret ends the signing. */
  async update(
    caller: Caller,
    id: string,
    change: Partial<Omit<WebhookSpec, 'system'>>,
  ): Promise<Webhook> {
    const webhook = await this.managed(caller, id);
    await this.check(change);
    const { secret, events, ...fields } = change;
    const given = Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== undefined),
    );
    const changed: WebhookRecord = {
      ...webhook,
      ...given,
      events: events ? [...new Set(events)] : webhook.events,
      secret: secret === undefined ? webhook.secret : this.seal(secret, id),
      ...(await this.voiceOf(caller)),
      updatedAt: this.now(),
    };
    await this.options.store.save(changed);
    this.options.wake();
    return toWebhook(changed);
  }

  /** With what was not delivered yet. */
  async remove(caller: Caller, id: string): Promise<void> {
    const webhook = await this.managed(caller, id);
    await this.options.store.remove(webhook.id);
  }

  /** Sends an example once, now; of its first event where none is named. */
  async test(
    caller: Caller,
    id: string,
    event?: string,
  ): Promise<WebhookTestResult> {
    const webhook = await this.managed(caller, id);
    if (event !== undefined) checkEvents([event]);
    const tested = event ?? webhook.events[0];
    try {
      const answer = await this.options.sender.send({
        id: randomUUID(),
        url: webhook.url,
        secret:
          webhook.secret &&
          openSecret(this.options.secrets, webhook.secret, webhook.id),
        body: toBody({
          event: tested,
          at: this.now(),
          system: webhook.system,
          data: exampleData(tested),
        }),
      });
      return {
        success: answer.status >= 200 && answer.status < 300,
        responseStatus: answer.status,
        responseBody: answer.body,
      };
    } catch (error) {
      return {
        success: false,
        error: error instanceof Error ? error.message : String(error),
      };
    }
  }

  /** Newest first. */
  async deliveries(
    caller: Caller,
    id: string,
    page: { limit?: number; cursor?: string } = {},
  ): Promise<Page<WebhookDelivery>> {
    const webhook = await this.managed(caller, id);
    const limit = page.limit ?? 50;
    const found = await this.options.store.deliveries(webhook.id, {
      limit: limit + 1,
      after: page.cursor === undefined ? undefined : decodeCursor(page.cursor),
    });
    return toPage(found, limit, one => one);
  }

  /** Sends it once more, under the same id. Throws `ConflictError` where it is still being tried. */
  async redeliver(
    caller: Caller,
    id: string,
    deliveryId: string,
  ): Promise<WebhookDelivery> {
    const { store, wake } = this.options;
    const webhook = await this.managed(caller, id);
    const again = await store.redeliver(webhook.id, deliveryId);
    const delivery = await store.getDelivery(webhook.id, deliveryId);
    if (!delivery) {
      throw new NotFoundError(
        `There is no delivery ${deliveryId} of this webhook`,
      );
    }
    if (!again) {
      throw new ConflictError(
        `The delivery ${deliveryId} is still being tried; the next attempt is at ${delivery.nextAttemptAt}`,
      );
    }
    wake();
    const { body: _, webhookId: __, ...shown } = delivery;
    return shown;
  }

  private async manages(caller: Caller, system: string): Promise<boolean> {
    const filter = await this.options.authorizer.filter(
      caller,
      modelPublishPermission,
    );
    return mayInSystem(filter, system);
  }

  private async requireManager(caller: Caller, system: string): Promise<void> {
    if (!(await this.manages(caller, system))) {
      throw new NotAllowedError(
        `Not allowed: webhooks of system ${system} are managed by those who may publish in it; the system's owner group can give that right`,
      );
    }
  }

  /** The same for one that may not be managed as for one that is not there. */
  private async managed(caller: Caller, id: string): Promise<WebhookRecord> {
    const webhook = await this.options.store.get(id);
    if (!webhook || !(await this.manages(caller, webhook.system))) {
      throw new NotFoundError(
        `There is no webhook ${id}, or you may not manage it`,
      );
    }
    return webhook;
  }

  private async voiceOf(
    caller: Caller,
  ): Promise<Pick<WebhookRecord, 'readable' | 'speaksFor'>> {
    return {
      speaksFor: toActor(caller),
      readable: await this.options.authorizer.filter(
        caller,
        modelReadPermission,
      ),
    };
  }

  private async check(spec: Partial<WebhookSpec>): Promise<void> {
    if (spec.name !== undefined && !NAME.test(spec.name)) {
      throw new InputError(
        `Webhook name '${spec.name}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
      );
    }
    if (spec.events !== undefined) checkEvents(spec.events);
    if (spec.url !== undefined) {
      if (!URL.canParse(spec.url)) {
        throw new InputError(
          spec.url.trim() === ''
            ? 'Webhook URL cannot be empty or just whitespace'
            : `Invalid webhook URL '${spec.url}': it is no address`,
        );
      }
      await this.options.guard.checkResolved(new URL(spec.url));
    }
  }

  private seal(secret: string | undefined, id: string): string | undefined {
    if (!secret) return undefined;
    if (!this.options.secrets) {
      throw new InputError(
        'This platform has no key to keep secrets with: set modelPlatform.webhooks.encryptionKey, or leave the secret out',
      );
    }
    return this.options.secrets.seal(secret, id);
  }

  private now(): string {
    return (this.options.now?.() ?? new Date()).toISOString();
  }
}

function checkEvents(events: string[]): void {
  if (events.length === 0) {
    throw new InputError(
      `A webhook must have events; there are: ${WEBHOOK_EVENTS.join(', ')}`,
    );
  }
  const unknown = events.find(one => !WEBHOOK_EVENTS.includes(one));
  if (unknown !== undefined) {
    throw new InputError(
      `There is no event '${unknown}'; there are: ${WEBHOOK_EVENTS.join(', ')}`,
    );
  }
}

function toWebhook(record: WebhookRecord): Webhook {
  const { secret, readable: _, ...webhook } = record;
  return { ...webhook, hasSecret: secret !== undefined };
}

function toPage<T extends { id: string; createdAt: string }, S>(
  found: T[],
  limit: number,
  toItem: (one: T) => S,
): Page<S> {
  const items = found.slice(0, limit);
  const last = items[items.length - 1];
  return {
    items: items.map(toItem),
    nextCursor:
      found.length > limit
        ? encodeCursor({ value: last.createdAt, id: last.id })
        : undefined,
  };
}
