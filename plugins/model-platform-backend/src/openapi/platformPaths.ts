import {
  operation,
  OpenApiObject,
  pageOf,
  paging,
  path,
  query,
  schemaRef,
} from './operation';

const METRICS = 'metrics';
const PUBLISHERS = 'publishers';
const PLATFORM = 'platform';
const range = (values: string[], standard: string) =>
  query('range', 'How far back', { enum: values, default: standard });

/** Metrics, KPIs, publishers, and what describes the platform itself. */
export const platformPaths: Array<[string, OpenApiObject]> = [
  path('/v1/models/{name}/metrics', {
    get: operation('getModelMetrics', METRICS, {
      summary: 'Technical and business metrics of a model',
      parameters: [range(['1h', '24h', '7d', '30d', '90d'], '24h')],
      answers: { '200': schemaRef('ModelMetrics') },
    }),
  }),
  path('/v1/models/{name}/live-metrics', {
    get: operation('getLiveMetrics', METRICS, {
      summary:
        "What the model's own code counts, read from its runners this moment; nothing of it is stored",
      answers: { '200': schemaRef('LiveModelMetrics') },
    }),
  }),
  path('/v1/deployments/{name}/sizes', {
    get: operation('getSizes', METRICS, {
      summary: 'What runners of a deployment take, and the sizes that follow',
      answers: {
        '200': {
          type: 'object',
          required: ['items'],
          properties: {
            items: { type: 'array', items: schemaRef('VariantSize') },
          },
        },
      },
    }),
  }),
  path('/v1/metric-catalogue', {
    get: operation('getMetricCatalogue', METRICS, {
      summary: 'Metrics that can be compared between projects',
      answers: {
        '200': {
          type: 'object',
          properties: {
            items: { type: 'array', items: schemaRef('CatalogueMetric') },
          },
        },
      },
    }),
  }),
  path('/v1/kpis/overview', {
    get: operation('getKpiOverview', METRICS, {
      summary: 'Figures over all models that the caller may read',
      parameters: [
        range(['7d', '30d', '90d'], '30d'),
        query('system', 'Name of a system'),
        query('theme', 'A business theme'),
        query('owner', 'Entity ref of a group'),
      ],
      answers: { '200': schemaRef('KpiOverview') },
    }),
  }),
  path('/v1/publishers', {
    get: operation('listPublishers', PUBLISHERS, {
      summary: 'Tokens that may publish, without their secrets',
      parameters: paging,
      answers: {
        '200': {
          allOf: [
            pageOf('PublisherToken'),
            {
              type: 'object',
              properties: {
                identities: {
                  type: 'array',
                  description: 'CI systems as configured; on the first page',
                  items: schemaRef('PublisherIdentity'),
                },
              },
            },
          ],
        },
      },
    }),
    post: operation('createPublisher', PUBLISHERS, {
      summary:
        'Make a token with rights that one has oneself; it is shown this once',
      body: {
        type: 'object',
        required: ['name', 'grants'],
        properties: {
          name: { type: 'string', maxLength: 100 },
          grants: { type: 'array', minItems: 1, items: schemaRef('Grant') },
          expiresInSeconds: {
            type: 'integer',
            description: '90 days where absent',
          },
        },
      },
      answers: { '201': schemaRef('NewPublisherToken') },
    }),
  }),
  path('/v1/publishers/{id}', {
    delete: operation('revokePublisher', PUBLISHERS, {
      summary: 'Revoke a token',
      answers: { '204': undefined },
    }),
  }),
  path('/openapi.json', {
    get: operation('getOpenApi', PLATFORM, {
      summary: 'This document',
      answers: { '200': { type: 'object' } },
      open: true,
    }),
  }),
  path('/cli.tgz', {
    get: operation('getCli', PLATFORM, {
      summary: 'The command line client, for `npx <this URL>`',
      answers: { '200': { type: 'string', format: 'binary' } },
      answerType: 'application/gzip',
      open: true,
    }),
  }),
];
