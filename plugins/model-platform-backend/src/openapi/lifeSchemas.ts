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

/** What the paths of versions' lives speak of. */
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
  }),
};
