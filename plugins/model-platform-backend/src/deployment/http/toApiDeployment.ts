import {
  Condition,
  Deployment,
  Revision,
} from '@model-platform/plugin-model-platform-common';
import { canaryOf } from '../canary/canaryOf';
import { etagOf } from '../changes/deploymentEtag';
import { DeploymentRecord } from '../store/DeploymentRecord';
import { RevisionRecord } from '../revisions/RevisionStore';
import { ShownRequest, toApiRequest, waitingCondition } from './toApiRequest';
import { describeOverrides } from '../overrides/describeOverrides';
import { offReason } from '../status/statusOf';

/** What is known of a deployment's revisions. */
export interface ShownRevisions {
  wanted?: RevisionRecord;
  /** What traffic goes to, where that is another one. */
  serving?: RevisionRecord;
}

/** A deployment as the API shows it. */
export function toApiDeployment(
  record: DeploymentRecord,
  { wanted, serving }: ShownRevisions,
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
    offReason: offReason(record) || undefined,
    overrides: record.overrides,
    drift: [
      ...describeOverrides(record.spec, record.overrides),
      ...record.drift,
    ],
    canary: shownCanary(record),
    revision: wanted && toApiRevision(wanted),
    serving: serving && !record.off ? toApiRevision(serving) : undefined,
    servingRevision: record.off ? undefined : record.servingRevision,
    phase: record.phase,
    conditions: [
      ...record.conditions,
      ...(request ? [waitingCondition(request, record.generation)] : []),
      ...orphanedCondition(record),
    ],
    runners: record.runners,
    replicas: replicasNow(record, serving ?? wanted),
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
    traffic: revision.traffic,
  };
}

/** How many runners of what serves are there, of how many there may be. */
function replicasNow(
  { runners, servingRevision, off }: DeploymentRecord,
  revision: RevisionRecord | undefined,
): Deployment['replicas'] {
  if (off || servingRevision === undefined) return undefined;
  const serving = runners.filter(runner => runner.revision === servingRevision);
  const asked =
    revision?.number === servingRevision
      ? revision.resources?.replicas
      : undefined;
  return {
    ready: serving.filter(({ phase }) => phase === 'ready').length,
    asleep:
      serving.length > 0 && serving.every(({ phase }) => phase === 'asleep'),
    min: asked?.min,
    max: asked?.max,
  };
}

function orphanedCondition({
  source,
  orphanedAt,
  generation,
}: DeploymentRecord): Condition[] {
  return orphanedAt === undefined
    ? []
    : [
        {
          type: 'Orphaned',
          status: 'True',
          reason: 'NotDeclaredAnyMore',
          message: `${source} no longer declares it; it goes on as it is. Delete it, or apply it to take it over`,
          lastTransitionTime: orphanedAt,
          lastTransitionAt: orphanedAt,
          observedGeneration: generation,
        },
      ];
}

/** What the stable revision serves may be shown only as long as it serves: by then, rights are asked of its models. */
function shownCanary(record: DeploymentRecord): Deployment['canary'] {
  const canary = canaryOf(record);
  return canary && canary.stableRevision !== record.servingRevision
    ? { ...canary, stable: [] }
    : canary;
}
