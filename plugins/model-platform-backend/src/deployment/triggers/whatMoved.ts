import { DeploymentRecord } from '../store/DeploymentRecord';

/** In words: why what a deployment follows asks for a new revision. */
export function whatMoved(
  deployment: Pick<DeploymentRecord, 'watched'>,
  now: DeploymentRecord['watched'],
): string {
  const moved: string[] = [];
  for (const [modelId, { latest, drafts, aliases }] of Object.entries(now)) {
    const before = deployment.watched[modelId];
    if (latest !== undefined && latest !== before?.latest) {
      moved.push(`version ${latest} was published`);
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
