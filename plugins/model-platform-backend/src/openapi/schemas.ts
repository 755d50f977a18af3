import { OpenApiObject, schemaRef } from './operation';

const text = { type: 'string' };
const integer = { type: 'integer' };
const number = { type: 'number' };
const flag = { type: 'boolean' };
const time = { type: 'string', format: 'date-time' };
const anything = {};
const free = { type: 'object', additionalProperties: true };
const listOf = (items: OpenApiObject) => ({ type: 'array', items });
const oneOf = (...values: string[]) => ({ enum: values });

/** An object; a name with `?` behind it may be absent. */
function object(fields: Record<string, OpenApiObject>): OpenApiObject {
  const names = Object.keys(fields);
  return {
    type: 'object',
    required: names.filter(name => !name.endsWith('?')),
    properties: Object.fromEntries(
      Object.entries(fields).map(([name, schema]) => [
        name.replace(/\?$/, ''),
        schema,
      ]),
    ),
  };
}

const figure = object({ 'value?': number, 'previous?': number });
const point = {
  type: 'array',
  prefixItems: [time, number],
  minItems: 2,
  maxItems: 2,
};
const counts = listOf(object({ key: text, count: integer }));
const timeRange = object({ from: time, to: time, stepSeconds: number });

const versionSpec = {
  metadata: free,
  flavor: text,
  runtime: oneOf('node', 'python'),
  signature: schemaRef('Signature'),
  'endpoint?': text,
  'resources?': schemaRef('Resources'),
  'metrics?': listOf(schemaRef('CustomMetric')),
  'evaluation?': { type: 'object', additionalProperties: number },
  'example?': free,
  'provenance?': free,
};

const publisherToken = {
  id: text,
  name: text,
  grants: listOf(schemaRef('Grant')),
  createdBy: text,
  createdAt: time,
  'expiresAt?': time,
  'lastUsedAt?': time,
  'revokedAt?': time,
};

const endpointToken = {
  id: text,
  endpoint: text,
  consumer: text,
  createdBy: text,
  createdAt: time,
  'expiresAt?': time,
  'revokedAt?': time,
};

const catalogueMetric = {
  name: text,
  type: oneOf('counter', 'gauge', 'histogram'),
  'unit?': text,
  description: text,
  better: oneOf('higher', 'lower', 'neither'),
  'labels?': listOf(text),
};

const lifecycle = oneOf('experimental', 'production', 'deprecated');
const visibility = oneOf('system', 'everyone');

