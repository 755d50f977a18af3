import {
  answerHeaders,
  errorResponses,
  jsonContent,
  ref,
} from './documentParts';
import { Schema } from './lineSchema';

const INFER_HEADER_LENGTH = 'inference-header-content-length';
/** JSON, and behind it the bytes of tensors. */
const binaryContent = {
  'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
};

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

const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES',
];

const nullable = (schema: Schema): Schema => ({
  oneOf: [schema, { type: 'null' }],
});

/** Parameters of other servers are let pass. */
const parameters = (name: string, schema: Schema) =>
  nullable({ type: 'object', properties: { [name]: schema } });

/** Paths of the Open Inference Protocol v2, for the newest and for the named version alike. */
export function protocolPaths(endpoint: string, version: number): Schema {
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
          content: { ...jsonContent(ref('InferRequest')), ...binaryContent },
        },
        parameters: [
          {
            name: INFER_HEADER_LENGTH,
            in: 'header',
            description:
              'Where tensors are binary data: size of the JSON in front of them, bytes',
            schema: { type: 'integer', minimum: 0 },
          },
        ],
        responses: {
          200: {
            description:
              'The output tensors; with binary data, the size of the JSON in front of it is in Inference-Header-Content-Length',
            headers: {
              ...answerHeaders,
              [INFER_HEADER_LENGTH]: { schema: { type: 'integer' } },
            },
            content: { ...jsonContent(ref('InferResponse')), ...binaryContent },
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

/** What those paths take and answer. */
export const protocolSchemas: Schema = {
  Tensor: {
    type: 'object',
    required: ['name', 'shape', 'datatype'],
    properties: {
      name: { type: 'string' },
      shape: {
        type: 'array',
        items: { type: 'integer', minimum: 0 },
        maxItems: 8,
      },
      datatype: { enum: datatypes },
      data: { type: 'array', items: {} },
      parameters: parameters('binary_data_size', {
        type: 'integer',
        minimum: 0,
        description: 'Instead of data: bytes behind the JSON',
      }),
    },
  },
  InferRequest: {
    type: 'object',
    required: ['inputs'],
    properties: {
      id: nullable({ type: 'string' }),
      inputs: { type: 'array', items: ref('Tensor'), minItems: 1 },
      outputs: nullable({
        type: 'array',
        items: {
          type: 'object',
          required: ['name'],
          properties: {
            name: { type: 'string' },
            parameters: parameters('binary_data', { type: 'boolean' }),
          },
        },
      }),
      parameters: parameters('binary_data_output', { type: 'boolean' }),
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
};
