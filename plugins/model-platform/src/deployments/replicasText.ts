import { Deployment } from '@model-platform/plugin-model-platform-common';

/** How many runners of what serves are ready, of how many there may be. */
export function replicasText({
  replicas,
  runners,
  servingRevision,
}: Pick<Deployment, 'replicas' | 'runners' | 'servingRevision'>): string {
  if (replicas?.asleep) {
    return 'asleep';
  }
  const running = runners.filter(
    ({ phase, revision }) =>
      phase !== 'asleep' &&
      (servingRevision === undefined || revision === servingRevision),
  );
  const ready = running.filter(({ phase }) => phase === 'ready').length;
  const { min, max } = replicas ?? {};
  if (min !== undefined && max !== undefined && min < max) {
    return `${ready} (${min}–${max} a variant)`;
  }
  return running.length > 0 ? `${ready} of ${running.length}` : 'none';
}
