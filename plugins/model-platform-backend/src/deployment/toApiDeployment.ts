import {
  Condition,
  Deployment,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { etagOf } from './deploymentEtag';
import { DeploymentRecord, RevisionRecord } from './DeploymentStore';
import {
  ShownRequest,
  toApiRequest,
  waitingCondition,
} from './gates/toApiRequest';

/** A deployment as the API shows it. */
export function toApiDeployment(
  record: DeploymentRecord,
  revision: RevisionRecord | undefined,
  actions?: Deployment['actions'],
  request?: ShownRequest,
): Deployment {
  return {
    name: record.name,
    modelId: record.modelId,
    model: record.model,
    modelSlug: record.modelSlug,
    system: record.system,
    owner: record.owner,
    environment: record.environment,
    spec: record.spec,
    generation: record.generation,
    source: record.source,
    orphanedAt: record.orphanedAt,
    request: request && toApiRequest(request),
    off: record.off,
    offReason: record.offReason,
    revision: revision && toApiRevision(revision),
    servingRevision: record.off ? undefined : record.servingRevision,
    phase: record.phase,
    conditions: [
      ...record.conditions,
      ...(request ? [waitingCondition(request)] : []),
      ...orphanedCondition(record),
    ],
    runners: record.runners,
    url: record.url,
    updatedAt: record.updatedAt,
    updatedBy: record.updatedBy,
    etag: etagOf(record),
    actions,
  };
}

/** A revision as the API shows it. */
export function toApiRevision(revision: RevisionRecord): Revision {
  return {
    number: revision.number,
    createdAt: revision.createdAt,
    actor: revision.actor,
    reason: revision.reason,
    variants: revision.variants,
  };
}

function orphanedCondition({
  source,
  orphanedAt,
}: DeploymentRecord): Condition[] {
  return orphanedAt === undefined
    ? []
    : [
        {
          type: 'Orphaned',
          status: 'True',
          reason: 'NotDeclaredAnyMore',
          message: `${source} no longer declares it; it goes on as it is. Delete it, or apply it to take it over`,
          lastTransitionAt: orphanedAt,
        },
      ];
}
