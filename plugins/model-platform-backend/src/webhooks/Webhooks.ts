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
import { Caller } from '../access/Caller';
import { mayInSystem, mayThroughoutSystem } from '../access/mayInSystem';
import { ModelFilter } from '../access/ModelFilter';
import { decodeCursor, encodeCursor } from '../registry/cursor';
import { AddressGuard } from './AddressGuard';
import { openSecret, SecretBox } from './SecretBox';
import { toBody } from './toBody';
import { exampleData } from './toMessages';
import { makerOf, WebhookMakers } from './WebhookMakers';
import { WebhookSender } from './WebhookSender';
import { WebhookRecord, WebhookStore } from './WebhookStore';

const MAX_PER_SYSTEM = 100;
/** MLflow's rule. */
const NAME = /^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

export interface WebhooksOptions {
  store: WebhookStore;
  authorizer: Authorizer;
  makers: WebhookMakers;
  guard: AddressGuard;
  sender: WebhookSender;
  /** Without it, no secrets are taken. */
  secrets?: SecretBox;
  /** Told when there may be something to send. */
  wake: () => void;
  now?: () => Date;
}

/**
 * Webhooks belong to a system. Who may publish there makes them and manages
 * those; whoever may publish and read everything in it manages all of them.
 * Each hears only of models that who made it may read.
 */
export class Webhooks {
  constructor(private readonly options: WebhooksOptions) {}

  /** Those that the caller manages, newest first; of one system, or of all. */
  async list(
    caller: Caller,
    query: { system?: string; limit?: number; cursor?: string } = {},
  ): Promise<Page<Webhook>> {
    const { store } = this.options;
    let systems: string[];
    if (query.system === undefined) {
      const filter = await this.publishFilter(caller);
      systems = (await store.systems()).filter(one => mayInSystem(filter, one));
    } else {
      systems = [toSystemName(query.system)];
      await this.requirePublisher(caller, systems[0]);
    }
    const whole = await Promise.all(
      systems.map(one => this.managesAll(caller, one)),
    );
    const limit = query.limit ?? 50;
    const found = await store.list({
      systems: systems.filter((_, index) => whole[index]),
      own: { systems, maker: makerOf(caller) },
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
    await this.requirePublisher(caller, system);
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
      ...(await this.options.makers.describe(caller)),
      createdAt: now,
      updatedAt: now,
    };
    await store.add(webhook);
    return toWebhook(webhook);
  }

  /**
   * What is absent stays; an empty secret ends the signing. It goes on speaking
   * for who made it, whoever changes it.
   */
  async update(
    caller: Caller,
    id: string,
    change: Partial<Omit<WebhookSpec, 'system'>>,
  ): Promise<Webhook> {
    const { store, makers, wake } = this.options;
    const webhook = await this.managed(caller, id);
    await this.check(change);
    const { name, description, url, events, status, secret } = change;
    if (
      url !== undefined &&
      url !== webhook.url &&
      webhook.secret !== undefined &&
      secret === undefined
    ) {
      throw new InputError(
        'Another address needs a new secret: what is signed with the old one would be believed by the old receiver. Send secret with url, or an empty one to end the signing',
      );
    }
    await store.update(id, {
      name,
      description,
      url,
      events: events && [...new Set(events)],
      status,
      secret: secret === undefined ? undefined : this.seal(secret, id) ?? null,
      disabledBecause: status === 'ACTIVE' ? null : undefined,
      // Who makes it hear again, or something else, is asked anew what may be heard.
      ...(status !== 'DISABLED' &&
        webhook.maker === makerOf(caller) &&
        (await makers.describe(caller))),
      updatedAt: this.now(),
    });
    wake();
    return await this.get(caller, id);
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
    const { body: _, webhookId: __, modelId: ___, ...shown } = delivery;
    return shown;
  }

  private async publishFilter(caller: Caller): Promise<ModelFilter> {
    return await this.options.authorizer.filter(caller, modelPublishPermission);
  }

  /** Also what others made: nothing in the system is kept from the caller. */
  private async managesAll(caller: Caller, system: string): Promise<boolean> {
    const filters = [
      await this.publishFilter(caller),
      await this.options.authorizer.filter(caller, modelReadPermission),
    ];
    return filters.every(filter => mayThroughoutSystem(filter, system));
  }

  private async requirePublisher(
    caller: Caller,
    system: string,
  ): Promise<void> {
    if (!mayInSystem(await this.publishFilter(caller), system)) {
      throw new NotAllowedError(
        `Not allowed: webhooks of system ${system} are made by those who may publish in it; the system's owner group can give that right`,
      );
    }
  }

  /** The same for one that may not be managed as for one that is not there. */
  private async managed(caller: Caller, id: string): Promise<WebhookRecord> {
    const webhook = await this.options.store.get(id);
    const managed =
      webhook &&
      (webhook.maker === makerOf(caller)
        ? mayInSystem(await this.publishFilter(caller), webhook.system)
        : await this.managesAll(caller, webhook.system));
    if (!managed) {
      throw new NotFoundError(
        `There is no webhook ${id}, or you may not manage it`,
      );
    }
    return webhook;
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
  const { secret, readable: _, maker: __, makerClaims: ___, ...shown } = record;
  return { ...shown, hasSecret: secret !== undefined };
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
