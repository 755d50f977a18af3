import { WatchedVersions } from '../store/DeploymentRecord';

/** In words: why what a deployment follows asks for a new revision. */
export function whatMoved(then: WatchedVersions, now: WatchedVersions): string {
  const moved: string[] = [];
  for (const [modelId, { latest, drafts, aliases }] of Object.entries(now)) {
    const before = then[modelId];
    const seen = before?.latest ?? 0;
    if (latest !== undefined && latest > seen) {
      moved.push(`version ${latest} was published`);
    } else if ((latest ?? 0) < seen) {
      moved.push(`version ${seen} was archived`);
    }
    for (const number of before?.drafts ?? []) {
      if (!drafts?.includes(number)) {
        moved.push(`version ${number} is no draft any more`);
      }
    }
    for (const [alias, version] of Object.entries(aliases ?? {})) {
      if (before?.aliases?.[alias] !== version) {
        moved.push(`alias ${alias} was moved to version ${version}`);
      }
    }
  }
  const text = moved.join(', ') || 'the models it follows changed';
  return text[0].toLocaleUpperCase('en-US') + text.slice(1);
}
