import {
  Page,
  Webhook,
  WebhookDelivery,
  WebhookSpec,
  WebhookTestResult,
} from '../types';
import { AccessCalls } from './AccessCalls';
import { enc } from './enc';
import { PageQuery, RequestOptions } from './PlatformCalls';

/** Webhooks and what was delivered to them. @public */
export class WebhookCalls extends AccessCalls {
  async listWebhooks(
    query: PageQuery & { system?: string } = {},
    options?: RequestOptions,
  ): Promise<Page<Webhook>> {
    return await this.json('webhooks', { ...options, query: { ...query } });
  }

  async getWebhook(id: string, options?: RequestOptions): Promise<Webhook> {
    return await this.json(`webhooks/${enc(id)}`, options);
  }

  async createWebhook(
    spec: WebhookSpec,
    options?: RequestOptions,
  ): Promise<Webhook> {
    return await this.json('webhooks', {
      ...options,
      method: 'POST',
      body: spec,
    });
  }

  /** What is absent stays; an empty secret ends the signing. */
  async updateWebhook(
    id: string,
    change: Partial<Omit<WebhookSpec, 'system'>>,
    options?: RequestOptions,
  ): Promise<Webhook> {
    return await this.json(`webhooks/${enc(id)}`, {
      ...options,
      method: 'PATCH',
      body: change,
    });
  }

  async deleteWebhook(id: string, options?: RequestOptions): Promise<void> {
    await this.json(`webhooks/${enc(id)}`, { ...options, method: 'DELETE' });
  }

  /** Sends an example once, now. */
  async testWebhook(
    id: string,
    body: { event?: string } = {},
    options?: RequestOptions,
  ): Promise<WebhookTestResult> {
    return await this.json(`webhooks/${enc(id)}/test`, {
      ...options,
      method: 'POST',
      body,
    });
  }

  async listWebhookDeliveries(
    id: string,
    page: PageQuery = {},
    options?: RequestOptions,
  ): Promise<Page<WebhookDelivery>> {
    return await this.json(`webhooks/${enc(id)}/deliveries`, {
      ...options,
      query: { ...page },
    });
  }

  async redeliver(
    webhook: string,
    delivery: string,
    options?: RequestOptions,
  ): Promise<WebhookDelivery> {
    return await this.json(
      `webhooks/${enc(webhook)}/deliveries/${enc(delivery)}/redeliver`,
      { ...options, method: 'POST' },
    );
  }
}
