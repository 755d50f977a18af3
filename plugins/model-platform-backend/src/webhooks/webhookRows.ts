import {
  WebhookDelivery,
  WebhookStatus,
} from '@model-platform/plugin-model-platform-common';
import { DeliveryRecord, WebhookRecord } from './WebhookStore';

export interface WebhookRow {
  id: string;
  system: string;
  name: string;
  description: string | null;
  url: string;
  events: string;
  status: WebhookStatus;
  secret: string | null;
  readable: string;
  speaks_for: string;
  created_at: string;
  updated_at: string;
}

export interface DeliveryRow {
  id: string;
  webhook_id: string;
  history_id: number | string;
  event: string;
  body: string;
  status: WebhookDelivery['status'];
  attempts: number;
  created_at: string;
  next_attempt_at: string | null;
  finished_at: string | null;
  response_status: number | null;
  error: string | null;
}

export function toWebhookRecord(row: WebhookRow): WebhookRecord {
  return {
    id: row.id,
    system: row.system,
    name: row.name,
    description: row.description ?? undefined,
    url: row.url,
    events: JSON.parse(row.events),
    status: row.status,
    secret: row.secret ?? undefined,
    readable: JSON.parse(row.readable),
    speaksFor: row.speaks_for,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toWebhookRow(webhook: WebhookRecord): WebhookRow {
  return {
    id: webhook.id,
    system: webhook.system,
    name: webhook.name,
    description: webhook.description ?? null,
    url: webhook.url,
    events: JSON.stringify(webhook.events),
    status: webhook.status,
    secret: webhook.secret ?? null,
    readable: JSON.stringify(webhook.readable),
    speaks_for: webhook.speaksFor,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  };
}

export function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    event: row.event,
    status: row.status,
    attempts: row.attempts,
    createdAt: row.created_at,
    nextAttemptAt: row.next_attempt_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
    responseStatus: row.response_status ?? undefined,
    error: row.error ?? undefined,
  };
}

export function toDeliveryRecord(row: DeliveryRow): DeliveryRecord {
  return { ...toDelivery(row), webhookId: row.webhook_id, body: row.body };
}
