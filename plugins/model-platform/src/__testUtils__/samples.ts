import {
  Deployment,
  Model,
  ModelMetrics,
  Point,
} from '@model-platform/plugin-model-platform-common';

/** A model as the registry answers it. */
export function sampleModel(fields: Partial<Model> = {}): Model {
  const slug = fields.slug ?? 'iris';
  return {
    id: `id-of-${slug}`,
    name: slug,
    slug,
    type: 'ml',
    description: 'Tells the species of an iris from the size of its flower.',
    owner: 'group:default/botany-ml',
    system: 'plant-catalogue',
    lifecycle: 'production',
    visibility: 'system',
    sharedWith: [],
    tags: ['tabular'],
    createdAt: '2026-11-01T08:00:00.000Z',
    createdBy: 'user:default/mira',
    updatedAt: '2026-11-02T08:00:00.000Z',
    aliases: {},
    current: {
      number: 3,
      status: 'ready',
      flavor: 'onnx',
      readyAt: '2026-11-02T08:00:00.000Z',
      theme: 'species-recognition',
      risk: 'minimal',
    },
    latest: {
      number: 3,
      status: 'ready',
      flavor: 'onnx',
      readyAt: '2026-11-02T08:00:00.000Z',
    },
    actions: {
      update: true,
      publish: true,
      archive: true,
      delete: true,
      deploy: true,
      createEndpointToken: true,
    },
    etag: '"1"',
    ...fields,
  };
}

/** A deployment that serves. */
export function sampleDeployment(fields: Partial<Deployment> = {}): Deployment {
  const name = fields.name ?? 'iris';
  return {
    name,
    modelId: 'id-of-iris',
    model: 'iris',
    modelSlug: 'iris',
    system: 'plant-catalogue',
    owner: 'group:default/botany-ml',
    environment: 'local',
    spec: {
      system: 'plant-catalogue',
      environment: 'local',
      model: 'iris',
      variants: [{ name: 'main', version: { alias: 'champion' } }],
    },
    generation: 2,
    source: 'api',
    off: false,
    overrides: [],
    drift: [],
    revision: {
      number: 2,
      createdAt: '2026-11-02T09:00:00.000Z',
      actor: 'user:default/mira',
      reason: 'Version 3 reads smaller flowers',
      variants: [
        {
          name: 'main',
          modelId: 'id-of-iris',
          model: 'iris',
          version: 3,
          weight: 100,
        },
      ],
    },
    servingRevision: 2,
    phase: 'Ready',
    conditions: [
      {
        type: 'Available',
        status: 'True',
        reason: 'Serving',
        message: 'Revision 2 serves all traffic',
        lastTransitionTime: '2026-11-02T09:00:10.000Z',
        lastTransitionAt: '2026-11-02T09:00:10.000Z',
        observedGeneration: 2,
      },
    ],
    runners: [
      {
        id: 'iris-main-2',
        variant: 'main',
        version: 3,
        revision: 2,
        phase: 'ready',
        restarts: 0,
        startedAt: '2026-11-02T09:00:05.000Z',
      },
    ],
    url: 'http://127.0.0.1:7080/iris',
    updatedAt: '2026-11-02T09:00:00.000Z',
    updatedBy: 'user:default/mira',
    etag: '"2"',
    actions: { deploy: true, createEndpointToken: true },
    ...fields,
  };
}

const points = (...values: number[]): Point[] =>
  values.map((value, hour) => [
    `2026-11-02T${String(hour).padStart(2, '0')}:00:00.000Z`,
    value,
  ]);

/** Metrics of a day: 1,234 calls, 12 of them failed. */
export function sampleMetrics(
  fields: Partial<ModelMetrics> = {},
): ModelMetrics {
  return {
    range: {
      from: '2026-11-02T00:00:00.000Z',
      to: '2026-11-03T00:00:00.000Z',
      stepSeconds: 3600,
    },
    calls: { value: 1234, previous: 617 },
    errors: { value: 12, previous: 24 },
    errorRatio: { value: 12 / 1234, previous: 24 / 617 },
    latencyP50Seconds: { value: 0.0042, previous: 0.0042 },
    latencyP95Seconds: { value: 0.031, previous: 0.062 },
    series: {
      calls: points(400, 834),
      errors: points(4, 8),
      latencyP50Seconds: points(0.004, 0.0044),
      latencyP95Seconds: points(0.03, 0.032),
    },
    byVariant: [
      {
        endpoint: 'iris',
        variant: 'main',
        version: '3',
        calls: 1234,
        errors: 12,
        callerErrors: 3,
        latencyP50Seconds: 0.004,
        latencyP95Seconds: 0.03,
      },
    ],
    shadows: [],
    byConsumer: [
      { consumer: 'component:default/plant-guide', calls: 1200 },
      { consumer: 'component:default/greenhouse-app', calls: 34 },
    ],
    custom: [],
    runnerRestarts: 0,
    collectedAt: '2026-11-03T00:00:00.000Z',
    ...fields,
  };
}
