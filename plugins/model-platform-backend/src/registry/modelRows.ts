import {
  HistoryEntry,
  Model,
  ModelVersion,
  VersionFile,
  VersionSpec,
  VersionStatus,
  VersionSummary,
} from '@model-platform/plugin-model-platform-common';
import { ModelFields } from './ModelStore';
import { VersionRecord } from './VersionStore';

export interface ModelRow {
  id: string;
  name: string;
  slug: string;
  type: string;
  description: string;
  owner: string;
  system: string;
  lifecycle: Model['lifecycle'];
  visibility: Model['visibility'];
  shared_with: string;
  tags: string;
  created_at: string;
  created_by: string;
  updated_at: string;
  published_at: string | null;
  archived_at: string | null;
  changes: number;
  current_number: number | null;
  latest_number: number | null;
  metadata: string | null;
  metadata_complete: 'true' | 'false';
  /** Of the current version's metadata, for filters and counts. */
  theme: string | null;
  risk: string | null;
  /** `ListedFacts`; null of one that was never ready. */
  listed: string | null;
  /** Of what is kept beside the model to find it by. */
  index_digest: string | null;
  /** `changes` as of when it was indexed last. */
  indexed_changes: number | null;
}

/** What lists show of aliases and versions, kept with the model so that a list reads one table. */
export type ListedFacts = Pick<Model, 'aliases' | 'current' | 'latest'>;

export interface VersionRow {
  id: string;
  model_id: string;
  number: number;
  /** `deleted` is seen by nobody and waits for its files to be freed. */
  status: VersionStatus | 'deleted';
  system: string;
  fields: string;
  spec: string;
  manifest_digest: string;
  publisher: string;
  responsible: string | null;
  idempotency_key: string | null;
  created_at: string;
  ready_at: string | null;
  archived_at: string | null;
  expires_at: string | null;
  schemas: string | null;
  readings: string | null;
}

export interface FileRow {
  version_id: string;
  position: number;
  path: string;
  digest: string;
  size_bytes: number | string;
  system: string;
  uploaded?: boolean | number;
}

export interface AliasRow {
  model_id: string;
  alias: string;
  version: number;
}

export interface FacetRow {
  model_id: string;
  key: string;
  value: string;
  number_value: number | null;
  date_value: number | null;
}

export interface DeletedModelRow {
  id: string;
  name: string;
  slug: string;
  subject: string;
  deleted_at: string;
}

export interface HistoryRow {
  id: number | string;
  model_id: string;
  at: string;
  actor: string;
  action: string;
  reason: string | null;
  details: string | null;
  alias: string | null;
  client: string | null;
  /** Of a version that is not complete: only for who may publish there. */
  unfinished: boolean;
}

export function toModel(row: ModelRow): Model {
  const listed: ListedFacts = row.listed
    ? JSON.parse(row.listed)
    : { aliases: {} };
  return {
    id: row.id,
    name: row.name,
    slug: row.slug,
    type: row.type,
    description: row.description,
    owner: row.owner,
    system: row.system,
    lifecycle: row.lifecycle,
    visibility: row.visibility,
    sharedWith: JSON.parse(row.shared_with),
    tags: JSON.parse(row.tags),
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    archivedAt: row.archived_at ?? undefined,
    ...listed,
    metadata: row.metadata === null ? undefined : JSON.parse(row.metadata),
    metadataComplete: row.metadata_complete === 'true',
    etag: `"${row.id.slice(0, 8)}-${row.changes}"`,
  };
}

export function toSummary(
  row: Pick<VersionRow, 'number' | 'status' | 'ready_at' | 'spec'>,
): VersionSummary {
  const { metadata, flavor } = JSON.parse(row.spec) as VersionSpec;
  return {
    number: row.number,
    status: statusOf(row),
    flavor,
    readyAt: row.ready_at ?? undefined,
    theme: textOf(metadata.theme),
    risk: textOf(metadata.risk),
  };
}

export function toVersion(
  row: VersionRow,
  model: string,
  files: FileRow[],
  aliases: AliasRow[],
): ModelVersion {
  return {
    ...(JSON.parse(row.spec) as VersionSpec),
    id: row.id,
    modelId: row.model_id,
    model,
    number: row.number,
    status: statusOf(row),
    files: files.map(
      (file): VersionFile => ({
        path: file.path,
        digest: file.digest,
        sizeBytes: Number(file.size_bytes),
      }),
    ),
    manifestDigest: row.manifest_digest,
    schemas: row.schemas ? JSON.parse(row.schemas) : undefined,
    readings: row.readings ? JSON.parse(row.readings) : undefined,
    aliases: aliases
      .filter(alias => alias.version === row.number)
      .map(({ alias }) => alias),
    publisher: row.publisher,
    responsible: row.responsible ?? undefined,
    createdAt: row.created_at,
    readyAt: row.ready_at ?? undefined,
    archivedAt: row.archived_at ?? undefined,
    expiresAt: row.expires_at ?? undefined,
  };
}

export function toVersionRecord(
  row: VersionRow,
  version: ModelVersion,
): VersionRecord {
  const { fields, given } = JSON.parse(row.fields) as {
    fields: ModelFields;
    given: string[];
  };
  return {
    version,
    system: row.system,
    fields,
    given,
    idempotencyKey: row.idempotency_key ?? undefined,
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
    client: row.client ?? undefined,
  };
}

/** What was deleted was archived before, and is handled only to free its files. */
export function statusOf({
  status,
}: Pick<VersionRow, 'status'>): VersionStatus {
  return status === 'deleted' ? 'archived' : status;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
