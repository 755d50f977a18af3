import { HistoryEntry } from '@model-platform/plugin-model-platform-common';
import {
  DeploymentRecord,
  EndpointTokenRecord,
  RevisionRecord,
  SourceRecord,
} from './DeploymentStore';
import { hasOverride } from '../overrides/overrides';

export interface DeploymentRow {
  id: string;
  name: string;
  model_id: string;
  model: string;
  model_slug: string;
  system: string;
  owner: string;
  environment: string;
  spec: string;
  generation: number;
  changes: number;
  token_changes: number;
  source: string;
  overrides: string | null;
  deleting: boolean | number;
  revision: number | null;
  serving_revision: number | null;
  rollout_started_at: string | null;
  watched: string;
  waiting_request: number | null;
  gates: string | null;
  strategy: string | null;
  orphaned_at: string | null;
  decision: string | null;
  canary: string | null;
  given_up: string | null;
  drift: string | null;
  phase: string;
  conditions: string;
  runners: string;
  url: string | null;
  created_at: string;
  updated_at: string;
  updated_by: string;
}

export interface RevisionRow {
  deployment_id: string;
  name: string;
  number: number;
  created_at: string;
  actor: string;
  reason: string;
  snapshot: string;
  first_served_at: string | null;
}

export interface RevisionModelRow {
  deployment_id: string;
  number: number;
  model_id: string;
}

export interface TokenRow {
  id: string;
  deployment_id: string;
  endpoint: string;
  hash: string;
  consumer: string;
  created_by: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  rate: string | null;
  may_choose_variant: boolean | number | null;
}

export interface HistoryRow {
  id: number | string;
  deployment_id: string;
  name: string;
  model_id: string;
  at: string;
  actor: string;
  action: string;
  reason: string | null;
  details: string | null;
}

export interface SourceRow {
  entity_ref: string;
  location: string;
  name: string;
  digest: string | null;
  state: string;
  message: string | null;
  updated_at: string;
}

export function toDeployment(row: DeploymentRow): DeploymentRecord {
  const overrides: DeploymentRecord['overrides'] = JSON.parse(
    row.overrides ?? '[]',
  );
  return {
    id: row.id,
    name: row.name,
    modelId: row.model_id,
    model: row.model,
    modelSlug: row.model_slug,
    system: row.system,
    owner: row.owner,
    environment: row.environment,
    spec: JSON.parse(row.spec),
    generation: row.generation,
    changes: row.changes,
    tokenChanges: row.token_changes,
    source: row.source,
    overrides,
    off: hasOverride(overrides, 'off'),
    deleting: Boolean(row.deleting),
    revision: row.revision ?? undefined,
    servingRevision: row.serving_revision ?? undefined,
    rolloutStartedAt: row.rollout_started_at ?? undefined,
    watched: JSON.parse(row.watched),
    waitingRequest: row.waiting_request ?? undefined,
    // Those of before knew no gates.
    gates: JSON.parse(row.gates ?? '[]'),
    strategy: row.strategy ? JSON.parse(row.strategy) : undefined,
    orphanedAt: row.orphaned_at ?? undefined,
    decision: row.decision ? JSON.parse(row.decision) : undefined,
    canary: row.canary ? JSON.parse(row.canary) : undefined,
    givenUp: row.given_up ? JSON.parse(row.given_up) : undefined,
    drift: JSON.parse(row.drift ?? '[]'),
    phase: row.phase as DeploymentRecord['phase'],
    conditions: JSON.parse(row.conditions),
    runners: JSON.parse(row.runners),
    url: row.url ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  };
}

export function toRevision(row: RevisionRow): RevisionRecord {
  const snapshot = JSON.parse(row.snapshot);
  return {
    deploymentId: row.deployment_id,
    name: row.name,
    number: row.number,
    createdAt: row.created_at,
    actor: row.actor,
    reason: row.reason,
    variants: snapshot.variants,
    resources: snapshot.resources,
    traffic: snapshot.traffic,
    strategy: snapshot.strategy,
    firstServedAt: row.first_served_at ?? undefined,
  };
}

export function toToken(row: TokenRow): EndpointTokenRecord {
  return {
    id: row.id,
    deploymentId: row.deployment_id,
    endpoint: row.endpoint,
    consumer: row.consumer,
    createdBy: row.created_by,
    createdAt: row.created_at,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
    rate: row.rate ? JSON.parse(row.rate) : undefined,
    mayChooseVariant: row.may_choose_variant ? true : undefined,
  };
}

export function toHistoryEntry(row: HistoryRow): HistoryEntry {
  return {
    id: String(row.id),
    at: row.at,
    actor: row.actor,
    action: row.action,
    reason: row.reason ?? undefined,
    details: row.details ? JSON.parse(row.details) : undefined,
  };
}

export function toSource(row: SourceRow): SourceRecord {
  return {
    entityRef: row.entity_ref,
    location: row.location,
    name: row.name,
    digest: row.digest ?? undefined,
    state: row.state as SourceRecord['state'],
    message: row.message ?? undefined,
    updatedAt: row.updated_at,
  };
}
