import {
  header,
  ifMatch,
  operation,
  OpenApiObject,
  pageOf,
  paging,
  path,
  query,
  schemaRef,
} from './operation';

const MODELS = 'models';
const reason = query('reason', 'Kept in the history');
const permanently = query('permanently', 'Delete for good', {
  type: 'boolean',
});
const at = query('at', 'ISO 8601: what was then, from the history');
const binary = { type: 'string', format: 'binary' };

/** Models, versions, files, aliases, history. */
export const registryPaths: Array<[string, OpenApiObject]> = [
  path('/v1/models', {
    get: operation('listModels', MODELS, {
      summary: 'Search models',
      parameters: [
        query(
          'q',
          'Words in name, description, tags and metadata; each must begin a word there, or a part of the name',
        ),
        query(
          'filter',
          '`key=value`, repeatable: AND between keys, OR within one; or an expression such as `evaluation.accuracy>=0.9 and not (theme in (a, b) or metadata.data.period exists)`. Keys: name, type, theme, owner, system, lifecycle, risk, visibility, tag, archived, complete, createdAt, updatedAt, metadata.<path>, evaluation.<metric>',
          { type: 'array', items: { type: 'string' } },
        ),
        query('facets', 'Keys to count the matches by, separated by commas'),
        query(
          'sort',
          'name, updatedAt or createdAt, with - in front descending; or relevance, for words',
        ),
        ...paging,
      ],
      answers: {
        '200': {
          allOf: [
            pageOf('Model'),
            {
              type: 'object',
              properties: {
                facets: {
                  type: 'object',
                  additionalProperties: {
                    type: 'array',
                    items: schemaRef('FacetValue'),
                  },
                },
              },
            },
          ],
        },
      },
    }),
  }),
  path('/v1/models/{name}', {
    get: operation('getModel', MODELS, {
      summary: 'Read a model by slug or percent-encoded name',
      answers: { '200': schemaRef('Model') },
    }),
    patch: operation('updateModel', MODELS, {
      summary: 'Change what belongs to the model',
      parameters: [ifMatch],
      body: schemaRef('ModelUpdate'),
      answers: { '200': schemaRef('Model') },
      conflict: 'Changed since it was read',
    }),
    delete: operation('archiveModel', MODELS, {
      summary: 'Archive a model, or delete an archived one for good',
      description:
        'PATCH with archived: false restores an archived one. Deleting takes all versions with it; the history stays, and a model that is made anew under the name goes on counting.',
      parameters: [ifMatch, reason, permanently],
      answers: { '200': schemaRef('Model'), '204': undefined },
      conflict:
        'Changed since it was read; to be deleted, but not archived or in use',
    }),
  }),
  path('/v1/models/{name}/versions', {
    get: operation('listVersions', MODELS, {
      summary: 'Versions, newest first',
      parameters: paging,
      answers: { '200': pageOf('ModelVersion') },
    }),
    post: operation('openDraft', MODELS, {
      summary: 'Open a draft of a version',
      description:
        'Metadata and manifest are checked, and every problem is named at once; nothing is stored on refusal. The answer says which files to upload. Small files may come along (`files[].content`), and with `complete` the version is ready at once where none is missing; what their bytes are refused for only then leaves a draft that expires. Where the newest version equals the request, it is the answer, with status 200 and `unchanged: true`.',
      parameters: [
        header(
          'Idempotency-Key',
          'Repeated with the same key, the same draft is answered',
        ),
        query(
          'dryRun',
          'Only checks: answers with what would be refused, `{ "problems": [] }` where nothing, and status 200',
          {
            type: 'boolean',
          },
        ),
      ],
      body: schemaRef('DraftRequest'),
      answers: {
        '200': {
          anyOf: [
            schemaRef('DraftResponse'),
            {
              type: 'object',
              description: 'Of a dry run',
              required: ['problems'],
              properties: {
                problems: { type: 'array', items: schemaRef('FieldProblem') },
              },
            },
          ],
        },
        '201': schemaRef('DraftResponse'),
      },
      conflict:
        'The name is taken, the model is archived, or the key was used for something else',
    }),
  }),
  path('/v1/models/{name}/versions/{version}', {
    get: operation('getVersion', MODELS, {
      summary: 'Read a version by number or alias',
      answers: { '200': schemaRef('ModelVersion') },
    }),
    patch: operation('updateVersion', MODELS, {
      summary: 'Archive a version, or restore an archived one',
      body: {
        type: 'object',
        required: ['archived'],
        properties: {
          archived: { type: 'boolean' },
          reason: { type: 'string' },
        },
      },
      answers: { '200': schemaRef('ModelVersion') },
      conflict: 'An alias names it, or it is a draft',
    }),
    delete: operation('archiveVersion', MODELS, {
      summary: 'Archive a version, or delete an archived one for good',
      description: 'Its number is never given to another version.',
      parameters: [reason, permanently],
      answers: { '200': schemaRef('ModelVersion'), '204': undefined },
      conflict: 'An alias names it; to be deleted, but not archived or in use',
    }),
  }),
  path('/v1/models/{name}/versions/{version}/blobs/{digest}', {
    put: operation('uploadBlob', MODELS, {
      summary: 'Upload a file of a draft, by its digest',
      content: { 'application/octet-stream': { schema: binary } },
      answers: {
        '201': { type: 'object', properties: { digest: { type: 'string' } } },
      },
      conflict: 'The version is ready',
      stores: true,
    }),
  }),
  path('/v1/models/{name}/versions/{version}/complete', {
    post: operation('completeVersion', MODELS, {
      summary: 'Make a draft ready; may be repeated',
      answers: { '200': schemaRef('ModelVersion') },
      conflict: 'Files are missing',
    }),
  }),
  path('/v1/models/{name}/versions/{version}/files', {
    get: operation('listFiles', MODELS, {
      summary: 'Files of a version',
      answers: {
        '200': {
          type: 'object',
          properties: {
            items: { type: 'array', items: schemaRef('VersionFile') },
          },
        },
      },
    }),
  }),
  path('/v1/models/{name}/versions/{version}/files/{path}', {
    get: operation('downloadFile', MODELS, {
      summary: 'Download a file; its path may have slashes',
      parameters: [header('Range', 'One range of bytes')],
      ranges: true,
      answers: { '200': binary, '206': binary },
      answerType: 'application/octet-stream',
    }),
  }),
  path('/v1/models/{name}/aliases', {
    get: operation('listAliases', MODELS, {
      summary: 'Aliases of a model',
      parameters: [at],
      answers: {
        '200': {
          type: 'object',
          properties: { items: { type: 'array', items: schemaRef('Alias') } },
        },
      },
    }),
  }),
  path('/v1/models/{name}/aliases/{alias}', {
    get: operation('getAlias', MODELS, {
      summary: 'Which version an alias names, or named',
      parameters: [at],
      answers: { '200': schemaRef('Alias') },
    }),
    put: operation('setAlias', MODELS, {
      summary: 'Point an alias to a version',
      parameters: [ifMatch],
      body: {
        type: 'object',
        required: ['version'],
        properties: {
          version: { type: 'integer' },
          reason: { type: 'string' },
          expected: {
            type: ['integer', 'null'],
            description:
              'Version that it must name now; null: it must not be there',
          },
        },
      },
      answers: { '200': schemaRef('Alias') },
      conflict:
        'It names another version than expected, or its rule asks for evidence that the version lacks',
    }),
    delete: operation('deleteAlias', MODELS, {
      summary: 'Remove an alias',
      parameters: [ifMatch, reason],
      answers: { '204': undefined },
      conflict: 'It names another version than expected',
    }),
  }),
  path('/v1/models/{name}/metadata-compliance', {
    get: operation('getMetadataCompliance', MODELS, {
      summary: 'What the metadata of a model falls short of today',
      answers: { '200': schemaRef('MetadataCompliance') },
    }),
  }),
  path('/v1/metadata-compliance', {
    get: operation('listMetadataCompliance', MODELS, {
      summary: 'Published models that fall short of the schemas in force',
      description:
        'Looked at ahead of time, after each change of a model or a schema; what is found short stays published. Filters are those of the list of models; without one on `complete` it is `complete=false`.',
      parameters: [
        query('q', 'Words, all of which must occur'),
        query('filter', '`key=value`, repeatable', {
          type: 'array',
          items: { type: 'string' },
        }),
        query(
          'sort',
          'name, updatedAt or createdAt; with - in front descending',
        ),
        ...paging,
      ],
      answers: {
        '200': {
          allOf: [
            pageOf('MetadataCompliance'),
            {
              type: 'object',
              required: ['totals'],
              properties: {
                totals: {
                  type: 'object',
                  description: 'Of all models that the other filters match',
                  required: ['complete', 'incomplete'],
                  properties: {
                    complete: { type: 'integer' },
                    incomplete: { type: 'integer' },
                  },
                },
              },
            },
          ],
        },
      },
    }),
  }),
  path('/v1/metadata-schemas/{type}', {
    get: operation('getMetadataSchema', MODELS, {
      summary: 'The JSON Schema that metadata must meet',
      parameters: [query('system', 'The system that it is asked for')],
      answers: {
        '200': {
          type: 'object',
          required: ['type', 'version', 'digest', 'schemas', 'schema'],
          properties: {
            type: { type: 'string' },
            version: { type: 'string', description: 'Of the first of them' },
            digest: {
              type: 'string',
              description: 'Over all of them; changes where anything does',
            },
            schemas: {
              type: 'array',
              items: schemaRef('MetadataSchemaRef'),
              description: 'The base, then what extends it; all must hold',
            },
            schema: { type: 'object', description: 'All of them as one' },
          },
        },
      },
    }),
  }),
];