/** What the paths speak of; the same shapes as the types of the common package. */
export const schemas: Record<string, OpenApiObject> = {
  Error: object({
    error: {
      ...object({
        name: text,
        message: text,
        'problems?': listOf(schemaRef('FieldProblem')),
      }),
      additionalProperties: true,
    },
    request: object({ method: text, url: text }),
    response: object({ statusCode: integer }),
  }),
  FieldProblem: object({
    field: text,
    rule: text,
    'given?': anything,
    'example?': anything,
    source: text,
  }),
  FacetValue: object({ value: text, count: integer }),
  VersionSummary: object({
    number: integer,
    status: oneOf('draft', 'ready', 'archived'),
    'readyAt?': time,
    'theme?': text,
    'risk?': text,
  }),
  Model: object({
    id: text,
    name: text,
    slug: text,
    type: text,
    description: text,
    owner: text,
    system: text,
    lifecycle,
    visibility,
    sharedWith: listOf(text),
    tags: listOf(text),
    createdAt: time,
    createdBy: text,
    updatedAt: time,
    'archivedAt?': time,
    aliases: { type: 'object', additionalProperties: integer },
    'current?': schemaRef('VersionSummary'),
    'latest?': schemaRef('VersionSummary'),
    'metadata?': free,
    'actions?': object({
      update: flag,
      publish: flag,
      archive: flag,
      deploy: flag,
      createEndpointToken: flag,
    }),
    etag: text,
  }),
  ModelUpdate: object({
    'description?': text,
    'lifecycle?': lifecycle,
    'visibility?': visibility,
    'sharedWith?': listOf(text),
    'tags?': listOf(text),
    'owner?': text,
    'archived?': { const: false },
    'reason?': text,
  }),
  SignatureField: object({
    name: text,
    type: oneOf('number', 'integer', 'string', 'boolean'),
    'shape?': listOf(integer),
    'description?': text,
    'unit?': text,
    'optional?': flag,
    'default?': anything,
    'minimum?': number,
    'maximum?': number,
    'enum?': listOf({ type: ['string', 'number'] }),
    'example?': anything,
  }),
  Signature: object({
    inputs: listOf(schemaRef('SignatureField')),
    outputs: listOf(schemaRef('SignatureField')),
  }),
  CustomMetric: object({
    name: text,
    type: oneOf('counter', 'gauge', 'histogram'),
    'description?': text,
    'unit?': text,
    'labels?': listOf(text),
    'collected?': flag,
  }),
  Resources: object({
    'cpu?': text,
    'memory?': text,
    'gpu?': integer,
    'replicas?': object({ min: integer, max: integer }),
  }),
  VersionFile: object({
    path: text,
    digest: { type: 'string', pattern: '^sha256:[0-9a-f]{64}$' },
    sizeBytes: integer,
  }),
  VersionSpec: object(versionSpec),
  ModelVersion: object({
    id: text,
    modelId: text,
    model: text,
    number: integer,
    status: oneOf('draft', 'ready', 'archived'),
    ...versionSpec,
    files: listOf(schemaRef('VersionFile')),
    manifestDigest: text,
    aliases: listOf(text),
    publisher: text,
    createdAt: time,
    'readyAt?': time,
    'archivedAt?': time,
    'missing?': listOf(text),
    'expiresAt?': time,
  }),
  DraftRequest: object({
    model: object({
      name: text,
      type: text,
      owner: text,
      system: text,
      description: text,
      'lifecycle?': lifecycle,
      'visibility?': visibility,
      'sharedWith?': listOf(text),
      'tags?': listOf(text),
    }),
    version: schemaRef('VersionSpec'),
    files: listOf(schemaRef('VersionFile')),
    'force?': flag,
  }),
  DraftResponse: object({
    version: schemaRef('ModelVersion'),
    unchanged: flag,
    missing: listOf(text),
  }),
  PartsStatus: object({
    digest: text,
    sizeBytes: integer,
    partSizeBytes: integer,
    count: integer,
    missing: listOf(integer),
  }),
  Alias: object({ alias: text, version: integer }),
  HistoryEntry: object({
    id: text,
    at: time,
    actor: text,
    action: text,
    'reason?': text,
    'details?': free,
  }),
  DeploymentSpec: object({
    'owner?': text,
    system: text,
    environment: text,
    model: text,
    'strategy?': object({
      type: oneOf('single', 'weighted'),
      'stickyBy?': text,
    }),
    'variants?': listOf(
      object({
        name: text,
        version: {
          oneOf: [
            object({ alias: text }),
            object({ number: integer }),
            object({ latest: { const: true } }),
          ],
        },
        'weight?': number,
        'model?': text,
      }),
    ),
    'resources?': schemaRef('Resources'),
    'triggers?': listOf(
      object({
        'onVersion?': { const: true },
        'onAlias?': object({ alias: text }),
      }),
    ),
  }),
  ModelDeploymentManifest: object({
    apiVersion: { const: 'model-platform.io/v1alpha1' },
    kind: { const: 'ModelDeployment' },
    metadata: { ...object({ name: text }), additionalProperties: true },
    spec: schemaRef('DeploymentSpec'),
  }),
  Revision: object({
    number: integer,
    createdAt: time,
    actor: text,
    reason: text,
    variants: listOf(
      object({
        name: text,
        modelId: text,
        model: text,
        version: integer,
        weight: number,
      }),
    ),
  }),
  Deployment: object({
    name: text,
    modelId: text,
    model: text,
    modelSlug: text,
    system: text,
    owner: text,
    environment: text,
    spec: schemaRef('DeploymentSpec'),
    generation: integer,
    source: text,
    off: flag,
    'offReason?': text,
    'revision?': schemaRef('Revision'),
    'servingRevision?': integer,
    phase: oneOf('Off', 'Pending', 'Starting', 'Ready', 'Degraded', 'Failed'),
    conditions: listOf(
      object({
        type: oneOf('Available', 'Progressing', 'Degraded'),
        status: oneOf('True', 'False', 'Unknown'),
        reason: text,
        message: text,
        lastTransitionAt: time,
      }),
    ),
    runners: listOf(
      object({
        id: text,
        variant: text,
        version: integer,
        revision: integer,
        phase: oneOf('starting', 'ready', 'draining', 'failed', 'stopped'),
        restarts: integer,
        'message?': text,
        'startedAt?': time,
        'pid?': integer,
      }),
    ),
    'url?': text,
    updatedAt: time,
    updatedBy: text,
    etag: text,
    'actions?': object({ deploy: flag, createEndpointToken: flag }),
  }),
  LogLine: {
    ...object({
      at: time,
      level: oneOf('debug', 'info', 'warn', 'error'),
      message: text,
      runner: text,
      'requestId?': text,
    }),
    additionalProperties: true,
  },
  Endpoint: object({
    name: text,
    url: text,
    model: text,
    modelSlug: text,
    modelId: text,
    system: text,
    owner: text,
    'version?': integer,
    ready: flag,
    'example?': free,
  }),
  EndpointToken: object(endpointToken),
  NewEndpointToken: object({ ...endpointToken, token: text }),
  Grant: object({
    actions: listOf(
      oneOf('read', 'publish', 'deploy', 'endpoint-token', 'archive'),
    ),
    systems: listOf(text),
    'owners?': listOf(text),
  }),
  PublisherToken: object(publisherToken),
  NewPublisherToken: object({ ...publisherToken, token: text }),
  CatalogueMetric: object(catalogueMetric),
  ModelMetrics: object({
    range: timeRange,
    calls: figure,
    errors: figure,
    errorRatio: figure,
    latencyP50Seconds: figure,
    latencyP95Seconds: figure,
    series: object({
      calls: listOf(point),
      errors: listOf(point),
      latencyP50Seconds: listOf(point),
      latencyP95Seconds: listOf(point),
    }),
    byVariant: listOf(
      object({
        endpoint: text,
        variant: text,
        version: text,
        calls: number,
        errors: number,
      }),
    ),
    byConsumer: listOf(object({ consumer: text, calls: number })),
    custom: listOf(
      object({ ...catalogueMetric, total: figure, series: listOf(point) }),
    ),
    runnerRestarts: integer,
    'collectedAt?': time,
  }),
  KpiOverview: object({
    range: timeRange,
    filter: object({ 'system?': text, 'theme?': text, 'owner?': text }),
    modelsPublished: figure,
    modelsInUse: figure,
    versionsPublished: figure,
    calls: figure,
    errorRatio: figure,
    latencyP95Seconds: figure,
    callsByTheme: listOf(object({ theme: text, points: listOf(point) })),
    modelsByTheme: counts,
    modelsByType: counts,
    modelsByOwner: counts,
    models: listOf(
      object({
        slug: text,
        name: text,
        type: text,
        'theme?': text,
        owner: text,
        system: text,
        'risk?': text,
        'version?': integer,
        'lastPublishedAt?': time,
        endpoints: listOf(text),
        calls: number,
        'errorRatio?': number,
        'latencyP95Seconds?': number,
      }),
    ),
    lastUpdates: listOf(
      object({
        slug: text,
        name: text,
        version: integer,
        at: time,
        publisher: text,
      }),
    ),
    businessMetrics: listOf(
      object({
        ...catalogueMetric,
        models: listOf(
          object({
            slug: text,
            name: text,
            total: figure,
            points: listOf(point),
          }),
        ),
      }),
    ),
    attention: listOf(
      object({
        kind: oneOf(
          'stale',
          'never-called',
          'without-owner',
          'incomplete',
          'failing',
        ),
        slug: text,
        name: text,
        message: text,
      }),
    ),
    'collectedAt?': time,
  }),
};
