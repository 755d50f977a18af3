import { DeploymentTrigger } from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentRecord, WatchedVersions } from '../store/DeploymentStore';
import { versionMatches } from './versionMatches';

/**
 * What triggers make of what there is now: versions that no condition takes are
 * passed over, as if they had not been published.
 */
export async function followed(
  deployment: DeploymentRecord,
  now: WatchedVersions,
  models: DeployableModels,
): Promise<WatchedVersions> {
  const conditions = (deployment.spec.triggers ?? []).flatMap(
    ({ onVersion }) => onVersion ?? [],
  );
  // Without triggers of its own, who serves the newest follows each of them.
  if (conditions.length === 0 || conditions.includes(true)) return now;
  const result: WatchedVersions = {};
  for (const [modelId, watched] of Object.entries(now)) {
    const { latest } = watched;
    const before = deployment.watched[modelId];
    let taken = takenOf(before);
    if (latest !== undefined && latest !== before?.latest) {
      const found = await newestTaken(
        { conditions, modelId, models },
        { from: latest, to: lookedAt(latest, before?.latest) },
      );
      taken = found ?? taken ?? 0;
    }
    result[modelId] =
      latest === undefined || taken === latest
        ? watched
        : { ...watched, taken };
  }
  return result;
}

/** What `latest` means to triggers. */
export function takenOf(
  watched: WatchedVersions[string] | undefined,
): number | undefined {
  return watched?.taken ?? watched?.latest;
}

/** The same, where only what triggers take counts. */
export function onlyTaken(watched: WatchedVersions): WatchedVersions {
  return Object.fromEntries(
    Object.entries(watched).map(([modelId, { aliases, ...versions }]) => [
      modelId,
      { latest: takenOf(versions), aliases },
    ]),
  );
}

/** Up to which version somebody looked; where later ones were deleted, all are looked at again. */
function lookedAt(latest: number, before: number | undefined): number {
  if (before === undefined) return latest - 1;
  return before < latest ? before : 0;
}

/** Of those that were published since somebody looked. */
async function newestTaken(
  subject: {
    conditions: Array<NonNullable<DeploymentTrigger['onVersion']>>;
    modelId: string;
    models: DeployableModels;
  },
  { from, to }: { from: number; to: number },
): Promise<number | undefined> {
  const { conditions, modelId, models } = subject;
  for (let number = from; number > to; number -= 1) {
    const version = await models.version(modelId, number);
    const isTaken =
      version?.status === 'ready' &&
      conditions.some(
        condition =>
          condition !== true && versionMatches(condition.where, version),
      );
    if (isTaken) return number;
  }
  return undefined;
}
