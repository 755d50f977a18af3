import { Signature } from '../types';
import {
  answerHeaders,
  errorResponses,
  fieldErrors,
  jsonContent,
  ref,
} from './documentParts';
import { EndpointFacts } from './EndpointFacts';
import { lineSchema, Schema } from './lineSchema';
import { protocolPaths, protocolSchemas } from './openInferenceDocument';
import { pythonClient } from './pythonClient';
import { scoringPaths, scoringSchemas } from './scoringDocument';
import { typescriptClient } from './typescriptClient';

const oneOrBatch = (name: string): Schema => ({
  oneOf: [
    ref(name),
    { type: 'array', items: ref(name), minItems: 1, maxItems: 1000 },
  ],
});

/** The same line as a form, in which bytes are files as they are. */
function formContent({ inputs }: Signature): Schema {
  const { properties, ...schema } = lineSchema(inputs, 'input');
  const files = inputs.filter(({ type }) => type === 'bytes');
  if (files.length === 0) return {};
  return {
    'multipart/form-data': {
      schema: {
        ...schema,
        properties: {
          ...(properties as Schema),
          ...Object.fromEntries(
            files.map(({ name, shape }) => {
              const file = { type: 'string', format: 'binary' };
              return [name, shape ? { type: 'array', items: file } : file];
            }),
          ),
        },
      },
    },
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
 * simple API, with typed clients as code samples, the Open Inference Protocol
 * v2 and MLflow's scoring protocol. Its server is the folder the document lies
 * in, so that it holds behind any host and path.
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
    security: [{ endpointToken: [] }, { tokenAsPassword: [] }],
    paths: {
      '/predict': {
        post: {
          operationId: 'predict',
          summary: 'Predict for one line or a small batch',
          tags: ['Predict'],
          'x-codeSamples': [
            {
              lang: 'TypeScript',
              label: 'Typed client in TypeScript',
              source: typescriptClient(facts),
            },
            {
              lang: 'Python',
              label: 'Typed client in Python',
              source: pythonClient(facts),
            },
          ],
          requestBody: {
            required: true,
            content: {
              ...jsonContent(
                ref('PredictRequest'),
                example && { inputs: example },
              ),
              ...formContent(signature),
            },
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
      ...scoringPaths(signature, example),
    },
    components: {
      securitySchemes: {
        endpointToken: { type: 'http', scheme: 'bearer' },
        tokenAsPassword: {
          type: 'http',
          scheme: 'basic',
          description:
            'For clients that know no bearer tokens: any user name, the token as password',
        },
      },
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
                fields: fieldErrors,
              },
            },
            requestId: { type: 'string' },
          },
        },
        ...protocolSchemas,
        ...scoringSchemas(signature),
      },
    },
  };
}
