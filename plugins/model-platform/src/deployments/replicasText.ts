import { Deployment } from '@model-platform/plugin-model-platform-common';

/** How many runners of what serves are ready, of how many there may be. */
export function replicasText({
  replicas,
  runners: all,
  servingRevision,
}: Pick<Deployment, 'replicas' | 'runners' | 'servingRevision'>): string {
  if (replicas?.asleep) {
    return 'asleep';
  }
  // Those of a canary are told beside it.
  const runners = all.filter(
    ({ revision }) =>
      servingRevision === undefined || revision === servingRevision,
  );
  const ready =
    replicas?.ready ?? runners.filter(({ phase }) => phase === 'ready').length;
  const { min, max } = replicas ?? {};
  if (min !== undefined && max !== undefined && min < max) {
    return `${ready} (${min}–${max} a variant)`;
  }
  const running = runners.filter(
    ({ phase }) => !['asleep', 'draining', 'stopped'].includes(phase),
  );
  return `${ready} of ${running.length}`;
}
