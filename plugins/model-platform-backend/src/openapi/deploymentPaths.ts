import {
  ifMatch,
  ifNoneMatch,
  operation,
  OpenApiObject,
  pageOf,
  paging,
  path,
  query,
  schemaRef,
} from './operation';

const DEPLOYMENTS = 'deployments';
const ENDPOINTS = 'endpoints';
const text = { type: 'string' };

function change(
  operationId: string,
  summary: string,
  properties: OpenApiObject,
  required: string[] = [],
) {
  return {
    post: operation(operationId, DEPLOYMENTS, {
      summary,
      parameters: [ifMatch],
      body: {
        type: 'object',
        required,
        properties: { ...properties, reason: text },
      },
      answers: { '200': schemaRef('Deployment') },
      conflict: 'Changed by someone else in the meantime',
    }),
  };
}

/** Deployments, endpoints and their tokens. */
export const deploymentPaths: Array<[string, OpenApiObject]> = [
  path('/v1/deployments', {
    get: operation('listDeployments', DEPLOYMENTS, {
      summary: 'Deployments of models that the caller may read',
      parameters: [
        query('model', 'Name or slug'),
        query('system', 'Name of the system'),
        query('environment', 'Name of the environment'),
        ...paging,
      ],
      answers: { '200': pageOf('Deployment') },
    }),
  }),
  path('/v1/deployments/{name}', {
    get: operation('getDeployment', DEPLOYMENTS, {
      summary: 'Desired and observed state',
      answers: { '200': schemaRef('Deployment') },
    }),
    put: operation('applyDeployment', DEPLOYMENTS, {
      summary: 'Say what is wanted',
      parameters: [
        ifMatch,
        ifNoneMatch,
        query('dryRun', 'Only say what would happen; refused as it would be', {
          type: 'boolean',
        }),
      ],
      body: {
        oneOf: [
          schemaRef('ModelDeploymentManifest'),
          {
            type: 'object',
            required: ['spec'],
            properties: { spec: schemaRef('DeploymentSpec'), reason: text },
          },
        ],
      },
      answers: {
        '200': {
          anyOf: [schemaRef('Deployment'), schemaRef('DeploymentPlan')],
        },
      },
      conflict:
        'The name is taken, it is declared in Git, or it was changed, made or removed in the meantime',
    }),
    delete: operation('deleteDeployment', DEPLOYMENTS, {
      summary: 'Remove a deployment and its endpoint',
      parameters: [ifMatch, query('reason', 'Kept in the history')],
      answers: { '204': undefined },
      conflict: 'It is declared in Git, or it was changed in the meantime',
    }),
  }),
  path('/v1/deployments/{name}/requests', {
    get: operation('listRevisionRequests', DEPLOYMENTS, {
      summary:
        'Revisions that were asked for and wait, or waited, for gates; newest first',
      parameters: paging,
      answers: { '200': pageOf('RevisionRequest') },
    }),
  }),
  path('/v1/deployments/{name}/decisions', {
    post: operation('decideRevision', DEPLOYMENTS, {
      summary:
        'Approve or refuse the revision that waits, or take back an approval',
      body: {
        type: 'object',
        required: ['request', 'reason'],
        properties: {
          decision: {
            enum: ['approved', 'refused', 'withdrawn'],
            default: 'approved',
            description: 'withdrawn takes back the own approval',
          },
          request: {
            type: 'integer',
            minimum: 1,
            description:
              'Number of the request that was looked at, as the deployment shows it; refused where another one waits by now',
          },
          reason: text,
        },
      },
      answers: { '200': schemaRef('Deployment') },
      conflict: 'It does not wait, or not for an approval',
    }),
  }),
  path('/v1/deployments/{name}/declaration', {
    get: operation('getDeclaredDocument', DEPLOYMENTS, {
      summary:
        'The document that declares it, as its file in Git has it now; for those who may deploy it',
      answers: { '200': schemaRef('DeclaredDocument') },
    }),
  }),
  path('/v1/deployment-declarations', {
    get: operation('listDeploymentDeclarations', DEPLOYMENTS, {
      summary: 'Declarations that were read from Git, and what became of them',
      parameters: paging,
      answers: { '200': pageOf('DeploymentDeclaration') },
    }),
  }),
  path('/v1/model-deployment.schema.json', {
    get: operation('getDeploymentSchema', DEPLOYMENTS, {
      summary: 'JSON Schema of model-deployment.yaml, for editors',
      answers: { '200': { type: 'object' } },
      answerType: 'application/schema+json',
      open: true,
    }),
  }),
  path('/v1/deployments/{name}/revisions', {
    get: operation('listRevisions', DEPLOYMENTS, {
      summary: 'Revisions, newest first',
      parameters: paging,
      answers: { '200': pageOf('Revision') },
    }),
  }),
  path('/v1/deployments/{name}/history', {
    get: operation('getDeploymentHistory', DEPLOYMENTS, {
      summary: 'Who did what, when, why; newest first',
      parameters: paging,
      answers: { '200': pageOf('HistoryEntry') },
    }),
  }),
  path(
    '/v1/deployments/{name}/off',
    change('switchDeployment', 'Switch off, or with off: false on again', {
      off: { type: 'boolean', default: true },
    }),
  ),
  path(
    '/v1/deployments/{name}/rollback',
    change('rollbackDeployment', 'Go back to an earlier revision', {
      revision: { type: 'integer', description: 'The one before where absent' },
      allowBreaking: {
        type: 'boolean',
        description: 'Also where it breaks the signature that is served',
      },
      allowUnserved: {
        type: 'boolean',
        description:
          'Also to a revision that never had all traffic, as where it was given up or its canary was rolled back',
      },
    }),
  ),
  path(
    '/v1/deployments/{name}/promote',
    change(
      'promoteVariant',
      'Send all traffic to one variant, or to the new revision of a canary',
      {
        variant: {
          ...text,
          description: 'Not needed while a canary is under way',
        },
      },
    ),
  ),
  path(
    '/v1/deployments/{name}/pause',
    change(
      'pauseDeployment',
      'Let nothing of it move by itself: no new revision, no step of a canary',
      {},
    ),
  ),
  path(
    '/v1/deployments/{name}/resume',
    change(
      'resumeDeployment',
      'Lift a pause, or let a step of a canary go on that waits for a person',
      {},
    ),
  ),
  path(
    '/v1/deployments/{name}/abort',
    change(
      'abortCanary',
      'End a canary: all traffic stays with the stable revision',
      {},
    ),
  ),
  path('/v1/deployments/{name}/override', {
    delete: operation('liftOverride', DEPLOYMENTS, {
      summary:
        'Lift what persons put beside the spec; what it asks for is wanted again',
      parameters: [
        query('kind', 'Of this kind only', {
          type: 'string',
          enum: ['off', 'pause', 'promote', 'rollback'],
        }),
        query('reason', 'Kept in the history'),
        ifMatch,
      ],
      answers: { '200': schemaRef('Deployment') },
      conflict: 'Changed by someone else in the meantime',
    }),
  }),
  path('/v1/deployments/{name}/logs', {
    get: operation('getLogs', DEPLOYMENTS, {
      summary:
        'Log lines of the runners; with follow=true as text/event-stream',
      parameters: [
        query(
          'tail',
          'How many of the last lines that are wanted; where it is not said 200, with since or grep 5,000',
          { type: 'integer', minimum: 0, maximum: 5000 },
        ),
        query('runner', 'Only of this one, also where it is gone'),
        query('variant', 'Only of runners of this variant'),
        query('revision', 'Only of runners of this revision', {
          type: 'integer',
          minimum: 1,
        }),
        query(
          'since',
          'Only what was written since: a duration back from now (30s, 10m, 2h, 1d, 1w), or a time (RFC 3339)',
        ),
        query(
          'grep',
          'Only lines with this text, in any case; /expression/ or /expression/i is one in the syntax of RE2. At most 500 characters',
        ),
        query('follow', 'Go on as lines come', { type: 'boolean' }),
      ],
      answers: {
        '200': {
          type: 'object',
          properties: {
            items: { type: 'array', items: schemaRef('LogLine') },
            sources: { type: 'array', items: text },
          },
        },
      },
    }),
  }),
  path('/v1/endpoints', {
    get: operation('listEndpoints', ENDPOINTS, {
      summary: 'What applications can call',
      parameters: paging,
      answers: { '200': pageOf('Endpoint') },
    }),
  }),
  path('/v1/endpoints/{name}', {
    get: operation('getEndpoint', ENDPOINTS, {
      summary: 'Read an endpoint',
      answers: { '200': schemaRef('Endpoint') },
    }),
  }),
  path('/v1/endpoints/{name}/openapi.json', {
    get: operation('getEndpointOpenApi', ENDPOINTS, {
      summary: 'The OpenAPI document of the endpoint, made from the signature',
      answers: { '200': { type: 'object' } },
    }),
  }),
  path('/v1/endpoints/{name}/tokens', {
    get: operation('listEndpointTokens', ENDPOINTS, {
      summary: 'Tokens of calling applications, without their secrets',
      answers: { '200': pageOf('EndpointToken') },
    }),
    post: operation('createEndpointToken', ENDPOINTS, {
      summary: 'Make a token for an application; it is shown this once',
      body: {
        type: 'object',
        required: ['consumer'],
        properties: {
          consumer: {
            type: 'string',
            description: 'Entity ref of the application',
          },
          expiresInSeconds: { type: 'integer' },
          rate: schemaRef('CallRate'),
          mayChooseVariant: {
            type: 'boolean',
            description:
              'Whether its calls may name the variant that answers, by the header `x-model-variant`; takes the right to deploy',
          },
        },
      },
      answers: { '201': schemaRef('NewEndpointToken') },
      conflict: 'The endpoint has as many tokens as it may have',
    }),
  }),
  path('/v1/endpoints/{name}/tokens/{id}', {
    delete: operation('revokeEndpointToken', ENDPOINTS, {
      summary: 'Revoke a token, within five seconds',
      answers: { '204': undefined },
    }),
  }),
];
