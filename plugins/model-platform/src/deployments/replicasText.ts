import { Deployment } from '@model-platform/plugin-model-platform-common';

/** How many runners are ready, of how many there may be. */
export function replicasText({
  replicas,
  runners,
}: Pick<Deployment, 'replicas' | 'runners'>): string {
  if (replicas?.asleep) {
    return 'asleep';
  }
  const ready =
    replicas?.ready ?? runners.filter(({ phase }) => phase === 'ready').length;
  const { min, max } = replicas ?? {};
  if (min !== undefined && max !== undefined && min < max) {
    return `${ready} (${min}–${max} a variant)`;
  }
  const running = runners.filter(({ phase }) => phase !== 'asleep');
  return `${ready} of ${running.length}`;
}
