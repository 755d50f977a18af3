import { CatalogModelKindDefinition } from '@backstage/catalog-model/alpha';
import { MAX_CALL_SECONDS } from '../deployment/maxCallSeconds';
import { RELATION_DEPLOYS } from './annotations';
import { ownerField, systemField } from './modelKind';

const versionSelector = {
  description:
    'Which version it serves: what an alias names, one number, or always the newest.',
  oneOf: [
    {
      type: 'object',
      required: ['alias'],
      additionalProperties: false,
      properties: { alias: { type: 'string', minLength: 1 } },
    },
    {
      type: 'object',
      required: ['number'],
      additionalProperties: false,
      properties: { number: { type: 'integer', minimum: 1 } },
    },
    {
      type: 'object',
      required: ['latest'],
      additionalProperties: false,
      properties: { latest: { const: true } },
    },
  ],
};

/** Kind `ModelDeployment`: the desired state of an endpoint, as code in Git. */
export const modelDeploymentKind: CatalogModelKindDefinition = {
  group: 'model-platform.io',
  names: {
    kind: 'ModelDeployment',
    singular: 'modeldeployment',
    plural: 'modeldeployments',
  },
  description:
    'A deployment of a model as code: the endpoint of the same name, which versions answer it, and how traffic is shared among them. What runs in fact is shown by the model platform, not here.',
  versions: [
    {
      name: 'v1alpha1',
      relationFields: [
        ownerField,
        systemField,
        {
          selector: { path: 'spec.model' },
          relation: RELATION_DEPLOYS,
          defaultKind: 'Model',
          defaultNamespace: 'default',
          allowedKinds: ['Model'],
        },
      ],
      schema: {
        jsonSchema: {
          type: 'object',
          required: ['spec'],
          properties: {
            spec: {
              type: 'object',
              required: ['system', 'environment', 'model'],
              properties: {
                owner: {
                  type: 'string',
                  minLength: 1,
                  description:
                    'Entity ref; the owner of the model where absent.',
                },
                system: {
                  type: 'string',
                  minLength: 1,
                  description: 'The system of the model.',
                },
                environment: {
                  type: 'string',
                  minLength: 1,
                  examples: ['local', 'staging', 'production'],
                },
                model: {
                  type: 'string',
                  minLength: 1,
                  description: 'Name, slug or entity ref of the model.',
                },
                strategy: {
                  type: 'object',
                  required: ['type'],
                  properties: {
                    type: {
                      type: 'string',
                      enum: ['single', 'weighted', 'canary', 'shadow'],
                    },
                    stickyBy: {
                      type: 'string',
                      description:
                        'What keeps one caller with one variant: a header, a cookie or a member of the JSON.',
                      examples: [
                        'header:x-customer-id',
                        'cookie:session',
                        'json:inputs.customerId',
                      ],
                    },
                    steps: {
                      type: 'array',
                      description:
                        'Of canary: shares of the new revision, one after the other.',
                      items: {
                        type: 'object',
                        required: ['weight'],
                        properties: {
                          weight: {
                            type: 'number',
                            exclusiveMinimum: 0,
                            exclusiveMaximum: 100,
                          },
                          pause: { type: 'string', examples: ['10m'] },
                          waitForPerson: { const: true },
                        },
                      },
                    },
                    analysis: {
                      type: 'object',
                      description:
                        'Of canary: what the new revision must keep to at each step.',
                      required: ['metrics'],
                      properties: {
                        minCalls: { type: 'integer', minimum: 1 },
                        waitAtMost: { type: 'string', examples: ['1h'] },
                        metrics: {
                          type: 'array',
                          minItems: 1,
                          items: { type: 'object', required: ['metric'] },
                        },
                      },
                    },
                  },
                },
                variants: {
                  type: 'array',
                  minItems: 1,
                  items: {
                    type: 'object',
                    required: ['name', 'version'],
                    properties: {
                      name: { type: 'string', minLength: 1 },
                      version: versionSelector,
                      weight: {
                        type: 'number',
                        minimum: 0,
                        maximum: 100,
                        description: 'Share of traffic, in percent.',
                      },
                      shadow: {
                        type: 'number',
                        exclusiveMinimum: 0,
                        maximum: 100,
                        description:
                          'Percent of the calls of which it gets a copy, with the strategy shadow; its answers are dropped.',
                      },
                      model: {
                        type: 'string',
                        minLength: 1,
                        description: 'Another model of the same system.',
                      },
                    },
                  },
                },
                resources: {
                  type: 'object',
                  properties: {
                    cpu: { type: 'string', examples: ['500m'] },
                    memory: { type: 'string', examples: ['512Mi'] },
                    gpu: { type: 'number', minimum: 0 },
                    timeoutSeconds: {
                      type: 'number',
                      exclusiveMinimum: 0,
                      maximum: MAX_CALL_SECONDS,
                      description: 'How long a call may take.',
                    },
                    replicas: {
                      type: 'object',
                      required: ['min', 'max'],
                      properties: {
                        min: { type: 'integer', minimum: 0 },
                        max: { type: 'integer', minimum: 1 },
                        inFlight: {
                          type: 'number',
                          exclusiveMinimum: 0,
                          description:
                            'Calls that one runner shall answer at a time.',
                        },
                        idleSeconds: {
                          type: 'integer',
                          minimum: 1,
                          description:
                            'How long nobody must have called until the last runner ends, where min is 0.',
                        },
                      },
                    },
                  },
                },
                limits: {
                  type: 'object',
                  properties: {
                    concurrentCalls: {
                      type: 'integer',
                      minimum: 1,
                      description:
                        'Calls that are being answered at a time, at each gateway.',
                    },
                    maxBodyBytes: {
                      type: 'integer',
                      minimum: 1,
                      description:
                        'Largest body of a call, bytes; 1 MiB where absent.',
                    },
                  },
                },
                triggers: {
                  type: 'array',
                  description: 'What makes a new revision by itself.',
                  items: { type: 'object' },
                },
                gates: {
                  type: 'array',
                  description: 'What a revision waits for.',
                  items: { type: 'object' },
                },
              },
            },
          },
        },
      },
    },
  ],
};
