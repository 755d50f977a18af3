import { deploymentSpecJsonSchema } from '../deployment/spec/deploymentJsonSchema';
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

const breaks = listOf(object({ field: text, rule: text }));
const gates = listOf(object({ gate: anything, holds: flag, message: text }));
const request = {
  number: integer,
  state: oneOf('waiting', 'made', 'superseded', 'refused', 'withdrawn'),
  actor: text,
  reason: text,
  createdAt: time,
  variants: listOf(schemaRef('ResolvedVariant')),
  breaks,
  gates,
  problems: listOf(text),
  decisions: listOf(
    object({
      decision: oneOf('approved', 'refused'),
      approver: text,
      groups: listOf(text),
      reason: text,
      at: time,
    }),
  ),
  'mayDecide?': flag,
  'closedAt?': time,
  'closedReason?': text,
  'revision?': integer,
};

/** What is said of deployments before they are made; the same shapes as the types of the common package. */
export const deploymentSchemas: Record<string, OpenApiObject> = {
  DeploymentSpec: deploymentSpecJsonSchema(),
  RevisionRequest: object(request),
  DeploymentPlan: object({
    name: text,
    action: oneOf('create', 'change', 'none'),
    'declaredIn?': text,
    spec: schemaRef('DeploymentSpec'),
    changes: listOf(
      object({ field: text, 'from?': anything, 'to?': anything }),
    ),
    variants: listOf(schemaRef('ResolvedVariant')),
    restarts: listOf(text),
    revision: oneOf('made', 'waits', 'none'),
    gates,
    breaks,
    quotas: listOf(
      object({
        resource: oneOf('runners', 'cpu', 'memory', 'gpu'),
        limit: number,
        used: number,
      }),
    ),
  }),
  DeploymentDeclaration: object({
    entityRef: text,
    location: text,
    name: text,
    state: oneOf('applied', 'refused', 'orphaned'),
    'message?': text,
    updatedAt: time,
  }),
};
