import { header, operation, OpenApiObject, path, schemaRef } from './operation';

const MODELS = 'models';
const binary = { type: 'string', format: 'binary' };
const sent = {
  type: 'object',
  properties: { digest: { type: 'string' } },
};

/** Large files in parts, and whole versions. */
export const filePaths: Array<[string, OpenApiObject]> = [
  path('/v1/models/{name}/versions/{version}/blobs/{digest}/parts', {
    get: operation('getBlobParts', MODELS, {
      summary: 'Which parts of a large file of a draft are missing',
      description:
        'All parts have `partSizeBytes` but the last one. Send those that are missing, in any order and side by side, then assemble; after a cut, ask again and send what is missing then.',
      answers: { '200': schemaRef('PartsStatus') },
      conflict: 'The version is ready',
    }),
  }),
  path('/v1/models/{name}/versions/{version}/blobs/{digest}/parts/{part}', {
    put: operation('uploadBlobPart', MODELS, {
      summary: 'Upload one part of a large file',
      parameters: [
        header(
          'Content-Digest',
          'SHA-256 of the part (RFC 9530): `sha-256=:<Base64>:`; required',
        ),
      ],
      content: { 'application/octet-stream': { schema: binary } },
      answers: {
        '201': { type: 'object', properties: { part: { type: 'integer' } } },
      },
      conflict: 'The version is ready',
      stores: true,
    }),
  }),
  path(
    '/v1/models/{name}/versions/{version}/blobs/{digest}/parts/{part}/direct',
    {
      post: operation('getDirectPart', MODELS, {
        summary: 'The request that sends one part to the store itself',
        description:
          'Only where the platform is configured so; else 404, and `direct` of the parts is false. Send the part with method, address and headers as answered, before it expires; the store refuses other bytes than those of the digest.',
        parameters: [
          header(
            'Content-Digest',
            'SHA-256 of the part (RFC 9530): `sha-256=:<Base64>:`; required',
          ),
        ],
        answers: { '200': schemaRef('DirectRequest') },
        conflict: 'The version is ready',
      }),
    },
  ),
  path('/v1/models/{name}/versions/{version}/direct/{path}', {
    get: operation('getDirectFile', MODELS, {
      summary: 'The request that fetches one file from the store itself',
      description:
        'Only where the platform is configured so; else 404. Whoever fetches it verifies the digest.',
      answers: { '200': schemaRef('DirectFile') },
    }),
  }),
  path('/v1/models/{name}/versions/{version}/blobs/{digest}/assemble', {
    post: operation('assembleBlob', MODELS, {
      summary: 'Make a file of its parts, verified as a whole; may be repeated',
      answers: { '201': sent },
      conflict: 'Parts are missing, or the version is ready',
      stores: true,
    }),
  }),
  path('/v1/models/{name}/versions/{version}/archive', {
    get: operation('downloadArchive', MODELS, {
      summary: 'Download all files of a version as one tar',
      description: 'The same version gives the same bytes.',
      answers: { '200': binary },
      answerType: 'application/x-tar',
    }),
  }),
];
