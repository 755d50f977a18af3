import { Signature, SignatureField } from '../types';

/** What an endpoint's documents are made from. @public */
export interface EndpointFacts {
  /** The endpoint's name, which stands for the model's in the Open Inference Protocol. */
  endpoint: string;
  model: { name: string; description: string; type: string };
  version: number;
  signature: Signature;
  /** One line of inputs that the endpoint answers. */
  example?: Record<string, unknown>;
  /** Some answer as a stream too. */
  flavor?: string;
}

type Schema = Record<string, unknown>;

const ref = (name: string): Schema => ({
  $ref: `#/components/schemas/${name}`,
});

function scalarSchema(field: SignatureField, nullable: boolean): Schema {
  const { type } = field;
  // JSON carries no more whole numbers exactly.
  const minimum =
    field.minimum ?? (type === 'integer' ? Number.MIN_SAFE_INTEGER : undefined);
  const maximum =
    field.maximum ?? (type === 'integer' ? Number.MAX_SAFE_INTEGER : undefined);
  return {
    type: nullable ? [type, 'null'] : type,
    ...(field.enum
      ? { enum: nullable ? [...field.enum, null] : field.enum }
      : {}),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

/** What is `optional` may be null, inputs also left out; numbers of outputs are null where they are not finite. */
function fieldSchema(field: SignatureField, role: 'input' | 'output'): Schema {
  const shape = field.shape ?? [];
  const optional = field.optional === true;
  const inexact = role === 'output' && field.type === 'number';
  const shaped = [...shape].reverse().reduce<Schema>(
    (items, size, index) => ({
      type:
        optional && index === shape.length - 1 ? ['array', 'null'] : 'array',
      items,
      ...(size === -1 ? {} : { minItems: size, maxItems: size }),
    }),
    scalarSchema(field, inexact || (optional && shape.length === 0)),
  );
  const description = [
    field.description?.replace(/([^.!?])$/, '$1.'),
    field.unit && `Unit: ${field.unit}.`,
    inexact && 'Null where it is not a finite number.',
    role === 'output' && optional && 'Null where there is none.',
  ]
    .filter(Boolean)
    .join(' ');
  return {
    ...shaped,
    ...(description ? { description } : {}),
    ...(field.default === undefined ? {} : { default: field.default }),
    ...(field.example === undefined ? {} : { examples: [field.example] }),
    ...(field.unit ? { 'x-unit': field.unit } : {}),
  };
}

function lineSchema(
  fields: SignatureField[],
  role: 'input' | 'output',
): Schema {
  const required = fields
    .filter(
      field =>
        role === 'output' || (!field.optional && field.default === undefined),
    )
    .map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(field => [field.name, fieldSchema(field, role)]),
    ),
    ...(required.length > 0 ? { required } : {}),
    ...(role === 'input' ? { additionalProperties: false } : {}),
  };
}

const oneOrBatch = (name: string): Schema => ({
  oneOf: [
    ref(name),
    { type: 'array', items: ref(name), minItems: 1, maxItems: 1000 },
  ],
});

const jsonContent = (schema: Schema, example?: unknown) => ({
  'application/json': { schema, ...(example === undefined ? {} : { example }) },
});

const errors: Record<number, string> = {
  400: 'The body is malformed or does not fit the signature; every wrong field is named',
  401: 'No token, or one that is not valid any more',
  403: 'A token of another endpoint',
  404: 'There is no such endpoint',
  413: 'The body is too large; the limit is said',
  429: 'Too many calls; Retry-After says when to come back',
  500: 'The model failed on this request; its logs tell why under the request id',
  502: 'The runner ended over this request; it may or may not have taken it',
  503: 'Nothing is ready to answer; Retry-After says when to come back',
  504: 'The model took too long',
};

const errorResponses = (
  schema: Schema,
  statuses = Object.keys(errors).map(Number),
) =>
  Object.fromEntries(
    statuses.map(status => [
      status,
      { description: errors[status], content: jsonContent(schema) },
    ]),
  );

const answerHeaders = Object.fromEntries(
  ['x-request-id', 'x-model-version', 'x-model-variant'].map(name => [
    name,
    { schema: { type: 'string' } },
  ]),
);

const PROTOCOL = 'Open Inference Protocol v2';

const get = (
  operationId: string,
  summary: string,
  statuses: Record<number, string>,
) => ({
  get: {
    operationId,
    summary,
    tags: [PROTOCOL],
    responses: {
      ...Object.fromEntries(
        Object.entries(statuses).map(([status, description]) => [
          status,
          { description, content: jsonContent({ type: 'object' }) },
        ]),
      ),
      ...errorResponses(ref('ProtocolError'), [401, 403, 404, 429]),
    },
  },
});

