import { Schema } from './lineSchema';

export const ref = (name: string): Schema => ({
  $ref: `#/components/schemas/${name}`,
});

export const jsonContent = (schema: Schema, example?: unknown) => ({
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

export const errorResponses = (
  schema: Schema,
  statuses = Object.keys(errors).map(Number),
) =>
  Object.fromEntries(
    statuses.map(status => [
      status,
      { description: errors[status], content: jsonContent(schema) },
    ]),
  );

export const answerHeaders = Object.fromEntries(
  ['x-request-id', 'x-model-version', 'x-model-variant'].map(name => [
    name,
    { schema: { type: 'string' } },
  ]),
);

export const fieldErrors = {
  type: 'array',
  items: {
    type: 'object',
    properties: { path: { type: 'string' }, message: { type: 'string' } },
  },
};
