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
}

type Schema = Record<string, unknown>;

const ref = (name: string): Schema => ({
  $ref: `#/components/schemas/${name}`,
});

function scalarSchema(field: SignatureField): Schema {
  const { type, minimum, maximum } = field;
  return {
    type,
    ...(field.enum ? { enum: field.enum } : {}),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
  };
}

function fieldSchema(field: SignatureField): Schema {
  const shaped = [...(field.shape ?? [])].reverse().reduce<Schema>(
    (items, size) => ({
      type: 'array',
      items,
      ...(size === -1 ? {} : { minItems: size, maxItems: size }),
    }),
    scalarSchema(field),
  );
  const description = [field.description, field.unit && `Unit: ${field.unit}.`]
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

function lineSchema(fields: SignatureField[], closed: boolean): Schema {
  const required = fields
    .filter(field => !field.optional && field.default === undefined)
    .map(({ name }) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(
      fields.map(field => [field.name, fieldSchema(field)]),
    ),
    ...(required.length > 0 ? { required } : {}),
    ...(closed ? { additionalProperties: false } : {}),
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

const errors: Record<string, string> = {
  400: 'The body is malformed or does not fit the signature; every wrong field is named',
  401: 'No token, or one that is not valid any more',
  403: 'A token of another endpoint',
  404: 'There is no such endpoint',
  413: 'The body is too large; the limit is said',
  429: 'Too many calls; Retry-After says when to come back',
  503: 'Nothing is ready to answer; Retry-After says when to come back',
  504: 'The model took too long',
};

const errorResponses = (schema: Schema) =>
  Object.fromEntries(
    Object.entries(errors).map(([status, description]) => [
      status,
      { description, content: jsonContent(schema) },
    ]),
  );

/**
 * The OpenAPI 3.1 document of an endpoint, generated from its signature: the
 * simple API and the Open Inference Protocol v2. Its server is the folder the
 * document lies in, so that it holds behind any host and path.
 *
 * @public
 */
export function endpointOpenApi(facts: EndpointFacts): Record<string, unknown> {
  const { endpoint, model, version, signature, example } = facts;
  const protocolPath = `/v2/models/${endpoint}`;
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
              headers: {
                'x-request-id': { schema: { type: 'string' } },
                'x-model-version': { schema: { type: 'string' } },
                'x-model-variant': { schema: { type: 'string' } },
              },
              content: jsonContent(ref('PredictResponse')),
            },
            ...errorResponses(ref('Error')),
          },
        },
      },
      [protocolPath]: {
        get: {
          operationId: 'modelMetadata',
          summary: 'Metadata of the Open Inference Protocol v2',
          responses: {
            200: {
              description: 'Names, datatypes and shapes of the tensors',
              content: jsonContent({ type: 'object' }),
            },
          },
        },
      },
      [`${protocolPath}/ready`]: {
        get: {
          operationId: 'modelReady',
          summary: 'Whether the model is ready',
          responses: {
            200: { description: 'It is' },
            503: { description: 'It is not' },
          },
        },
      },
      [`${protocolPath}/infer`]: {
        post: {
          operationId: 'modelInfer',
          summary: 'Infer by the Open Inference Protocol v2',
          requestBody: {
            required: true,
            content: jsonContent(ref('InferRequest')),
          },
          responses: {
            200: {
              description: 'The output tensors',
              content: jsonContent(ref('InferResponse')),
            },
            ...errorResponses(ref('ProtocolError')),
          },
        },
      },
    },
    components: {
      securitySchemes: { endpointToken: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Inputs: lineSchema(signature.inputs, true),
        Outputs: lineSchema(signature.outputs, false),
        PredictRequest: {
          type: 'object',
          required: ['inputs'],
          properties: { inputs: oneOrBatch('Inputs') },
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
