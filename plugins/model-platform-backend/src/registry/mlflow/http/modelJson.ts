import { registryRoot } from '../artifacts/MlflowArtifacts';
import { MlflowVersion } from '../models/MlflowModel';
import { ModelDetails } from '../models/RegisteredModels';
import { Tag } from './readParameters';
import { toMs } from './trackingJson';

const orNothing = <T>(list: T[]) => (list.length > 0 ? list : undefined);

export function toVersionJson(version: MlflowVersion, aliases: string[] = []) {
  return {
    name: version.model,
    version: String(version.number),
    creation_timestamp: toMs(version.createdAt),
    last_updated_timestamp: toMs(version.updatedAt),
    current_stage: version.stage,
    description: version.description ?? '',
    source:
      version.source ??
      `mlflow-artifacts:/${registryRoot(version.modelId, version.number)}`,
    run_id: version.runId ?? '',
    status: version.state === 'pending' ? 'PENDING_REGISTRATION' : 'READY',
    status_message: version.statusMessage,
    tags: orNothing<Tag>(version.tags),
    run_link: version.runLink ?? '',
    aliases: orNothing(aliases),
    model_id: version.loggedModelId,
  };
}

export function toModelJson({ model, tags, aliases, latest }: ModelDetails) {
  return {
    name: model.name,
    creation_timestamp: toMs(model.createdAt),
    last_updated_timestamp: toMs(model.updatedAt),
    description: model.description || undefined,
    latest_versions: orNothing(latest.map(version => toVersionJson(version))),
    tags: orNothing(tags),
    aliases: orNothing(
      aliases.map(({ alias, number }) => ({ alias, version: String(number) })),
    ),
  };
}
