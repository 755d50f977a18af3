import { OpenApiObject, schemaRef } from './operation';
import {
  anything,
  flag,
  integer,
  listOf,
  number,
  object,
  oneOf,
  text,
  time,
} from './schemaParts';

const comparedVersion = object({
  number: integer,
  status: oneOf('draft', 'ready', 'archived'),
  publisher: text,
  'readyAt?': time,
  aliases: listOf(text),
});
const values = listOf(
  object({ path: text, 'before?': anything, 'after?': anything }),
);
const content = object({ digest: text, sizeBytes: integer });

const webhookStatus = oneOf('ACTIVE', 'DISABLED');
const webhookFields = {
  'name?': text,
  'description?': text,
  'url?': text,
  'events?': listOf(text),
  'status?': webhookStatus,
  'secret?': text,
};

/** What the paths of versions' lives and of webhooks speak of. */
export const lifeSchemas: Record<string, OpenApiObject> = {
  VersionComparison: object({
    model: text,
    before: comparedVersion,
    after: comparedVersion,
    identical: flag,
    metadata: values,
    signature: values,
    files: listOf(
      object({
        path: text,
        change: oneOf('added', 'removed', 'changed'),
        'before?': content,
        'after?': content,
      }),
    ),
    evaluation: listOf(
      object({
        name: text,
        'before?': number,
        'after?': number,
        'difference?': number,
      }),
    ),
    resources: values,
    serving: values,
    provenance: values,
  }),
  Approval: object({
    id: text,
    version: integer,
    approver: text,
    groups: listOf(text),
    reason: text,
    at: time,
    decision: oneOf('approved', 'refused'),
  }),
  WaitingApproval: object({
    model: object({
      name: text,
      slug: text,
      system: text,
      owner: text,
      description: text,
    }),
    version: object({
      number: integer,
      publisher: text,
      readyAt: time,
      'evaluation?': { type: 'object', additionalProperties: number },
    }),
    aliases: listOf(object({ alias: text, 'inService?': integer })),
  }),
  VersionApprovals: object({
    items: listOf(schemaRef('Approval')),
    requirements: listOf(
      object({
        alias: text,
        by: listOf(text),
        notByPublisher: flag,
        met: flag,
      }),
    ),
    mayApprove: flag,
    mayRefuse: flag,
  }),
  Webhook: object({
    id: text,
    system: text,
    name: text,
    'description?': text,
    url: text,
    events: listOf(text),
    status: webhookStatus,
    hasSecret: flag,
    'disabledBecause?': text,
    speaksFor: text,
    createdAt: time,
    updatedAt: time,
  }),
  WebhookSpec: object({
    system: text,
    name: text,
    'description?': text,
    url: text,
    events: listOf(text),
    'status?': webhookStatus,
    'secret?': text,
  }),
  WebhookUpdate: object(webhookFields),
  WebhookTestResult: object({
    success: flag,
    'responseStatus?': integer,
    'responseBody?': text,
    'error?': text,
  }),
  WebhookDelivery: object({
    id: text,
    event: text,
    status: oneOf('pending', 'delivered', 'failed'),
    attempts: integer,
    createdAt: time,
    'nextAttemptAt?': time,
    'finishedAt?': time,
    'responseStatus?': integer,
    'error?': text,
  }),
};
