import { ModelRow } from '../../modelRows';
import { Tag } from '../http/readParameters';
import { MlflowModel, MlflowVersion } from './MlflowModel';
import { VersionEntry } from './versionEntries';

export function toMlflowModel(row: ModelRow): MlflowModel {
  return {
    id: row.id,
    name: row.name,
    type: row.type,
    owner: row.owner,
    system: row.system,
    lifecycle: row.lifecycle,
    visibility: row.visibility,
    sharedWith: JSON.parse(row.shared_with),
    modelTags: JSON.parse(row.tags),
    description: row.description,
    published: row.published_at !== null,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export function toMlflowVersion(
  row: VersionEntry & { model: string },
  tags: Tag[],
): MlflowVersion {
  return {
    modelId: row.model_id,
    model: row.model,
    number: row.number,
    state: row.state,
    statusMessage: row.status_message ?? undefined,
    source: row.source ?? undefined,
    root: row.root ?? undefined,
    location: row.location ?? undefined,
    runId: row.run_id ?? undefined,
    loggedModelId: row.logged_model_id ?? undefined,
    runLink: row.run_link ?? undefined,
    description: row.description ?? undefined,
    stage: row.stage,
    createdBy: row.created_by,
    responsible: row.responsible ?? undefined,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    tags,
  };
}
