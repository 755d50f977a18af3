import {
  WebhookDelivery,
  WebhookStatus,
} from '@model-platform/plugin-model-platform-common';
import { DeliveryRecord, WebhookChange, WebhookRecord } from './WebhookStore';

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
  maker: string;
  maker_claims: string | null;
  disabled_because: string | null;
  created_at: string;
  updated_at: string;
}

export interface DeliveryRow {
  id: string;
  webhook_id: string;
  model_id: string;
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
    maker: row.maker,
    makerClaims: row.maker_claims ? JSON.parse(row.maker_claims) : undefined,
    disabledBecause: row.disabled_because ?? undefined,
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
    maker: webhook.maker,
    maker_claims: webhook.makerClaims
      ? JSON.stringify(webhook.makerClaims)
      : null,
    disabled_because: webhook.disabledBecause ?? null,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  };
}

/** Undefined for what stays. */
export function toChangedColumns(change: WebhookChange): Partial<WebhookRow> {
  const { name, description, url, status, secret } = change;
  const json = (value: unknown) =>
    value === undefined ? undefined : JSON.stringify(value);
  return {
    name,
    description,
    url,
    status,
    secret,
    events: json(change.events),
    readable: json(change.readable),
    speaks_for: change.speaksFor,
    maker_claims: json(change.makerClaims),
    disabled_because: change.disabledBecause,
    updated_at: change.updatedAt,
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
  return {
    ...toDelivery(row),
    webhookId: row.webhook_id,
    modelId: row.model_id,
    body: row.body,
  };
}
