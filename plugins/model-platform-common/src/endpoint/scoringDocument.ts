import { Signature } from '../types';
import {
  answerHeaders,
  errorResponses,
  fieldErrors,
  jsonContent,
  ref,
} from './documentParts';
import { Schema } from './lineSchema';

const SCORING = "MLflow's scoring protocol";

/** A key within a JSON pointer within a URI. */
const pointer = (key: string) =>
  encodeURIComponent(key.replace(/~/g, '~0').replace(/\//g, '~1'));

/** One of MLflow's ways to write a data frame; columns that are no inputs are left aside. */
function scoringRequest({ inputs }: Signature): Schema {
  const list: Schema = { type: 'array', items: {} };
  const record: Schema = { type: 'object' };
  const formats: Record<string, Schema> = {
    dataframe_split: {
      type: 'object',
      required: ['columns', 'data'],
      properties: {
        columns: { ...list, examples: [inputs.map(({ name }) => name)] },
        data: { type: 'array', items: list },
      },
    },
    dataframe_records: { type: 'array', items: record },
    instances: list,
    inputs: { oneOf: [list, record] },
  };
  return {
    type: 'object',
    oneOf: Object.keys(formats).map(name => ({ required: [name] })),
    properties: { ...formats, params: { type: ['object', 'null'] } },
  };
}

/** MLflow's scoring protocol. */
export function scoringPaths(
  signature: Signature,
  example: Record<string, unknown> | undefined,
): Schema {
  const [{ name }] = signature.outputs;
  const predictions =
    signature.outputs.length === 1
      ? { $ref: `#/components/schemas/Outputs/properties/${pointer(name)}` }
      : ref('Outputs');
  const document = (
    operationId: string,
    description: string,
    type: string,
  ) => ({
    get: {
      operationId,
      summary: description,
      tags: [SCORING],
      responses: {
        200: { description, content: { [type]: {} } },
        ...errorResponses(ref('ScoringError'), [401, 403, 404, 429, 503]),
      },
    },
  });
  return {
    '/invocations': {
      post: {
        operationId: 'score',
        summary: "Predict as MLflow's scoring server does",
        tags: [SCORING],
        requestBody: {
          required: true,
          content: {
            ...jsonContent(
              ref('ScoringRequest'),
              example && { dataframe_records: [example] },
            ),
            'text/csv': { schema: { type: 'string' } },
          },
        },
        responses: {
          200: {
            description:
              'A prediction for each line: its value where there is one output, else all by name',
            headers: answerHeaders,
            content: jsonContent({
              type: 'object',
              required: ['predictions'],
              properties: {
                predictions: { type: 'array', items: predictions },
              },
            }),
          },
          ...errorResponses(ref('ScoringError')),
          415: {
            description: 'Neither JSON nor CSV in UTF-8',
            content: jsonContent(ref('ScoringError')),
          },
        },
      },
    },
    '/ping': document('ping', 'It is ready', 'application/json'),
    '/health': document('health', 'It is ready', 'application/json'),
    '/version': document(
      'scoringVersion',
      'The MLflow whose protocol this is',
      'text/plain',
    ),
  };
}

/** What those paths take and answer beside outputs. */
export const scoringSchemas = (signature: Signature): Schema => ({
  ScoringRequest: scoringRequest(signature),
  ScoringError: {
    type: 'object',
    required: ['error_code', 'message'],
    properties: {
      error_code: { type: 'string' },
      message: { type: 'string' },
      fields: fieldErrors,
    },
  },
});
