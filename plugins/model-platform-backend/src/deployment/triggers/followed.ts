import { DeploymentTrigger } from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../DeployableModels';
import { DeploymentRecord, WatchedVersions } from '../DeploymentStore';
import { versionMatches } from './versionMatches';

/**
 * What triggers follow of what moved: a version that no condition takes is
 * passed over, as if it had not been published.
 */
export async function followed(
  deployment: DeploymentRecord,
  now: WatchedVersions,
  models: DeployableModels,
): Promise<WatchedVersions> {
  const conditions = (deployment.spec.triggers ?? []).flatMap(
    ({ onVersion }) => onVersion ?? [],
  );
  const wanted: WatchedVersions = {};
  for (const [modelId, watched] of Object.entries(now)) {
    const before = deployment.watched[modelId]?.latest;
    const { latest } = watched;
    const takes =
      latest === undefined ||
      latest === before ||
      (await isTaken(conditions, modelId, latest, models));
    wanted[modelId] = takes ? watched : { ...watched, latest: before };
  }
  return wanted;
}

async function isTaken(
  conditions: Array<NonNullable<DeploymentTrigger['onVersion']>>,
  modelId: string,
  number: number,
  models: DeployableModels,
): Promise<boolean> {
  // Without triggers of its own, who serves the newest follows each of them.
  if (conditions.length === 0 || conditions.includes(true)) return true;
  const version = await models.version(modelId, number);
  return (
    version !== undefined &&
    conditions.some(
      condition =>
        condition !== true && versionMatches(condition.where, version),
    )
  );
}
