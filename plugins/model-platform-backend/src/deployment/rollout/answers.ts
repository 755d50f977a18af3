import { ObservedDeployment } from '@model-platform/plugin-model-platform-node';

/** Whether a variant of a revision answers: by a runner that is ready, or by one that calls wake. */
export function answers(
  observed: ObservedDeployment | undefined,
  revision: number,
): boolean {
  const alive = (observed?.runners ?? []).filter(
    runner =>
      runner.revision === revision &&
      runner.phase !== 'draining' &&
      runner.phase !== 'stopped',
  );
  return alive.some(
    ({ phase, variant }) =>
      phase === 'ready' ||
      // Beside one that is meant to run, what sleeps is a spare: calls wait for none of those.
      (phase === 'asleep' &&
        alive.every(
          other => other.variant !== variant || other.phase === 'asleep',
        )),
  );
}
