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
  // Those of a canary are told beside it.
  const running = runners.filter(
    ({ phase, revision }) =>
      !['asleep', 'draining', 'stopped'].includes(phase) &&
      (servingRevision === undefined || revision === servingRevision),
  );
  const ready =
    replicas?.ready ?? running.filter(({ phase }) => phase === 'ready').length;
  const { min, max } = replicas ?? {};
  if (min !== undefined && max !== undefined && min < max) {
    return `${ready} (${min}–${max} a variant)`;
  }
  return running.length > 0 ? `${ready} of ${running.length}` : 'none';
}
