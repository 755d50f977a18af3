import {
  operation,
  OpenApiObject,
  pageOf,
  paging,
  path,
  query,
  schemaRef,
} from './operation';

const MODELS = 'models';

/** What becomes of versions: history, comparison, approvals. */
export const lifePaths: Array<[string, OpenApiObject]> = [
  path('/v1/models/{name}/history', {
    get: operation('getHistory', MODELS, {
      summary: 'Who did what, when, why, from where; newest first',
      description:
        'Also of a model that was deleted: by its id, or by its name where no other model has it.',
      parameters: [
        query(
          'actor',
          'Entity ref of a user, or an actor as the history has it; token:<name> is all tokens of that name',
        ),
        query('action', 'Actions, separated by commas'),
        query('from', 'ISO 8601, included'),
        query('to', 'ISO 8601, excluded'),
        ...paging,
      ],
      answers: { '200': pageOf('HistoryEntry') },
    }),
  }),
  path('/v1/models/{name}/versions/{version}/compare/{other}', {
    get: operation('compareVersions', MODELS, {
      summary: 'What differs between two versions, by number or alias',
      answers: { '200': schemaRef('VersionComparison') },
    }),
  }),
  path('/v1/models/{name}/versions/{version}/approvals', {
    get: operation('listApprovals', MODELS, {
      summary: 'Approvals of a version, and those that rules ask for',
      answers: { '200': schemaRef('VersionApprovals') },
    }),
    post: operation('approveVersion', MODELS, {
      summary:
        'Approve or refuse a version, as a member of a group that a rule names',
      body: {
        type: 'object',
        required: ['reason'],
        properties: {
          reason: { type: 'string', minLength: 1 },
          decision: {
            type: 'string',
            enum: ['approved', 'refused'],
            default: 'approved',
          },
        },
      },
      answers: { '201': schemaRef('Approval') },
      conflict:
        'It is not ready, no rule asks for approvals, or it was decided otherwise',
    }),
  }),
  path('/v1/approvals', {
    get: operation('listWaitingApprovals', MODELS, {
      summary: "Newest versions that wait for the caller's word",
      description:
        'Those that the rule of an alias asks a group of the caller to approve, the longest waiting first. A page may have few items, or none, and still a `nextCursor`.',
      parameters: [...paging],
      answers: { '200': pageOf('WaitingApproval') },
    }),
  }),
];
