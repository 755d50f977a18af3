import {
  operation,
  OpenApiObject,
  pageOf,
  paging,
  path,
  query,
  schemaRef,
} from './operation';

const WEBHOOKS = 'webhooks';

/** Webhooks; MLflow's clients find the same under `/mlflow/api/2.0/mlflow/webhooks`. */
export const webhookPaths: Array<[string, OpenApiObject]> = [
  path('/v1/webhooks', {
    get: operation('listWebhooks', WEBHOOKS, {
      summary:
        'Webhooks that the caller made, and all of systems that it may publish and read throughout',
      parameters: [query('system', 'Name of one system'), ...paging],
      answers: { '200': pageOf('Webhook') },
    }),
    post: operation('createWebhook', WEBHOOKS, {
      summary: 'Let an address hear what happens to the models of a system',
      body: schemaRef('WebhookSpec'),
      answers: { '201': schemaRef('Webhook') },
      conflict: 'The system has as many as it can have',
    }),
  }),
  path('/v1/webhooks/{id}', {
    get: operation('getWebhook', WEBHOOKS, {
      summary: 'Read a webhook',
      answers: { '200': schemaRef('Webhook') },
    }),
    patch: operation('updateWebhook', WEBHOOKS, {
      summary:
        'Change a webhook; an empty secret ends the signing, another url needs a new one',
      body: schemaRef('WebhookUpdate'),
      answers: { '200': schemaRef('Webhook') },
    }),
    delete: operation('deleteWebhook', WEBHOOKS, {
      summary: 'Remove a webhook, with what was not delivered yet',
      answers: { '204': undefined },
    }),
  }),
  path('/v1/webhooks/{id}/test', {
    post: operation('testWebhook', WEBHOOKS, {
      summary: 'Send an example once, now',
      body: { type: 'object', properties: { event: { type: 'string' } } },
      answers: { '200': schemaRef('WebhookTestResult') },
    }),
  }),
  path('/v1/webhooks/{id}/deliveries', {
    get: operation('listWebhookDeliveries', WEBHOOKS, {
      summary: 'What was sent, and what became of it; newest first',
      parameters: paging,
      answers: { '200': pageOf('WebhookDelivery') },
    }),
  }),
  path('/v1/webhooks/{id}/deliveries/{delivery}/redeliver', {
    post: operation('redeliverWebhook', WEBHOOKS, {
      summary:
        'Send a delivery once more, under the same id, if who made the webhook may still read the model',
      answers: { '202': schemaRef('WebhookDelivery') },
      conflict: 'It is still being tried',
    }),
  }),
];
