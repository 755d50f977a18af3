import { InputError } from '@backstage/errors';
import {
  isMlflowEvent,
  Webhook,
  WebhookTestResult,
} from '@model-platform/plugin-model-platform-common';

/** A webhook as MLflow's clients read it; only with the events that they know. */
export function toMlflowWebhook(webhook: Webhook) {
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    ...(webhook.description ? { description: webhook.description } : {}),
    url: webhook.url,
    events: webhook.events.filter(isMlflowEvent).map(event => {
      const [entity, action] = event.toUpperCase().split('.');
      return { entity, action };
    }),
    status: webhook.status,
    creation_timestamp: Date.parse(webhook.createdAt),
    last_updated_timestamp: Date.parse(webhook.updatedAt),
  };
}

/** An event of MLflow's API: `{ entity: 'MODEL_VERSION', action: 'CREATED' }`. Throws `InputError`. */
export function ofMlflowEvent(event: { entity: string; action: string }) {
  const name = `${event.entity}.${event.action}`.toLocaleLowerCase('en-US');
  if (!isMlflowEvent(name)) {
    throw new InputError(
      `Invalid action '${event.action}' for entity '${event.entity}'`,
    );
  }
  return name;
}

export function toMlflowTestResult(result: WebhookTestResult) {
  return {
    success: result.success,
    ...(result.responseStatus === undefined
      ? {}
      : { response_status: result.responseStatus }),
    ...(result.responseBody === undefined
      ? {}
      : { response_body: result.responseBody }),
    ...(result.error === undefined
      ? {}
      : { error_message: `Failed to test webhook: ${result.error}` }),
  };
}