/** Paths of the Open Inference Protocol v2, for the newest and for the named version alike. */
function protocolPaths(endpoint: string, version: number): Schema {
  const model = (path: string, suffix: string) => ({
    [path]: get(`modelMetadata${suffix}`, 'Names and shapes of the tensors', {
      200: 'Names, datatypes and shapes; -1 is a variable dimension',
      503: 'The model is still being loaded',
    }),
    [`${path}/ready`]: get(`modelReady${suffix}`, 'Whether it is ready', {
      200: 'It is',
      503: 'It is not',
    }),
    [`${path}/infer`]: {
      post: {
        operationId: `modelInfer${suffix}`,
        summary: 'Infer from tensors',
        tags: [PROTOCOL],
        requestBody: {
          required: true,
          content: jsonContent(ref('InferRequest')),
        },
        responses: {
          200: {
            description: 'The output tensors',
            headers: answerHeaders,
            content: jsonContent(ref('InferResponse')),
          },
          ...errorResponses(ref('ProtocolError')),
        },
      },
    },
  });
  const path = `/v2/models/${endpoint}`;
  return {
    '/v2': get('serverMetadata', 'What answers', {
      200: 'Name, version and extensions',
    }),
    '/v2/health/live': get('serverLive', 'Whether it lives', {
      200: 'It does',
    }),
    '/v2/health/ready': get('serverReady', 'Whether it is ready', {
      200: 'It is',
      503: 'It is not',
    }),
    ...model(path, ''),
    ...model(`${path}/versions/${version}`, 'OfVersion'),
  };
}

/** Flavors whose answers can be had piece by piece. */
const streaming = ['prompt'];

const eventStream = {
  'text/event-stream': {
    schema: {
      type: 'string',
      description:
        'Server-sent events: delta with {"text"} for each piece of the answer, then outputs with what is answered without a stream, or error with what would be answered instead',
    },
  },
};

/**
 * The OpenAPI 3.1 document of an endpoint, generated from its signature: the
 * simple API and the Open Inference Protocol v2. Its server is the folder the
 * document lies in, so that it holds behind any host and path.
 *
 * @public
 */
export function endpointOpenApi(facts: EndpointFacts): Record<string, unknown> {
  const { endpoint, model, version, signature, example, flavor } = facts;
  const streams = flavor !== undefined && streaming.includes(flavor);
  return {
    openapi: '3.1.0',
    info: {
      title: model.name,
      version: String(version),
      description: model.description,
    },
    servers: [{ url: '.' }],
    security: [{ endpointToken: [] }],
    paths: {
      '/predict': {
        post: {
          operationId: 'predict',
          summary: 'Predict for one line or a small batch',
          tags: ['Predict'],
          requestBody: {
            required: true,
            content: jsonContent(
              ref('PredictRequest'),
              example && { inputs: example },
            ),
          },
          responses: {
            200: {
              description: 'The outputs, and which version answered',
              headers: answerHeaders,
              content: {
                ...jsonContent(ref('PredictResponse')),
                ...(streams ? eventStream : {}),
              },
            },
            ...errorResponses(ref('Error')),
          },
        },
      },
      ...protocolPaths(endpoint, version),
    },
    components: {
      securitySchemes: { endpointToken: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Inputs: lineSchema(signature.inputs, 'input'),
        Outputs: lineSchema(signature.outputs, 'output'),
        PredictRequest: {
          type: 'object',
          required: ['inputs'],
          properties: {
            inputs: oneOrBatch('Inputs'),
            ...(streams
              ? {
                  stream: {
                    type: 'boolean',
                    description:
                      'Answers one line as server-sent events; accept: text/event-stream does so too',
                  },
                }
              : {}),
          },
          additionalProperties: false,
        },
        PredictResponse: {
          type: 'object',
          required: ['outputs', 'model', 'requestId'],
          properties: {
            outputs: oneOrBatch('Outputs'),
            model: {
              type: 'object',
              properties: {
                name: { type: 'string' },
                version: { type: 'integer' },
                variant: { type: 'string' },
              },
            },
            requestId: { type: 'string' },
          },
        },
        Error: {
          type: 'object',
          required: ['error'],
          properties: {
            error: {
              type: 'object',
              required: ['name', 'message'],
              properties: {
                name: { type: 'string' },
                message: { type: 'string' },
                fields: {
                  type: 'array',
                  items: {
                    type: 'object',
                    properties: {
                      path: { type: 'string' },
                      message: { type: 'string' },
                    },
                  },
                },
              },
            },
            requestId: { type: 'string' },
          },
        },
        Tensor: {
          type: 'object',
          required: ['name', 'shape', 'datatype', 'data'],
          properties: {
            name: { type: 'string' },
            shape: { type: 'array', items: { type: 'integer' } },
            datatype: { type: 'string' },
            data: { type: 'array', items: {} },
          },
        },
        InferRequest: {
          type: 'object',
          required: ['inputs'],
          properties: {
            id: { type: 'string' },
            inputs: { type: 'array', items: ref('Tensor') },
          },
        },
        InferResponse: {
          type: 'object',
          required: ['model_name', 'outputs'],
          properties: {
            model_name: { type: 'string' },
            model_version: { type: 'string' },
            id: { type: 'string' },
            outputs: { type: 'array', items: ref('Tensor') },
          },
        },
        ProtocolError: {
          type: 'object',
          required: ['error'],
          properties: { error: { type: 'string' } },
        },
      },
    },
  };
}
