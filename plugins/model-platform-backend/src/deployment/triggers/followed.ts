import { DeploymentTrigger } from '@model-platform/plugin-model-platform-common';
import { DeployableModels } from '../models/DeployableModels';
import { DeploymentRecord, WatchedVersions } from '../store/DeploymentRecord';
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
    if (latest === undefined) {
      result[modelId] = watched;
      continue;
    }
    const before = deployment.watched[modelId];
    const look = await newestTaken(
      { conditions, modelId, models },
      unseen(latest, before),
    );
    const taken = look.taken ?? takenOf(before) ?? 0;
    const drafts = look.drafts.filter(number => number > taken);
    result[modelId] = {
      ...watched,
      ...(taken === latest ? {} : { taken }),
      ...(drafts.length > 0 ? { drafts } : {}),
    };
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

/** The same, as if nothing that was seen had been archived since: an older version is no news. */
export function onlyRisen(
  before: WatchedVersions,
  now: WatchedVersions,
): WatchedVersions {
  return Object.fromEntries(
    Object.entries(now).map(([modelId, watched]) => {
      const seen = before[modelId]?.latest ?? 0;
      return [
        modelId,
        (watched.latest ?? 0) < seen ? { ...watched, latest: seen } : watched,
      ];
    }),
  );
}

/** Those that nobody looked at, newest first: what is new, and what was a draft then. */
function unseen(
  latest: number,
  before: WatchedVersions[string] | undefined,
): number[] {
  const upTo = before?.latest ?? latest - 1;
  // Where later ones were archived, all are looked at again.
  if (upTo > latest) return numbersBetween(0, latest);
  return [...numbersBetween(upTo, latest), ...(before?.drafts ?? [])];
}

/** Newest first. */
function numbersBetween(after: number, upTo: number): number[] {
  return Array.from({ length: upTo - after }, (_, index) => upTo - index);
}

/** The first of these that a condition takes, and which of those before it are still drafts. */
async function newestTaken(
  subject: {
    conditions: Array<NonNullable<DeploymentTrigger['onVersion']>>;
    modelId: string;
    models: DeployableModels;
  },
  numbers: number[],
): Promise<{ taken?: number; drafts: number[] }> {
  const { conditions, modelId, models } = subject;
  const drafts: number[] = [];
  for (const number of numbers) {
    if (await models.isDraft(modelId, number)) {
      drafts.push(number);
      continue;
    }
    const version = await models.version(modelId, number);
    const isTaken =
      version?.status === 'ready' &&
      conditions.some(
        condition =>
          condition !== true && versionMatches(condition.where, version),
      );
    if (isTaken) return { taken: number, drafts };
  }
  return { drafts };
}
